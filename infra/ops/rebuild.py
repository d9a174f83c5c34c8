"""Does the store say what its journals and records make of it? If not, it is made so.

For a restored backup, in which transactions can be torn (docs/restore.md): before anything else works on
the restored tables. After it `rescan` brings books and chain together.
"""

import argparse
from collections import Counter

from chalicelib.errors import Unavailable
from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.upkeep.restore.repair import Repair
from chalicelib.flows.upkeep.restore.restore import Restorer
from chalicelib.flows.upkeep.stranded import stranded
from chalicelib.keeta.moment import iso
from chalicelib.ledger.audit import Difference
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command

# On an exchange at work what one look finds torn may only be under way: it counts when a second
# look finds the same.
PAUSE_MS = 2_000
LOOKS_MAX = 5
ROUNDS_MAX = 5


def add_commands(commands: Commands) -> None:
    rebuild = command(
        commands,
        "rebuild",
        run_rebuild,
        "wallets, orders, ledgers and custody again, from journals and records alone",
        "rebuild",
        "rebuild --json",
        'rebuild --reason "restored to 12:30" --yes',
    )
    add_action(rebuild, moves_money=True, reason="rebuild")
    text = "orders and replaces that could not be ended; what is held for them waits for `rebuild`"
    command(commands, "stranded", run_stranded, text, "stranded --json")


def run_rebuild(house: Exchange, options: argparse.Namespace) -> int:
    """0 when nothing differs, or all of it is mended; 1 when something differs or a person has to look."""
    found = _lasting(house)
    if not found:
        return answer.show(options, Answer({"ok": True, "differences": []}, ["nothing differs"]))
    if not options.yes:
        lines = [*_lines(found), *_sum(found), "nothing was done; --yes mends it"]
        return answer.show(options, Answer(_value(found), lines, answer.NOT_WELL))
    return perform(house, options, "store", "mend", lambda: _mend(house, options, found))


def _mend(house: Exchange, options: argparse.Namespace, found: list[Repair]) -> Answer:
    """Nothing is signed until the chain was read again: it may have paid what the books forgot."""
    house.store.commit(stop(ALL, f"rebuilt: {options.reason}", house.timer.now_ms()))
    made: list[Repair] = []
    for _ in range(ROUNDS_MAX):
        house.restorer.make(found)
        made += [each for each in found if each.can_be_made]
        found = _lasting(house)
        if not any(each.can_be_made for each in found):
            break
    told = [*_sum(made), "payments are stopped: `cex-ops rescan` next, then `cex-ops withdrawals resume ALL`"]
    if found:
        told += ["a person has to look at", *_lines(found)]
    value = {**_value(found), "mended": [each.difference._asdict() for each in made]}
    return Answer(value, [*_lines(made), *told], answer.NOT_WELL if found else answer.DONE)


def _lasting(house: Exchange) -> list[Repair]:
    """What a second look finds, too. Raises Unavailable while the exchange goes on under our eyes: a
    repair must not be made without the one that it follows from."""
    first = house.restorer.look()
    for _ in range(LOOKS_MAX):
        if not first:
            return []
        house.timer.pause(PAUSE_MS)
        second = house.restorer.look()
        if _premises(first) == _premises(second):
            seen = {each.difference for each in first}
            return [each for each in second if each.difference in seen]
        first = second
    raise Unavailable("markets go on meanwhile; halt them (`cex-ops markets halt`), and again")


def _premises(found: list[Repair]) -> set[Difference]:
    return {each.difference for each in found if each.difference.check in Restorer.PREMISES}


def _value(found: list[Repair]) -> dict[str, object]:
    return {"ok": not found, "differences": [each.difference._asdict() for each in found]}


def _lines(found: list[Repair]) -> list[str]:
    return [line for each in found[: answer.ROWS_MAX] for line in _line(each.difference)]


def _line(difference: Difference) -> list[str]:
    told = f"{'':12}must be {difference.expected}, is {difference.found}"
    return [f"{difference.check:<11} {difference.subject}", told]


def _sum(found: list[Repair]) -> list[str]:
    counts = Counter(each.difference.check for each in found)
    return [f"{name:>14}  {count}" for name, count in sorted(counts.items())]


def run_stranded(house: Exchange, options: argparse.Namespace) -> int:
    """0 when there are none."""
    rows = [
        {
            "market": market,
            "order": each.order_id,
            "replace": each.replace,
            "user": each.user,
            "since": iso(each.noticed_ms),
        }
        # Also of markets that are delisted: what they left behind is still held.
        for market in house.every_market
        for each in stranded(house.store, house.orders, market)
    ]
    lines = answer.table(rows) or ["nothing is stranded"]
    return answer.show(options, Answer({"stranded": rows}, lines, answer.NOT_WELL if rows else answer.DONE))
