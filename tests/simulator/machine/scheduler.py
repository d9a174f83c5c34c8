"""Who acts next, and at what time? One task at a time, in the order of a clock that no machine shares.

Each task is a thread, and only the one that holds the baton runs. It passes the baton on
whenever it sleeps: to whoever is to wake first, and the clock jumps there. So a run is a
list of moments in which nothing depends on the machine it runs on. Threads and not
generators, since the house's own code sleeps in the middle of ordinary functions.
"""

import heapq
from collections.abc import Callable
from itertools import count
from threading import Lock, Thread
from typing import Any


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing in the house may catch it."""


class Stopped(BaseException):
    """The run is over, or broken off; every task unwinds."""


class Task:
    """`doomed`: it dies when it is to wake next. `process`: on whose behalf it acts, if anybody's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.doomed = False
        self.done = False
        self.baton = Lock()
        self.baton.acquire()
        self.sleeps = 0
        self.process: Any = None


class Scheduler:
    """`now_us` is the true time. `broken` is what went wrong with the simulator itself."""

    def __init__(self, start_us: int) -> None:
        self.now_us = start_us
        self.switches = 0
        self.broken: BaseException | None = None
        self.current = self._main = Task("main")
        self._heap: list[tuple[int, int, Task | Callable[[], None], int]] = []
        self._numbers = count()
        self._tasks: list[Task] = []
        self._over = False

    # --- what tasks do ------------------------------------------------------------------------

    def sleep(self, us: int) -> None:
        """Raises Killed if that befell the task meanwhile, and Stopped at the end of the run."""
        self.wake(self.current, us)
        self.park()

    def park(self) -> None:
        """Sleep until somebody wakes this task."""
        me = self.current
        self._pass_on(me)
        if self._over and me is not self._main:
            raise Stopped
        if me.doomed:
            me.doomed = False
            raise Killed

    def wake(self, task: Task, after_us: int = 0) -> None:
        """The latest call counts: what was to wake the task before does not."""
        task.sleeps += 1
        heapq.heappush(self._heap, (self.now_us + after_us, next(self._numbers), task, task.sleeps))

    def at(self, after_us: int, act: Callable[[], None]) -> None:
        """Something that happens at its time, whatever becomes of who asked for it."""
        heapq.heappush(self._heap, (self.now_us + after_us, next(self._numbers), act, 0))

    # --- tasks --------------------------------------------------------------------------------

    def spawn(self, name: str, body: Callable[[], None]) -> Task:
        task = Task(name)

        def run() -> None:
            task.baton.acquire()
            try:
                if not self._over:
                    body()
            except (Stopped, Killed):
                pass
            except BaseException as broken:
                self._break(broken)
            task.done = True
            self.wake(self._main)
            self._pass_on(None)

        self._tasks.append(task)
        Thread(target=run, name=name, daemon=True).start()
        self.wake(task)
        return task

    def join(self, tasks: list[Task]) -> None:
        """For the main task: the others go on until these are done."""
        while not all(task.done for task in tasks) and self.broken is None:
            self.park()
        if self.broken is not None:
            raise self.broken

    def close(self) -> None:
        """End every task that is left. Only the main task may."""
        assert self.current is self._main
        self._over = True
        while any(not task.done for task in self._tasks):
            task = next(task for task in self._tasks if not task.done)
            self.wake(self._main)
            self._heap = [entry for entry in self._heap if entry[2] is self._main]
            self.wake(task, -1)
            self.park()

    def _break(self, broken: BaseException) -> None:
        if self.broken is None:
            self.broken = broken
        self._heap.clear()
        self.wake(self._main)

    def _pass_on(self, me: Task | None) -> None:
        """Let whoever is next go on, and wait until that is `me` again."""
        chosen = self._next()
        if chosen is me:
            return
        self.switches += 1
        self.current = chosen
        chosen.baton.release()
        if me is not None:
            me.baton.acquire()

    def _next(self) -> Task:
        while True:
            at_us, _, chosen, sleep = heapq.heappop(self._heap)
            if isinstance(chosen, Task):
                if sleep == chosen.sleeps and not chosen.done:
                    self.now_us = max(self.now_us, at_us)
                    return chosen
            else:
                self.now_us = max(self.now_us, at_us)
                try:
                    chosen()
                except BaseException as broken:
                    self._break(broken)
