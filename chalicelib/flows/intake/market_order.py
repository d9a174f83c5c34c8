"""At which price does an order trade that names none?

A market order is a limit order that takes what is there at once. Its limit is the collar: so
far from the best price, and no farther, may it walk through a thin book.
"""

from chalicelib.engine.book import Book
from chalicelib.engine.order import OPPOSITE, Side
from chalicelib.errors import BelowMinimum
from chalicelib.flows.intake.refusals import refused
from chalicelib.market import COUNT_MAX, PPM, Market


def reference_price(book: Book, side: Side) -> int:
    """What a market order of this side would pay first: the best price of the other side, else the
    price around which the band lies: the last, or what a person said since.

    Ticks. Raises CommandRefused (no_market_price) while there is neither.
    """
    best = book.depth(OPPOSITE[side], 1)
    price = best[0][0] if best else book.reference
    if price is None:
        raise refused("no_market_price")
    return price


def collar_price(market: Market, side: Side, reference: int, band_middle: int | None) -> int:
    """The worst price (ticks) at which it may trade; within the market's band, if that is narrower."""
    worst = _toward(side, reference, market.collar_ppm)
    if band_middle is not None and market.band_ppm:
        edge = _toward(side, band_middle, market.band_ppm)
        worst = min(worst, edge) if side == "buy" else max(worst, edge)
        near = _toward(OPPOSITE[side], band_middle, market.band_ppm)
        worst = max(worst, near) if side == "buy" else min(worst, near)
    return min(max(worst, 1), COUNT_MAX)


def require_funds(market: Market, funds: int) -> None:
    """Raises BelowMinimum when so many quote units are not worth an order."""
    if funds < max(market.minimum_units, market.step_units):
        raise BelowMinimum(f"less than {market.minimum_notional} {market.quote.symbol}", field="funds")


def _toward(side: Side, price: int, ppm: int) -> int:
    """So far above the price for a buy, below it for a sell; rounded toward the price."""
    if side == "buy":
        return price * (PPM + ppm) // PPM
    return -(-price * (PPM - ppm) // PPM)
