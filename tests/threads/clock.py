"""What is the time, and who acts? Threads, in a world whose clock is fast."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

# So an order has seconds where it would have a quarter of a minute.
SPEED = 5


class FastClock:
    """What tests/simulator asks of its scheduler. `broken` is what went wrong with a thread itself."""

    def __init__(self) -> None:
        self.current: Any = None
        self.broken: BaseException | None = None
        self._start_us = time.time_ns() // 1_000
        self._zero_ns = time.monotonic_ns()
        self._jumped_us = 0

    @property
    def now_us(self) -> int:
        return self._start_us + (time.monotonic_ns() - self._zero_ns) // 1_000 * SPEED + self._jumped_us

    def sleep(self, us: int) -> None:
        time.sleep(max(0, us) / 1_000_000 / SPEED)

    def jump(self, us: int) -> None:
        """Nobody may be acting."""
        self._jumped_us += us

    def spawn(self, name: str, body: Callable[[], None]) -> Thread:
        def run() -> None:
            try:
                body()
            except BaseException as broken:
                self.broken = self.broken or broken

        thread = Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def join(self, threads: list[Thread]) -> None:
        for thread in threads:
            thread.join()
        if self.broken is not None:
            raise self.broken

    def close(self) -> None:
        """Daemons end with the tests."""
