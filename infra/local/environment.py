"""What does a part of the exchange find in its environment on a developer's machine?"""

import os
from collections.abc import Iterable
from pathlib import Path

from chalicelib.adapters.custody_keys import signer
from infra.local.clients import CREDENTIALS, REGION
from infra.local.ports import HOST

PREFIX = "cex-local"

# A developer's own settings must not reach the stand-ins, nor the stand-ins' calls his account.
_DROPPED = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL")


def environment(
    dynamodb: str, sqs: str, secrets: Path, keeta: Iterable[str] = (), description: Path | None = None
) -> dict[str, str]:
    """What `wiring` reads. The same names stand in `.chalice/config.json`.

    keeta: the API of each representative of the local network. description: its `network.json`.
    """
    return {
        "CEX_STAGE": "local",
        "CEX_PREFIX": PREFIX,
        "CEX_DOMAIN": "localhost",
        # The alias of the local network, whether it runs or not.
        "CEX_NETWORK": "dev",
        "CEX_KEETA_NODES": ",".join(keeta),
        "CEX_KEETA_DESCRIPTION": str(description or ""),
        "CEX_SECRETS": f"file:{secrets}",
        **_custody(secrets.parent),
        # Everybody comes from this machine.
        "CEX_ADDRESSES_PER_SOURCE": "5000",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_SQS": sqs,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **CREDENTIALS,
    }


def _custody(keys: Path) -> dict[str, str]:
    """Which keys sign for coins; the operator's address is told apart, for whoever must not have its key."""
    owner, operator = keys / "owner.json", keys / "operator.json"
    address = signer(f"file:{operator}").account.address if operator.exists() else ""
    return {
        "CEX_OWNER_KEY": f"file:{owner}",
        "CEX_OPERATOR_KEY": f"file:{operator}",
        "CEX_OPERATOR": address,
    }


def process_environment(exchange: dict[str, str], project: Path) -> dict[str, str]:
    """The whole environment of a child: this process's, made safe, and the exchange's."""
    inherited = {key: value for key, value in os.environ.items() if key not in _DROPPED}
    return {
        **inherited,
        **exchange,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(project), str(Path(__file__).parents[2])])),
        "PYTHONUNBUFFERED": "1",
    }
