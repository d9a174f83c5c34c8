"""What do the requests that one process serves at the same time take from each other? Nothing."""

import threading
from types import SimpleNamespace
from typing import Any

from chalicelib.flows.intake.visit import Tools, Visit
from chalicelib.flows.schema import Key
from chalicelib.ids import UserId

from .clock import ManualTimer

PATIENCE_S = 20


class Reader:
    """A store that answers when it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.count = 0

    def get(self, key: Key) -> None:
        self.count += 1
        self.asked.set()
        assert self.let_go.wait(PATIENCE_S)


def visit(reader: Any) -> Visit:
    nobody: Any = SimpleNamespace()
    return Visit(Tools(reader, nobody, ManualTimer(), nobody, nobody), UserId("ann"), nobody)


def test_a_visit_that_waits_for_the_store_keeps_no_other_waiting() -> None:
    slow, quick = Reader(), Reader()
    quick.let_go.set()
    first = threading.Thread(target=visit(slow).require_open_gate)
    first.start()
    assert slow.asked.wait(PATIENCE_S)
    second = threading.Thread(target=visit(quick).require_open_gate)
    second.start()
    assert quick.asked.wait(PATIENCE_S / 4)
    slow.let_go.set()
    first.join()
    second.join()


def test_a_visit_looks_at_the_gate_once_however_many_commands_it_brings() -> None:
    reader = Reader()
    reader.let_go.set()
    many = visit(reader)
    for _ in range(20):
        many.require_open_gate()
    assert reader.count == 1
