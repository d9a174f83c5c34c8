"""May this order come in, as the market and its book are now?"""

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.engine.events import Mode, ModeReason, RejectReason
from chalicelib.engine.order import LimitOrder, Stop, TimeInForce
from chalicelib.market import PPM

if TYPE_CHECKING:
    from chalicelib.engine.book import Book


class Rules(NamedTuple):
    """What a market asks of an order beyond its mode.

    band_ppm: how far from the book's reference its limit may lie, in millionths; 0: anywhere.
    open_orders_max: of one user, resting and sleeping ones together.
    """

    band_ppm: int
    open_orders_max: int


# What a market that is not open says to an order.
_CLOSED: dict[Mode, ModeReason] = {
    "post_only": "market_post_only",
    "cancel_only": "market_cancel_only",
    "halted": "market_halted",
}


def refusal(
    book: "Book",
    order: LimitOrder,
    rules: Rules,
    stop: Stop | None = None,
    stop_price: int = 0,
    *,
    now_ms: int,
) -> RejectReason | None:
    """Why the order may not come in now; None: it may.

    The limit of an order that shall sleep (`stop`) must lie within the band around its
    `stop_price`, else it could not come in at the very price that wakes it. It is looked at
    again when it wakes.
    """
    if reason := mode_refusal(book.mode, order.tif, stop):
        return reason
    if 0 < order.expires_ms <= now_ms:
        return "expired"
    reference = book.reference if stop is None else stop_price
    if outside_band(order.price, reference, rules):
        return "outside_price_band"
    may_stay = stop is not None or order.tif in ("gtc", "gtt", "postonly")
    if may_stay and book.open_count(order.user) >= rules.open_orders_max:
        return "too_many_open_orders"
    return None


def mode_refusal(mode: Mode, tif: TimeInForce, stop: Stop | None = None) -> ModeReason | None:
    if mode == "open" or (mode == "post_only" and tif == "postonly" and stop is None):
        return None
    return _CLOSED[mode]


def outside_band(price: int, reference: int | None, rules: Rules) -> bool:
    """Before the first trade there is no band, unless a person has set its reference."""
    if reference is None or rules.band_ppm == 0:
        return False
    return abs(price - reference) * PPM > reference * rules.band_ppm
