"""When does a command come too late, and when does its sender learn so?"""

from chalicelib.flows.book.replica import REMEMBER_MS
from chalicelib.flows.matcher.step import Step
from chalicelib.ids import CommandId

# A command that comes later than this may have been done in time and forgotten since.
SURE_MS = REMEMBER_MS // 2


def is_late(step: Step, command: CommandId, accept_until_ms: int) -> bool:
    """Refuse the command if its time has passed, unless half of it is done already.

    One that comes much too late is a message delivered again: it is passed over in silence,
    since another answer may have been given; nor does what was begun then go on, for it would
    meet orders of another day.
    """
    late_ms = step.time_ms - accept_until_ms
    if late_ms <= 0 or (late_ms < SURE_MS and command == step.replica.begun):
        return False
    if late_ms < SURE_MS:
        step.fail(command, "late")
    return True
