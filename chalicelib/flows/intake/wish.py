"""Which moments does a trader's command live through, from his request to his answer?

    prepare    may it be given, as things are? what must be written for it first?
    promised   `hold` and `writes`, in one transaction
    told       `command`, through the market's queue
    look       has the book seen it?
    outcome    what its giver is told

Each of them may raise a CexError: that ends this wish, and no other of the same request.
"""

from abc import ABC, abstractmethod

from chalicelib.errors import CexError
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.plan import Plan
from chalicelib.flows.reading.orders import OrderState
from chalicelib.flows.records.commands import Command
from chalicelib.ledger.transfers import Hold


class Wish(ABC):
    """One command that a trader wants to give.

    command: what the matcher is told; None if it need not be told. is_done: whether the book
    had seen it at the last look.
    """

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.fault: CexError | None = None
        self.command: Command | None = None
        self.is_done = False

    @abstractmethod
    def prepare(self) -> None:
        """Whatever is raised, nothing has changed yet."""

    @abstractmethod
    def lost(self) -> CexError | None:
        """What is told when the queue did not say that it took the command. None: a promise stands for it."""

    @abstractmethod
    def look(self, replica: Replica) -> None:
        """Sets `is_done`. Called again and again; the last look counts."""

    @abstractmethod
    def outcome(self) -> OrderState:
        """The order as it stands now. Raises what the book refused."""


class PromisedWish(Wish):
    """One for which something is written first: `hold`, of the wallet, and `writes` beside it."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        self.hold: Hold | None = None
        self.writes: Plan = ()

    def lost(self) -> CexError | None:
        return None

    @abstractmethod
    def contradicted(self) -> None:
        """A condition of `writes` was false. What is in `writes` after this is tried again."""

    @abstractmethod
    def not_enough(self) -> CexError:
        """The wallet does not hold what `hold` asks for."""

    def was_promised(self) -> bool:
        """Whether an earlier request promised the same. Raises DuplicateId, StoreUnavailable."""
        return False

    @abstractmethod
    def look_for_promise(self) -> None:
        """Nobody knows whether `writes` were carried out. Raises OutcomeUnknown if it can not be seen."""
