"""How are all representatives asked at once, so that nobody slow or dead holds up the others?

One thread each. As soon as enough have answered, the others are given a short grace and are then
left behind; whatever they still do is found by a later look.
"""

import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TypeVar

from chalicelib.adapters.keeta_node.transport import Patience
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer, NoAnswer

T = TypeVar("T")


class FanOut:
    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._threads: set[threading.Thread] = set()

    def ask(
        self,
        asked: Iterable[Account],
        ask: Callable[[Account], T],
        enough: Callable[[dict[Account, T]], bool],
        grace: float | None = None,
    ) -> tuple[dict[Account, T], dict[Account, KeetaNodeError]]:
        """What each of them gave, and how each of the others failed.

        Whoever is silent is NoAnswer, or is not named at all when others were enough. What an
        answer breaks of the protocol (KeetaError) counts as MalformedAnswer. grace: seconds, if
        not the usual ones.
        """
        results: SimpleQueue[tuple[Account, T | Exception]] = SimpleQueue()
        waiting = set(asked)
        for account in waiting:
            self._start(threading.Thread(target=_put, args=(results, account, ask), daemon=True))
        given: dict[Account, T] = {}
        failures: dict[Account, KeetaNodeError] = {}
        # An answer may take all its patience; then its thread needs a moment to say so.
        until = time.monotonic() + self._patience.answer + self._patience.connect
        while waiting and (found := _next(results, until)):
            account, result = found
            waiting.discard(account)
            if isinstance(result, Exception):
                failures[account] = _failure(result)
            else:
                given[account] = result
            if enough(given):
                until = min(until, time.monotonic() + (self._patience.grace if grace is None else grace))
        if not enough(given):
            failures |= dict.fromkeys(waiting, NoAnswer("no answer in time"))
        return given, failures

    def close(self) -> None:
        """Wait for those who were left behind, as long as one answer may take."""
        for thread in self._threads:
            thread.join(self._patience.answer + self._patience.connect)

    def _start(self, thread: threading.Thread) -> None:
        self._threads = {each for each in self._threads if each.is_alive()}
        thread.start()
        self._threads.add(thread)


def _put(
    results: "SimpleQueue[tuple[Account, T | Exception]]", account: Account, ask: Callable[[Account], T]
) -> None:
    try:
        results.put((account, ask(account)))
    except Exception as error:  # told to the asker, who raises what is no failure of a node
        results.put((account, error))


def _next(
    results: "SimpleQueue[tuple[Account, T | Exception]]", until: float
) -> tuple[Account, T | Exception] | None:
    try:
        return results.get(timeout=max(until - time.monotonic(), 0))
    except Empty:
        return None


def _failure(error: Exception) -> KeetaNodeError:
    if isinstance(error, KeetaNodeError):
        return error
    if isinstance(error, KeetaError):
        return MalformedAnswer(f"{error.code}: {error.detail}")
    raise error
