"""How does a person, or the matcher itself, change what a market takes?"""

from chalicelib.engine.events import Mode, ModeChanged
from chalicelib.flows.matcher.late import is_late
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.records.commands import SetMode


def set_mode(step: Step, command: SetMode) -> None:
    if is_late(step, command.id, command.accept_until_ms):
        return
    if step.book.mode != command.mode or command.reference:
        switch(step, command.mode, command.reason, command.reference)
    # Done even if it changed nothing: delivered again after its opposite, it would.
    step.complete(command.id)


def switch(step: Step, mode: Mode, reason: str, reference: int = 0) -> None:
    step.take(ModeChanged(step.book.next_seq, mode, reason, reference))
