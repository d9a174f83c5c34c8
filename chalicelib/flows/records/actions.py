"""What is kept of something that an operator did?

Written before it is done and ended after, so one that says `begun` for long was interrupted, and
may have been done or not.
"""

from typing import Literal, NamedTuple, cast

from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Equals, Item, Plan, Put, Update, Value
from chalicelib.flows.ports import Reader

State = Literal["begun", "done", "refused", "failed"]


class Action(NamedTuple):
    """`by` is who said it was they. `words` is the command as it was typed, `subject` what it was about;
    `outcome` tells people what came of it."""

    id: str
    command: str
    subject: str
    words: str
    by: str
    reason: str
    state: State
    outcome: str
    began_ms: int
    ended_ms: int

    def begin(self) -> Plan:
        key = schema.action(self.began_ms, self.id)
        return (Put(key, cast(dict[str, Value], self._asdict()), require=(Absent(),)),)

    def end(self, state: State, outcome: str, now_ms: int) -> Plan:
        """Once."""
        over: dict[str, Value] = {"state": state, "outcome": outcome, "ended_ms": now_ms}
        key = schema.action(self.began_ms, self.id)
        return (Update(key, set=over, require=(Equals("state", "begun"),)),)

    @classmethod
    def from_item(cls, item: Item) -> "Action":
        return cls(**{name: item[name] for name in cls._fields})  # type: ignore[arg-type]


def actions(reader: Reader, limit: int, before: str | None = None) -> tuple[list[Action], str | None]:
    """Newest first, and where to go on (None: there are no more)."""
    first = schema.action(0, "")
    page = reader.page(first, "~", limit, newest_first=True, after=before)
    return [Action.from_item(item) for item in page.items], page.next
