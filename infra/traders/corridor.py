"""Where in a book may a script trade without meeting strangers, and how does it make room?

Orders of earlier runs stay in a book, and their keys are lost. A script looks for prices
that they leave free; where there are none, somebody trades those orders away.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from infra.traders.api import LEVELS_MAX, Answer, Api
from infra.traders.client import Side, Trader

# Each round trades away a whole page of levels.
ROUNDS_MAX = 100


class NoRoom(Exception):
    """Somebody else fills the book as fast as it is emptied."""


def center(book: Answer, wanted: Decimal, tick: Decimal, reach: int) -> Decimal:
    """The price next to `wanted` around which `reach` ticks are free, or that needs least clearing."""
    room = (reach + 1) * tick
    lowest = best(book["bids"], Decimal(0)) + room
    highest = best(book["asks"], Decimal("Infinity")) - room
    if lowest <= highest:
        return min(max(wanted, lowest), highest)
    return max((lowest + highest) / 2 // tick * tick, room)


def best(levels: list[Answer], otherwise: Decimal) -> Decimal:
    return Decimal(levels[0]["price"]) if levels else otherwise


def clear(api: Api, trader: Trader, terms: Answer, low: Decimal | None, high: Decimal | None) -> int:
    """Trade away all that stands between `low` and `high`; None is no bound. The number of orders met.

    `trader` must have nothing in this book; he gets the money from the faucet. Raises NoRoom.
    """
    met = 0
    for _ in range(ROUNDS_MAX):
        book = api.book(terms["market"])
        asks = [level for level in book["asks"] if high is None or Decimal(level["price"]) <= high]
        bids = [level for level in book["bids"] if low is None or Decimal(level["price"]) >= low]
        if not asks and not bids:
            return met
        met += sum(level["orders"] for level in asks + bids)
        _trade_away(trader, terms, "buy", asks)
        _trade_away(trader, terms, "sell", bids)
    raise NoRoom(f"{terms['market']} is still in the way after {ROUNDS_MAX} rounds of {LEVELS_MAX} prices")


def _trade_away(trader: Trader, terms: Answer, side: Side, levels: list[Answer]) -> None:
    if not levels:
        return
    price = Decimal(levels[-1]["price"])
    quantity = max(_sum(level["quantity"] for level in levels), _smallest(terms, price))
    if side == "buy":
        trader.take_from_faucet(terms["quote"], price * quantity)
    else:
        trader.take_from_faucet(terms["base"], quantity)
    trader.place(terms["market"], side, price, quantity, "ioc")


def _smallest(terms: Answer, price: Decimal) -> Decimal:
    """A rest of an order may be smaller than the smallest order."""
    lot = Decimal(terms["lot"])
    lots = Decimal(terms["minimum_notional"]) / price / lot
    return lots.to_integral_value(ROUND_CEILING) * lot


def _sum(numbers: Iterable[str]) -> Decimal:
    return sum(map(Decimal, numbers), Decimal(0))
