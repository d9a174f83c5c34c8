"""What is kept of a run, and which states can it be in?

    planned ----> signed ----> submitted ----> landed ----> closed
       |                            |
       +--> void                    +--> broken ----> void   another's block took the place of ours

planned: what to move is written down, nothing is signed. signed: blocks are saved, nobody has
been asked. submitted: somebody may have heard of it. landed: the books of custody are written;
its payments are posted one by one. Only `planned` can be undone; a `broken` one is a person's.
"""

from typing import Any, Literal, NamedTuple, cast

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.plan import Absent, Equals, Item, Put, Value
from chalicelib.flows.ports import Reader
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import Account, Transfer
from chalicelib.money import Amount
from chalicelib.settlement.netting import Move
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.record import from_record, to_record

State = Literal["planned", "signed", "submitted", "landed", "closed", "void", "broken"]
Kind = Literal["fill", "settle", "grant", "refill"]

IN_FLIGHT: tuple[State, ...] = ("planned", "signed", "submitted", "landed")
MAY_LAND: tuple[State, ...] = ("signed", "submitted")


class Payment(NamedTuple):
    """One withdrawal in a run: `units` from the user's own address to somebody outside."""

    id: str
    user: UserId
    source: str
    to: str
    asset: str
    units: int


class Run(NamedTuple):
    """`version` counts the times it was saved. `publishing` holds what is signed and has not landed; all
    blocks ever signed for it have their OWN items. `times` says when each state began. Of what has
    landed: `landed` names the block that made each payment, `blocks` all of them, `accounts` whose they
    are, `posted` what they did to the books of custody."""

    slot: str
    number: int
    kind: Kind
    state: State
    moves: tuple[Move, ...]
    payments: tuple[Payment, ...]
    publishing: Publishing | None
    times: dict[str, int]
    trouble: str
    version: int
    landed: dict[str, str]
    blocks: tuple[str, ...]
    accounts: tuple[str, ...]
    posted: tuple[Transfer, ...]

    @property
    def known(self) -> Publishing:
        assert self.publishing is not None, "nothing is signed yet"
        return self.publishing

    @property
    def own(self) -> set[str]:
        """Hashes of the blocks that are signed for it now, in hexadecimal."""
        return {block.hash.hex() for block in self.publishing.all_blocks} if self.publishing else set()

    @property
    def assets(self) -> set[str]:
        return {move.asset for move in self.moves} | {payment.asset for payment in self.payments}

    @property
    def signed_ms(self) -> int:
        """When it was signed first; of one that was only found on chain, when it was written down."""
        return self.times.get("signed", self.times["planned"])

    def at(self, state: State, now_ms: int) -> "Run":
        return self._replace(state=state, times={**self.times, state: now_ms})

    def put(self) -> Put:
        """Over the version before; the first one over nothing."""
        key = table.run(self.slot, self.number)
        if self.version == 0:
            return Put(key, self._item(), require=(Absent(),))
        return Put(key, self._item(), require=(Equals("version", self.version - 1),))

    def _item(self) -> Item:
        blocks: Value = "" if self.publishing is None else cast(Value, to_record(self.publishing))
        return {
            "kind": self.kind,
            "state": self.state,
            "moves": [list(move) for move in self.moves],
            "payments": [list(payment) for payment in self.payments],
            "publishing": blocks,
            "times": dict(self.times),
            "trouble": self.trouble,
            "version": self.version,
            "landed": dict(self.landed),
            "blocks": list(self.blocks),
            "accounts": list(self.accounts),
            "posted": [[*source, *target, *amount] for source, target, amount in self.posted],
        }


def new_run(
    slot: str, number: int, kind: Kind, moves: tuple[Move, ...], payments: tuple[Payment, ...], now_ms: int
) -> Run:
    return Run(
        slot, number, kind, "planned", moves, payments, None, {"planned": now_ms}, "", 0, {}, (), (), ()
    )


def run_in_flight(reader: Reader, lease: Lease) -> Run | None:
    item = reader.get(table.run(lease.slot, lease.run)) if lease.run else None
    return read_run(lease.slot, item) if item else None


def run_of_slot(reader: Reader, slot: str) -> Run | None:
    """What is in flight there, for whoever does not hold the lease."""
    number = int(str((reader.get(table.lease(slot)) or {}).get("run", 0)))
    item = reader.get(table.run(slot, number)) if number else None
    return read_run(slot, item) if item else None


def read_run(slot: str, item: Item) -> Run:
    """Raises KeetaError for a run that was not written by `put`."""
    fields: dict[str, Any] = dict(item)
    publishing = fields["publishing"]
    return Run(
        slot=slot,
        number=int(fields["sk"]),
        kind=fields["kind"],
        state=fields["state"],
        moves=tuple(Move(*move) for move in fields["moves"]),
        payments=tuple(Payment(*payment) for payment in fields["payments"]),
        publishing=from_record(publishing) if publishing else None,
        times=fields["times"],
        trouble=fields["trouble"],
        version=fields["version"],
        landed=fields["landed"],
        blocks=tuple(fields["blocks"]),
        accounts=tuple(fields["accounts"]),
        posted=tuple(
            Transfer(Account(*each[:2]), Account(*each[2:4]), Amount(*each[4:])) for each in fields["posted"]
        ),
    )
