"""On whose behalf is this process working right now?

A request has an id when it comes in through the gateway. The id goes back to the client, into every
line that is written meanwhile, along with the message to the matcher, and into the record of a withdrawal.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_ID = "request_id"

_context: ContextVar[Mapping[str, str]] = ContextVar("context")
_NOBODY: Mapping[str, str] = {}


@contextmanager
def within(**fields: str) -> Iterator[None]:
    """What is written in here carries these fields too. Threads and nested uses do not mix."""
    token = _context.set({**context(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def context() -> Mapping[str, str]:
    return _context.get(_NOBODY)


def request_id() -> str:
    """An empty text when nobody asked, as in a schedule."""
    return context().get(REQUEST_ID, "")
