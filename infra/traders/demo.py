"""Does the main job work, from the first signature to the last balance?

    python -m infra.traders.demo --url http://127.0.0.1:8400

Lives through a day (day.py) over HTTP, shows what is there afterwards, and has it audited.
The exit code is 0 only when everything was as it must be.
"""

import argparse
import sys
from collections.abc import Sequence
from decimal import localcontext
from itertools import islice, zip_longest

import httpx

from infra.traders.api import Answer, Api, Refused
from infra.traders.audited import audit, reconcile
from infra.traders.client import NotMatched, Trader
from infra.traders.corridor import NoRoom
from infra.traders.day import MARKET, Day
from infra.traders.faucet import NoNetwork
from infra.traders.keeta_wallet import NotPaid
from infra.traders.story import Unexpected
from infra.traders.terminal import Terminal, until_interrupted
from infra.traders.wallet import WillNotSign

LEVELS_SHOWN = 6
TRADES_SHOWN = 6
# A balance has at most 30 digits; the sum of a few of them must not be rounded.
DIGITS = 60

FAILURES = (Unexpected, Refused, NotMatched, NoRoom, WillNotSign, NoNetwork, NotPaid, httpx.HTTPError)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--url", required=True, help="where the API is")
    given = parser.parse_args(arguments)
    with Api(given.url) as api, localcontext(prec=DIGITS):
        return 0 if run(api, Terminal()) else 1


def run(api: Api, terminal: Terminal) -> bool:
    """Whether everything was as it must be."""
    lived = _live(api, terminal)
    terminal.title("Audit of the whole exchange")
    sound = audit(terminal)
    terminal.title("Books and chain")
    sound = reconcile(terminal) and sound
    terminal.title("The day went as it must." if lived and sound else "The day FAILED.")
    return lived and sound


def _live(api: Api, terminal: Terminal) -> bool:
    try:
        day = Day(api, terminal)
        day.live()
        _show_market(api, terminal)
        _show_traders(day.traders, terminal)
    except FAILURES as failure:
        terminal.bad(f"{type(failure).__name__}: {failure}")
        return False
    return True


def _show_market(api: Api, terminal: Terminal) -> None:
    book = api.book(MARKET, LEVELS_SHOWN)
    terminal.title(f"Book of {MARKET}")
    nothing: Answer = {"price": "", "quantity": "", "orders": ""}
    rows = [
        [bid["orders"], bid["quantity"], bid["price"], ask["price"], ask["quantity"], ask["orders"]]
        for bid, ask in zip_longest(book["bids"], book["asks"], fillvalue=nothing)
    ]
    terminal.table(["orders", "quantity", "bid", "ask ", "quantity ", "orders "], rows)
    terminal.title("Last trades")
    trades = islice(api.trades(MARKET), TRADES_SHOWN)
    terminal.table(
        ["trade", "time ", "price", "quantity", "taker "],
        [[t["trade_id"], t["time"], t["price"], t["quantity"], t["taker_side"] + "s"] for t in trades],
    )


def _show_traders(traders: Sequence[Trader], terminal: Terminal) -> None:
    terminal.title("Balances")
    terminal.table(
        ["trader ", "token ", "available", "held", "total"],
        [
            [trader.name, token, balance["available"], balance["held"], balance["total"]]
            for trader in traders
            for token, balance in trader.balances().items()
        ],
    )
    terminal.title("Fills")
    rows = [
        [
            trader.name,
            *(fill[name] for name in ("trade_id", "role", "side", "quantity", "price", "fee", "fee_token")),
        ]
        for trader in traders
        for fill in reversed(list(trader.fills()))
    ]
    terminal.table(["trader ", "trade", "role ", "side ", "quantity", "price", "fee", "token "], rows)


if __name__ == "__main__":
    sys.exit(until_interrupted(main))
