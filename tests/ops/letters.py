"""What lies in the dead-letter queues of a world in memory? It offers what `DeadLetters` does."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.adapters.dead_letters import DeadLetter
from chalicelib.market import Market
from tests.flows.world import World

FRONT_MAX = 10


class MemoryDeadLetters:
    """`interrupted`: the next removal does not happen, since its process was killed right before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._letters: dict[Market | None, list[DeadLetter]] = {}
        self._sent: set[str] = set()
        self.interrupted = False

    def bury(self, market: Market) -> None:
        """All that waits in the market's queue has been received too often."""
        for letter in self._world.queue.letters.pop(market.id, []):
            self.put(market, letter.body)

    def put(self, market: Market | None, body: str, **attributes: str) -> None:
        letters = self._letters.setdefault(market, [])
        now_ms = self._world.timer.now_ms()
        name = f"dead-{sum(map(len, self._letters.values()))}"
        letters.append(DeadLetter(name, body, 1_000, now_ms, name, attributes))

    def count(self, market: Market | None) -> tuple[int, int]:
        return len(self._letters.get(market, [])), 0

    @contextmanager
    def look(self, market: Market | None) -> Iterator[list[DeadLetter]]:
        yield self._letters.get(market, [])[:FRONT_MAX]

    def send_again(self, market: Market, letter: DeadLetter) -> None:
        if letter.id not in self._sent:
            self._sent.add(letter.id)
            self._world.queue.put(market.id, letter.body)

    def remove(self, market: Market | None, letter: DeadLetter) -> None:
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt
        self._letters[market].remove(letter)

    def forget_sent(self) -> None:
        """Minutes later the queue drops no repeated message any more."""
        self._sent.clear()
