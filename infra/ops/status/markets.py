"""How is a market? Its mode and book, how far its matcher, its snapshot and its sweeper are behind."""

from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.upkeep.stranded import stranded
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops.status.part import Part, ago_s

# A matcher takes a second at the most, and a cold start some more; this is far beyond.
WAIT_S_MAX = 60
# Folding comes every minute, once as many entries are written as are due; a busy market writes thousands
# of them in that minute.
TAILS_MAX = 10
TAIL_MAX = 6_000
# The sweeper comes every minute and looks at minutes that are over for so long.
SWEEP_MINUTES_MAX = GRACE_MINUTES + 10


def market_part(house: Exchange, market: Market) -> Part:
    """Raises StoreError, BookCorrupt, QueueUnavailable."""
    now_ms = house.timer.now_ms()
    with house.views[market.id].current() as replica:
        book, seq, stepped_ms = replica.book, replica.seq, replica.time_ms
        mode, reason, unfinished = book.mode, book.mode_reason, book.unfinished is not None
        orders = sum(1 for _ in book.resting()) + sum(1 for _ in book.stops()) + unfinished
    lag = house.folder.lag(market)
    waiting, in_flight = house.queue.depth(market)
    dead, looked_at = house.dead_letters.count(market)
    idle_s = ago_s(now_ms, stepped_ms)
    facts: dict[str, object] = {
        "market": market.id,
        "mode": mode,
        "orders": orders,
        "entries": seq,
        "tail": lag.entries,
        "last_step_s": idle_s,
        "waiting": waiting,
        "in_flight": in_flight,
        # The queue does not tell how long its first message waits; no longer than nothing was done.
        "waits_s_most": (WAIT_S_MAX + 1 if idle_s is None else idle_s) if waiting + in_flight else 0,
        "dead": dead + looked_at,
        "swept_minutes": _swept(house, market, now_ms),
        "stranded": len(stranded(house.store, house.orders, market.id)),
    }
    return Part(
        market.id, facts, [f"it is {mode}: {reason}"] * (mode != "open") + _complaints(facts, lag.due)
    )


def schedules_part(house: Exchange) -> Part:
    """What failed on a schedule. Raises QueueUnavailable."""
    try:
        dead = sum(house.dead_letters.count(None))
    except NotFound:
        dead = 0  # this stage has no such queue
    complaints = [f"{dead} failed runs: see cex-ops dead-letter explain schedules"] if dead else []
    return Part("schedules", {"dead": dead}, complaints)


def _complaints(facts: dict[str, object], due: int) -> list[str]:
    """Of numbers that are out of their bounds."""
    longest = max(TAIL_MAX, TAILS_MAX * due)
    bounds = (
        ("dead", 0, "dead letters: see cex-ops dead-letter explain"),
        ("waits_s_most", WAIT_S_MAX, "seconds without a step while messages wait"),
        ("stranded", 0, "orders that could not be ended: see cex-ops stranded"),
        ("tail", longest, "journal entries since the last snapshot"),
        ("swept_minutes", SWEEP_MINUTES_MAX, "minutes since the sweeper had settled everything"),
    )
    return [
        f"{found} {what}"
        for name, most, what in bounds
        if isinstance(found := facts[name], int) and found > most
    ]


def _swept(house: Exchange, market: Market, now_ms: int) -> int | None:
    """Minutes since the one up to which everything is settled; None where nothing was ever swept."""
    item = house.store.get(schema.sweep_cursor(market.id))
    return now_ms // 60_000 - int(str(item["minute"])) if item else None
