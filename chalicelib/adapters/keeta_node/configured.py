"""Which representatives does this exchange believe, and where do they answer?

A JSON file says so: {"representatives": [{"address", "api", "weight"}, ...]}; all weigh the same where none
has a weight. It is written by a person (locally by the local network), never learned from the network.
"""

import json

from chalicelib.adapters.keeta_node.representatives import Representative, Representatives
from chalicelib.adapters.keeta_node.transport import PATIENCE, Patience
from chalicelib.errors import Unavailable
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.network import network


def representatives(alias: str, path: str, patience: Patience = PATIENCE) -> Representatives:
    """Raises Unavailable when the file is not there, or is something else."""
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)["representatives"]
        members = [
            Representative(Account.from_address(each["address"]), each["api"], int(each.get("weight", 1)))
            for each in told
        ]
        return Representatives(network(alias), members, patience)
    except (OSError, ValueError, KeyError, TypeError, KeetaError) as error:
        raise Unavailable(f"no Keeta network is configured: {type(error).__name__}") from None
