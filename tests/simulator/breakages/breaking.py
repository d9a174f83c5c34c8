"""How is one safeguard taken away, in the real code, for as long as that is wanted?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

Patches = Iterator[Any]
Breakage = Callable[[], Any]

BREAKAGES: dict[str, Breakage] = {}


def breakage(patches: Callable[[], Patches]) -> Callable[[], Any]:
    """Give the patches; they hold while the context does."""

    @contextmanager
    def broken() -> Iterator[None]:
        applied = list(patches())
        for patch in applied:
            patch.start()
        try:
            yield
        finally:
            for patch in applied:
                patch.stop()

    BREAKAGES[patches.__name__] = broken
    return broken


def instead(owner: Any, name: str, new: Any) -> Any:
    return mock.patch.object(owner, name, new)
