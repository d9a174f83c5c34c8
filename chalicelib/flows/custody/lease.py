"""Who may sign now, and who has been told to stop?

A slot has one holder at a time. Each new holder gets a higher fence; every write of a run requires the
fence that it began with, so a holder who slept through the end of his lease can write, and
therefore sign, nothing more. Stops stand in the same item: what signs a token requires that
it is not stopped, in the same transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.errors import ConditionFailed, WriteContention
from chalicelib.flows.custody import table
from chalicelib.flows.plan import AtMost, Condition, Equals, Item, Put, Update, Value
from chalicelib.flows.ports import Reader, Timer, Writer

POOL, SETTLEMENT, GRANTS = "pool", "settlement", "grants"
SLOTS = (POOL, SETTLEMENT, GRANTS)
ALL = "ALL"

# Longer than a Lambda of ours may run, so that nobody loses it while it works.
LEASE_MS = 120_000


@dataclass(frozen=True)
class Lease:
    """Held by the process that got it. `run` is the number of the run in flight, 0 for none."""

    slot: str
    fence: int
    run: int
    last_run: int
    stops: frozenset[str]

    def guard(self, *, tokens: Iterable[str] = (), run: int | None = None, signs: bool = False) -> Update:
        """The write that makes a transaction fail unless the lease is ours still.

        run: what is in flight from now on. signs: only while these tokens are not stopped.
        """
        free: list[Condition] = [Equals("fence", self.fence)]
        if signs:
            free += [AtMost(table.stop_attribute(asset), 0) for asset in sorted({ALL, *tokens})]
        return Update(table.lease(self.slot), set=self._set(run), require=tuple(free))

    def _set(self, run: int | None) -> Mapping[str, Value]:
        # Something has to be written; the fence stays what it is.
        if run is None:
            return {"fence": self.fence}
        return {"fence": self.fence, "run": run, "last_run": max(run, self.last_run)}

    def stopped(self, asset: str) -> bool:
        return ALL in self.stops or asset in self.stops


class Leases:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer

    def take(self, slot: str) -> Lease | None:
        """None while somebody else has it."""
        item = self._reader.get(table.lease(slot)) or {}
        fence, now_ms = _number(item, "fence"), self._timer.now_ms()
        # Nobody has it for longer than that: a clock that was wrong once holds up nobody. The fence does.
        if now_ms < _number(item, "until_ms") <= now_ms + LEASE_MS:
            return None
        same = Equals("fence", fence) if "fence" in item else AtMost("fence", 0)
        taken = {"fence": fence + 1, "until_ms": now_ms + LEASE_MS}
        try:
            self._writer.commit((Update(table.lease(slot), set=taken, require=(same,)),))
        except (ConditionFailed, WriteContention):
            return None
        # What was in flight is read after the fence went up: the one before can change it no more.
        return self._read(slot, fence + 1)

    def release(self, lease: Lease) -> None:
        """Let the next one in at once. Whoever lost the lease has nothing to release."""
        over = Update(table.lease(lease.slot), set={"until_ms": 0}, require=(Equals("fence", lease.fence),))
        try:
            self._writer.commit((over,))
        except (ConditionFailed, WriteContention):
            return

    def refreshed(self, lease: Lease) -> Lease:
        """The same lease, with the run and the stops of now."""
        return self._read(lease.slot, lease.fence)

    def _read(self, slot: str, fence: int) -> Lease:
        item = self._reader.get(table.lease(slot)) or {}
        return Lease(slot, fence, _number(item, "run"), _number(item, "last_run"), stops_of(item))


def freed() -> tuple[Update, ...]:
    """All slots are free at once, for whoever knows that their holders are dead. Should one of them live,
    the fence of the next holder keeps it from writing."""
    return tuple(Update(table.lease(slot), set={"until_ms": 0}) for slot in SLOTS)


def stops_of(item: Item | None) -> frozenset[str]:
    prefix = table.stop_attribute("")
    found = {name.removeprefix(prefix): value for name, value in (item or {}).items() if prefix in name}
    return frozenset(asset for asset, value in found.items() if int(str(value)) > 0)


def stop(asset: str, reason: str, now_ms: int, held: Lease | None = None) -> tuple[Update | Put, ...]:
    """Nothing of this asset (or of ALL) is signed from here on, in any slot.

    held: a lease that has to be ours still.
    """

    def fenced(slot: str) -> tuple[Condition, ...]:
        return (Equals("fence", held.fence),) if held is not None and held.slot == slot else ()

    name = table.stop_attribute(asset)
    return (
        *(Update(table.lease(slot), set={name: 1}, require=fenced(slot)) for slot in SLOTS),
        _told(asset, now_ms, stopped=reason),
    )


def clear(asset: str, reason: str, now_ms: int) -> tuple[Update | Put, ...]:
    return (
        *(Update(table.lease(slot), set={table.stop_attribute(asset): 0}) for slot in SLOTS),
        _told(asset, now_ms, cleared=reason),
    )


def _told(asset: str, now_ms: int, stopped: str = "", cleared: str = "") -> Put:
    item: Item = {"asset": asset, "at_ms": now_ms, "stopped": stopped, "cleared": cleared}
    return Put(table.note("stop", f"{now_ms:013d}-{asset}"), item)


def _number(item: Item, name: str) -> int:
    return int(str(item.get(name, 0)))
