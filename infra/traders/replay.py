"""Does the exchange trade as it must on real order flow? Replays a recording, one command after the other.

    python -m infra.traders.replay --url http://127.0.0.1:8400 --file commands.csv --limit 1000

Bids come from one account, asks from another; each command waits until it was matched. The
exit code is 0 only when nothing differs from a plain book (flow.py) and the audit finds nothing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from decimal import Decimal, localcontext
from pathlib import Path

import httpx

from infra.traders import flow
from infra.traders.api import Api, Refused
from infra.traders.audited import audit
from infra.traders.client import NotMatched
from infra.traders.corridor import NoRoom
from infra.traders.faucet import NoNetwork
from infra.traders.flow import Command
from infra.traders.keeta_wallet import NotPaid
from infra.traders.replayer import MARKET, Replayer
from infra.traders.story import Unexpected
from infra.traders.terminal import Terminal, until_interrupted
from infra.traders.wallet import WillNotSign

# All money of a recording together; nothing of it must be rounded.
DIGITS = 60
DIFFERENCES_SHOWN = 10

FAILURES = (Unexpected, Refused, NotMatched, WillNotSign, NoRoom, NoNetwork, NotPaid, httpx.HTTPError)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        commands = flow.read(given.file, given.limit)
    except (flow.BadFlow, OSError) as error:
        terminal.bad(f"{given.file}: {error}")
        return 2
    with Api(given.url) as api, localcontext(prec=DIGITS):
        return 0 if run(api, terminal, commands) else 1


def run(api: Api, terminal: Terminal, commands: list[Command]) -> bool:
    """Whether the exchange did what it must."""
    terminal.title(f"Replay of {len(commands)} commands into {MARKET}")
    agreed = _replay(api, terminal, commands)
    terminal.title("Audit of the whole exchange")
    sound = audit(terminal)
    terminal.title("The replay went as it must." if agreed and sound else "The replay FAILED.")
    return agreed and sound


def _replay(api: Api, terminal: Terminal, commands: list[Command]) -> bool:
    try:
        replayer = Replayer(api)
        met = replayer.empty_book()
        if met:
            terminal.say(f"The book was not empty: {met} orders of earlier runs were traded away first.")
        replayer.fund(commands)
        seconds = _send(replayer, terminal, commands)
        replayer.compare()
    except FAILURES as failure:
        terminal.bad(f"{type(failure).__name__}: {failure}")
        return False
    _report(replayer, terminal, seconds)
    return not replayer.differences


def _send(replayer: Replayer, terminal: Terminal, commands: list[Command]) -> float:
    """The seconds it took."""
    began = time.monotonic()
    for number, command in enumerate(commands, start=1):
        replayer.send(command)
        rate = number / (time.monotonic() - began)
        minutes, left = divmod(round((len(commands) - number) / rate), 60)
        terminal.bar(number, len(commands), f"{rate:.0f}/s, {minutes}:{left:02} left")
    return time.monotonic() - began


def _report(replayer: Replayer, terminal: Terminal, seconds: float) -> None:
    terms, times = replayer.terms, sorted(replayer.milliseconds) or [0.0]
    rate = len(replayer.milliseconds) / seconds if seconds else 0.0
    volume = sum((Decimal(trade["quantity"]) for trade in replayer.trades), Decimal(0))
    paid = sum((Decimal(trade["notional"]) for trade in replayer.trades), Decimal(0))
    rows = [(f"{count}", what) for what, count in replayer.counts.items()]
    rows += [
        (f"{rate:.1f}", f"commands per second, over {seconds:.1f} s"),
        (f"{times[len(times) // 2]:.1f}", "milliseconds for the median command"),
        (f"{times[len(times) * 99 // 100]:.1f}", "milliseconds for 99 of 100"),
        (f"{len(replayer.trades)}", f"trades: {volume:f} {terms['base']} for {paid:.2f} {terms['quote']}"),
        (f"{len(replayer.differences)}", "differences from a plain book that got the same commands"),
    ]
    terminal.table(["", " "], rows)
    for difference in replayer.differences[:DIFFERENCES_SHOWN]:
        terminal.bad(difference)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--url", required=True, help="where the API is")
    parser.add_argument("--file", required=True, type=Path, help="the recording")
    parser.add_argument("--limit", type=int, help="how many commands of it")
    return parser


if __name__ == "__main__":
    sys.exit(until_interrupted(main))
