"""What has the chain seen of us that the books have forgotten? Found, and posted as it was.

After a backup was restored (docs/restore.md): coins that came in since, and what was signed since. A
payment that no withdrawal explains is left alone until somebody names its block.
"""

import argparse

from chalicelib.errors import Unavailable
from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.upkeep.restore.staples import Found
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command
from infra.ops.money import amount

HOUR_MS = 3_600_000
HOURS, HOURS_MAX = 24, 24 * 31
VISIT_MS = 30 * 60_000


def add_commands(commands: Commands) -> None:
    rescan = command(
        commands,
        "rescan",
        run_rescan,
        "bring books and chain together after a backup was restored",
        "rescan --hours 6",
        'rescan --hours 6 --reason "restored to 12:30" --yes',
        'rescan --accept BLOCK --reason "asked kim, it is his withdrawal" --yes',
    )
    rescan.add_argument(
        "--hours",
        type=_hours,
        default=HOURS,
        metavar="HOURS",
        help=f"how far back it begins; else {HOURS}",
    )
    text = "a block that pays what no withdrawal explains, and is ours all the same; may be given again"
    rescan.add_argument("--accept", action="append", default=[], metavar="BLOCK", help=text)
    text = "address of a key that was the operator's within that time; CEX_OPERATOR's is known"
    rescan.add_argument("--key", action="append", default=[], metavar="ADDRESS", help=text)
    text = "give none of the addresses that wait to anybody: they may have been shown to users since"
    rescan.add_argument("--retire-waiting", action="store_true", help=text)
    add_action(rescan, moves_money=True, reason="rescan")


def _hours(given: str) -> int:
    if not (given.isdecimal() and 1 <= int(given) <= HOURS_MAX):
        raise argparse.ArgumentTypeError(f"1 to {HOURS_MAX}, and not {given}")
    return int(given)


def run_rescan(house: Exchange, options: argparse.Namespace) -> int:
    """0 when books and chain have nothing left to tell each other, 1 when a person has to look."""
    since_ms = house.timer.now_ms() - options.hours * HOUR_MS
    accepted = frozenset(each.lower() for each in options.accept)
    with answer.apart():
        found = _looked(house, since_ms, options.key)
    if not options.yes:
        lines = [line for each in found for line in _lines(each, accepted)]
        value = {"dry_run": True, "since": iso(since_ms), "staples": [_told(each) for each in found]}
        lines += [f"{len(found)} staples since {iso(since_ms)}", "nothing was done; --yes posts them"]
        return answer.show(options, Answer(value, lines, answer.NOT_WELL if found else answer.DONE))
    return perform(house, options, "chain", "post them", lambda: _post(house, options, found, since_ms))


def _post(house: Exchange, options: argparse.Namespace, found: list[Found], since_ms: int) -> Answer:
    accepted = frozenset(each.lower() for each in options.accept)
    house.store.commit(stop(ALL, f"rescan: {options.reason}", house.timer.now_ms()))
    deadline_ms = house.timer.now_ms() + VISIT_MS
    done = house.treasury.rescan.mend(found, accepted, since_ms, deadline_ms)
    value: dict[str, object] = {
        "posted": [_told(each) for each in done.posted],
        "left": [_told(each) for each in done.left],
        "deposits": done.deposits,
    }
    lines = [line for each in (*done.posted, *done.left) for line in _lines(each, accepted)]
    if options.retire_waiting:
        value["retired"] = house.treasury.rescan.retire_waiting()
        lines.append(f"{value['retired']} waiting addresses retired")
    lines.append(f"{len(done.posted)} runs posted, {done.deposits} deposits found, {len(done.left)} left")
    lines.append("payments are stopped: `cex-ops audit`, `cex-ops reconcile`, then `withdrawals resume ALL`")
    return Answer(value, lines, answer.NOT_WELL if done.left else answer.DONE)


def _looked(house: Exchange, since_ms: int, keys: list[str]) -> list[Found]:
    """Raises Unavailable, with what the network said."""
    try:
        return house.treasury.rescan.look(since_ms, keys)
    except KeetaError as error:
        raise Unavailable(f"a staple of ours is not proven: {error.detail}", code=error.code) from error


def _told(found: Found) -> dict[str, object]:
    return {
        "block": found.name,
        "time": iso(found.staple.moment),
        "run": f"{found.slot} {found.number}",
        "payments": [_paid(*each[2:]) for each in found.payments],
        "moves": [_paid(each.source, each.target, each.asset, each.units) for each in found.moves],
        "troubles": list(found.troubles),
        "doubts": list(found.doubts),
    }


def _paid(source: str, to: str, asset: str, units: int) -> str:
    return f"{amount(asset, units)} {asset} from {source} to {to}"


def _lines(found: Found, accepted: frozenset[str]) -> list[str]:
    verdict = "ours" if found.can_be_posted(accepted) else "NOT POSTED"
    told = [f"{found.name}  {iso(found.staple.moment)}  {found.slot} {found.number}  {verdict}"]
    told += [f"    pays {_paid(*each[2:])}" for each in found.payments]
    told += [f"    moves {_paid(each.source, each.target, each.asset, each.units)}" for each in found.moves]
    told += [f"    trouble: {each}" for each in found.troubles]
    return [*told, *(f"    doubt: {each}" for each in found.doubts)]
