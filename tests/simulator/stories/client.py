"""How does a client ask the exchange for something, and what is written down of it?"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.errors import CexError
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from tests.simulator.machine.processes import Died

from .requests import DIED, Request
from .story import Program, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

API_MS = 29_000


class Server(Protocol):
    """A process of the API. `uuids` and `sent` are those of its last piece of work."""

    uuids: list[str]
    sent: list[tuple[str, bool]]

    def run(self, work: Callable[[Exchange], Any], limit_ms: int | None) -> Any: ...


class World(Protocol):
    """Where a story is lived. `began_us` is when its clock began to count."""

    began_us: int

    @property
    def now_us(self) -> int: ...

    @property
    def markets(self) -> "Mapping[MarketId, Market]": ...

    def server(self, *name: object) -> Server: ...

    def asked(self, request: Request) -> None: ...


class Client:
    """Lives one program. `known` is what order each of its steps, or its user's, was about.

    `steps` are those of the program by their labels: what was asked once can be asked again.
    """

    def __init__(
        self, world: World, program: Program, known: dict[int, OrderId], history: list[Request]
    ) -> None:
        self.world = world
        self.name = program.name
        self.user = UserId(program.user)
        self.known = known
        self.steps = {step.label: step for step in program.steps}
        self.history = history

    def ask(self, request: Request, work: Callable[[Exchange], Any]) -> Request:
        """Have it done by some process of the API, and write down what comes of it."""
        world = self.world
        server = world.server(self.name, request.label, len(self.history))
        self.history.append(request)
        request.began_us = world.now_us
        try:
            request.answer = server.run(work, API_MS)
        except Died:
            request.code = DIED
        except CexError as refusal:
            request.code, request.detail = refusal.code, refusal.detail
        except Exception as bug:
            request.code, request.detail = "bug", repr(bug)
        finally:
            request.uuids, request.sent = server.uuids, server.sent
            request.ended_us = world.now_us
        world.asked(request)
        return request

    def request(self, step: Step, kind: str | None = None) -> Request:
        return Request(self.name, self.user, step.label, kind or step.kind)
