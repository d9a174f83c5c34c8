"""Where does a deployed stage lie? What `chalicelib/wiring` reads, made from the stage's name alone.

Nobody has to copy the settings of a function to look at a stage. What is set for no stage, or for this
one, stays: so CEX_VOTE_FEE_MAX, a parameter of the stack, is given by whoever signs with the owner key from
here. What is set for another stage is forgotten, whatever it is.
"""

import os
from collections.abc import MutableMapping

import boto3

from chalicelib.errors import InvalidInput
from infra.cloud.secrets import full_name
from infra.cloud.stages import Stage
from infra.local.state import ROOT

# What leads to an exchange.
_SETTINGS = ("CEX_", "AWS_ENDPOINT_URL")

NETWORKS = ROOT / "infra" / "cloud" / "networks"


def environment(stage: Stage) -> dict[str, str]:
    return {
        "CEX_STAGE": stage.name,
        "CEX_PREFIX": stage.prefix,
        "CEX_NETWORK": stage.network,
        "CEX_SECRETS": f"secret:{full_name(stage, 'tokens')}",
        "CEX_KEETA_DESCRIPTION": str(NETWORKS / f"{stage.network}.json"),
        "CEX_OWNER_KEY": f"secret:{full_name(stage, 'owner')}",
        "CEX_OPERATOR_KEY": f"secret:{full_name(stage, 'operator')}",
    }


def enter(stage: Stage, prefix: str = "", settings: MutableMapping[str, str] = os.environ) -> None:
    """From here on this process works on that stage. Region and credentials are AWS's own settings.

    prefix: of other tables than the stage's own, as while a backup is restored. Raises InvalidInput when
    the environment names such tables and nobody said so.
    """
    if settings.get("CEX_STAGE", stage.name) != stage.name:
        for name in [each for each in settings if each.startswith(_SETTINGS)]:
            del settings[name]
    if prefix:
        settings["CEX_PREFIX"] = prefix
    for name, value in environment(stage).items():
        settings.setdefault(name, value)
    found = settings["CEX_PREFIX"]
    if found != (prefix or stage.prefix):
        own = f"{stage.name} has {stage.prefix}"
        what = f"CEX_PREFIX is {found}, and {own}: unset it, or say --prefix {found}"
        raise InvalidInput(what, code="foreign_prefix")


def where(stage: str, prefix: str, by: str) -> str:
    """Said before anything is done. by: who does it; at a deployed stage his ARN, which names the account."""
    account = by.split(":")[4] if by.startswith("arn:") else ""
    told = {
        "stage": stage,
        "prefix": prefix,
        "account": account,
        "region": boto3.session.Session().region_name or "",
        "at": " ".join(sorted(_endpoints())),
    }
    return ", ".join(f"{name} {value}" for name, value in told.items() if value)


def _endpoints() -> set[str]:
    """Where AWS's services are, if not with AWS."""
    return {value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL") and value}
