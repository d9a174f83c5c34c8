"""What is a trader told when a market or its book refuses a command?"""

from typing import NamedTuple

from chalicelib.errors import CexError, CommandRefused, MarketClosed, OrderNotOpen


class _Words(NamedTuple):
    detail: str
    field: str | None


_MODES = {
    "market_halted": "the market is halted",
    "market_cancel_only": "the market lets orders go and takes no new ones",
    "market_post_only": "the market takes postonly orders alone",
}
_REASONS = {
    "no_market_price": _Words("nobody offers, and nothing was traded yet: name a price", "market"),
    "outside_price_band": _Words("the price lies too far from the last trade", "price"),
    "too_many_open_orders": _Words("too many open orders in this market", "market"),
    "replace_outstanding": _Words("another replace of this order is not done yet", "id"),
    "not_a_reduction": _Words("the order is for no more than that", "quantity"),
    "quantity_already_filled": _Words("so much of the order is filled already", "quantity"),
    "post_only_would_cross": _Words("it would trade at once", "price"),
    "hold_too_small": _Words("the order changed while its replace was on the way", "id"),
    "late": _Words("it reached the market too late, and changed nothing", None),
    "unseen": _Words("it never reached the market, and changed nothing", None),
    "failed": _Words("it could not be done; operators have been told", None),
}


def refused(reason: str, field: str | None = None) -> CexError:
    """The error for a stable reason; `field` is to blame where the reason alone does not tell."""
    if reason in _MODES:
        return MarketClosed(_MODES[reason], code=reason, field=field)
    if reason == OrderNotOpen.code:
        return OrderNotOpen("the order does not wait in the book", field=field or "id")
    words = _REASONS.get(reason, _Words(reason.replace("_", " "), field))
    return CommandRefused(words.detail, code=reason, field=words.field)
