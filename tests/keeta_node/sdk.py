"""How is a script of the official SDK run against a network, and what are operations in its words?"""

import json
import subprocess
from pathlib import Path
from typing import Any

from chalicelib.keeta.operations import (
    CreateIdentifier,
    ModifyPermissions,
    Operation,
    Send,
    SetInfo,
    TokenAdminSupply,
)
from chalicelib.keeta.permissions import Permissions
from infra.local.keeta.process import NODE

SCRIPTS = Path(__file__).parent / "scripts"
SCRIPT_SECONDS_MAX = 60


def run(name: str, description: dict[str, Any], given: object = None) -> Any:
    """The JSON value that the script prints."""
    command = [str(NODE), str(SCRIPTS / name), json.dumps(description), json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SCRIPT_SECONDS_MAX, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def number(value: int) -> str:
    """As the SDK and the nodes write integers."""
    return f"0x{value:X}"


def permissions(granted: Permissions | None) -> list[str] | None:
    return None if granted is None else [number(granted.base), number(granted.external)]


def operation(ours: Operation) -> dict[str, Any]:
    """The JSON that the SDK makes of this operation. What is absent there is absent here."""
    shown: dict[str, Any]
    match ours:
        case Send(to, amount, token, external):
            shown = {"to": to.address, "amount": number(amount), "token": token.address, "external": external}
        case SetInfo(name, description, metadata, default):
            shown = {"name": name, "description": description, "metadata": metadata}
            shown["defaultPermission"] = permissions(default)
        case ModifyPermissions(principal, method, granted, target):
            shown = {
                "principal": principal.address,
                "method": int(method),
                "target": target and target.address,
            }
            return {"type": ours.TAG, **_present(shown), "permissions": permissions(granted)}
        case CreateIdentifier(created):
            shown = {"identifier": created.address}
        case TokenAdminSupply(amount, method):
            shown = {"amount": number(amount), "method": int(method)}
        case _:
            raise TypeError(f"the SDK shows nothing that would be a {type(ours).__name__}")
    return {"type": ours.TAG, **_present(shown)}


def _present(shown: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shown.items() if value is not None}
