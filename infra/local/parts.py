"""Which processes make up the local exchange, and when is each of them ready?"""

import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from infra.local import loopback, ports
from infra.local.environment import PREFIX
from infra.local.keeta import process as keeta_process
from infra.local.keeta.process import Options
from infra.local.ports import Ports
from infra.local.state import State

HERE = Path(__file__).resolve().parent
# As many as the public networks have, so that one of them may be away.
REPRESENTATIVES = 4
DYNOXIDE = HERE / "dynoxide" / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"


class Part(NamedTuple):
    """`mark`: a file by which it says itself that it is ready; it is removed before each start."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    mark: Path | None = None


def has_dynoxide() -> bool:
    """Whether this machine has its binary. Else ministack serves DynamoDB as well."""
    return platform.system() == "Linux" and platform.machine() == "x86_64" and DYNOXIDE.exists()


def dynoxide(port: int, database: Path) -> Part:
    command = [sys.executable, "-I", "-S", str(HERE / "leash.py"), str(DYNOXIDE)]
    arguments = ["--host", ports.HOST, "--port", str(port), "--db-path", str(database)]
    return Part("dynamodb", command + arguments, lambda: ports.listening(port))


def ministack(serving: list[int], directory: Path) -> Part:
    arguments = ["--state", str(directory)] + [text for port in serving for text in ("--port", str(port))]
    health = f"http://{ports.HOST}:{serving[0]}/_ministack/health"
    return Part("queues", _module("queue_server", *arguments), lambda: loopback.answers(health))


def stores(state: State, chosen: Ports) -> list[Part]:
    if has_dynoxide():
        return [dynoxide(chosen.dynamodb, state.database), ministack([chosen.sqs], state.queues)]
    return [ministack([chosen.sqs, chosen.dynamodb], state.queues)]


def has_keeta() -> bool:
    """Whether the npm packages of the local Keeta network are there."""
    return keeta_process.is_installed()


def keeta(port: int, state: State) -> Part:
    """What answers on its port may still be the one before, whose starter was killed; so it marks itself."""
    options = Options(state=state.keeta, port=port, representatives=REPRESENTATIVES)
    mark = state.mark("keeta")
    command = _module("keeta.process", "run", *options.arguments(), "--mark", str(mark))
    return Part("keeta", command, mark.exists, mark)


def keeta_nodes(port: int) -> list[str]:
    """The API of each representative."""
    origin = f"http://{ports.HOST}:{port}"
    return [f"{origin}/rep{number}/api" for number in range(1, REPRESENTATIVES + 1)]


def api(chosen: Ports, project: Path, state: State) -> Part:
    command = _module("api", "--port", str(chosen.api), "--project", str(project), "--state", str(state.root))
    return Part("api", command, lambda: loopback.answers(f"{chosen.url(chosen.api)}/health"))


def pump(chosen: Ports, state: State) -> Part:
    mark = state.mark("pump")
    arguments = ["--sqs", chosen.url(chosen.sqs), "--prefix", PREFIX, "--mark", str(mark)]
    return Part("pump", _module("pump", *arguments), mark.exists, mark)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"infra.local.{name}", *arguments]
