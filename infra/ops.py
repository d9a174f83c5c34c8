"""What can an operator do? `python -m infra.ops --help` tells.

Works on the exchange that the environment names (see chalicelib/wiring.py).
"""

import argparse
import json
import sys
import time
from typing import Any, get_args

from botocore.exceptions import NoRegionError

from chalicelib import listing
from chalicelib.engine.events import Mode
from chalicelib.errors import CexError
from chalicelib.flows.records.commands import SetMode
from chalicelib.flows.upkeep.audit import AuditReport, audit
from chalicelib.ids import CommandId, MarketId
from chalicelib.ledger.audit import Difference
from chalicelib.market import Market
from chalicelib.wiring import Exchange, exchange
from infra import ops_money

# A difference counts when it is seen in every look: the store is not read at one moment.
LOOKS_MAX = 3
PAUSE_S = 2
# A command to a market that waits longer than this in the queue is not carried out. A halt is
# wanted most while there is a backlog, so that is long; but while a refusal is remembered.
ACCEPT_MS = 6 * 60_000


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(exchange(), options))
    except CexError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
    except (KeyError, NoRegionError) as missing:
        print(f"the environment names no exchange ({missing}); see chalicelib/wiring.py", file=sys.stderr)
    return 2


def run_audit(house: Exchange, options: argparse.Namespace) -> int:
    """0 when everything adds up, 1 when not."""
    report = _audit(house)
    ok = not report.differences
    if options.json:
        differences = [difference._asdict() for difference in report.differences]
        print(json.dumps({"ok": ok, "differences": differences, "counts": report.counts}, indent=2))
        return 0 if ok else 1
    for name, count in report.counts.items():
        print(f"{name:>24}  {count}")
    for difference in report.differences:
        print(f"DIFFERENCE  {difference.check}: {difference.subject}")
        print(f"            expected {difference.expected}, found {difference.found}")
    print("every invariant holds" if ok else f"{len(report.differences)} differences")
    return 0 if ok else 1


def run_mode(house: Exchange, options: argparse.Namespace) -> int:
    """0 when the market took the command, 1 when it refused it or did not come to it in time."""
    market = house.markets[MarketId(options.market)]
    command = _set_mode(house, market, options)
    house.queue.send(market, [command])
    done = house.views[market.id].wait_until(lambda replica: command.id in replica.done, ACCEPT_MS)
    with house.views[market.id].current() as replica:
        mode, reason = replica.book.mode, replica.book.mode_reason
        refused = replica.refused.get(command.id)
    print(f"{market.id} is {_spoken(mode)}{': ' + reason if reason else ''}")
    if done and refused is None:
        return 0
    print(f"not done: {refused or 'the market has not come to it'}", file=sys.stderr)
    return 1


def _set_mode(house: Exchange, market: Market, options: argparse.Namespace) -> SetMode:
    """Raises InvalidInput for a reference that is no price of this market."""
    reference = market.parse_price(options.reference) if options.reference else 0
    until_ms = house.timer.now_ms() + ACCEPT_MS
    command_id = CommandId(f"mode-{house.ids.uuid()}")
    return SetMode(command_id, options.mode, options.reason, until_ms, reference)


def _audit(house: Exchange) -> AuditReport:
    report = audit(house.store, house.journal, house.markets, house.timer.now_ms())
    for _ in range(1, LOOKS_MAX):
        if not report.differences:
            break
        time.sleep(PAUSE_S)
        again = audit(house.store, house.journal, house.markets, house.timer.now_ms())
        seen = set(map(_gap, report.differences))
        lasting = [difference for difference in again.differences if _gap(difference) in seen]
        report = again._replace(differences=lasting)
    return report


def _gap(difference: Difference) -> tuple[str, str, int | None]:
    """What stays the same of a difference while the wallet that has it goes on trading."""
    try:
        gap = int(difference.found) - int(difference.expected)
    except ValueError:
        gap = None
    return difference.check, difference.subject, gap


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why")
    return text


def _spoken(mode: str) -> str:
    return mode.replace("_", "-")


_MODES = [_spoken(mode) for mode in get_args(Mode)]


def _mode(text: str) -> str:
    return text.replace("-", "_")


def _mode_parser(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command.add_argument("market", help="BASE/QUOTE", choices=sorted(listing.MARKETS), metavar="MARKET")
    command.add_argument("--reason", required=True, type=_reason, help="stands in the journal for good")
    command.add_argument("--reference", metavar="PRICE", help="the price band lies around this from now on")
    command.set_defaults(run=run_mode)
    return command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.ops", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("audit", help="check every invariant over the whole store")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=run_audit)
    mode = _mode_parser(commands, "mode", "say which commands a market takes")
    mode.add_argument("mode", type=_mode, choices=get_args(Mode), metavar="{" + ",".join(_MODES) + "}")
    _mode_parser(commands, "halt", "match nothing in a market until it is resumed").set_defaults(
        mode="halted"
    )
    _mode_parser(commands, "resume", "take every command again").set_defaults(mode="open")
    ops_money.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
