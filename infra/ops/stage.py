"""Where does a deployed stage lie? What `chalicelib/wiring` reads, made from the stage's name alone.

Nobody has to copy the settings of a function to look at a stage. Whatever is set already stays: so
CEX_VOTE_FEE_MAX, a parameter of the stack, is given by whoever signs with the owner key from here.
"""

import os
from collections.abc import MutableMapping

from infra.cloud.secrets import full_name
from infra.cloud.stages import Stage
from infra.local.state import ROOT

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


def enter(stage: Stage, settings: MutableMapping[str, str] = os.environ) -> None:
    """From here on this process works on that stage. Region and credentials are AWS's own settings."""
    other = settings.get("CEX_STAGE", stage.name) != stage.name
    for name, value in environment(stage).items():
        if other or name not in settings:
            settings[name] = value
