"""How are amounts, prices, times, markets, orders and cursors spelled in requests and answers?"""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import Field

from chalicelib import listing
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import OrderId, UserId, order_id_from_client
from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.moment import parse_iso
from chalicelib.market import Asset, Market
from chalicelib.money import format_units, parse_units
from chalicelib.wiring import exchange

WAIT_MS_DEFAULT = 2_000
WAIT_MS_MAX = 10_000
PAGE_DEFAULT = 50
PAGE_MAX = 100

DecimalText = Annotated[
    str, Field(max_length=80, description="a decimal number as text", examples=["1.25"], pattern=r"\S")
]
SignedDecimal = Annotated[str, Field(description="a decimal number as text, with its sign")]
Time = Annotated[str, Field(description="UTC, ISO 8601", examples=["2026-01-31T12:00:00.000Z"])]
WaitMs = Annotated[int, Field(ge=0, le=WAIT_MS_MAX, description="milliseconds to wait for the matched state")]
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
Cursor = Annotated[str, Field(max_length=200, description="`next` of the page before")]
MarketName = Annotated[str, Field(max_length=50, examples=["KTA/USDT"])]
OrderIdText = Annotated[str, Field(max_length=50)]
ClientOrderId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="one's own name for the order")
]

_ORDER_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)
_CLIENT_ORDER_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_WHOLE_SECOND = re.compile(r"[^.]*Z", re.ASCII)

T = TypeVar("T")


def amount(symbol: str, units: int) -> str:
    return format_units(units, listing.ASSETS[symbol].decimals)


def blaming(field: str, parse: Callable[[str], T], text: str) -> T:
    """Raises InvalidInput with this field."""
    try:
        return parse(text)
    except InvalidInput as error:
        raise InvalidInput(error.detail, code=error.code, field=field) from None


def positive_units(text: str, asset: Asset, field: str) -> int:
    """Units of an amount above zero. Raises InvalidInput."""
    units = blaming(field, lambda given: parse_units(given, asset.decimals), text)
    if units == 0:
        raise InvalidInput("must be above zero", code="not_positive", field=field)
    return units


def moment(text: str, field: str) -> int:
    """Milliseconds since 1970. Raises InvalidInput."""
    written = text[:-1] + ".000Z" if _WHOLE_SECOND.fullmatch(text) else text
    try:
        return parse_iso(written)
    except Malformed:
        raise InvalidInput(
            "not a time such as 2026-01-31T12:00:00.000Z", code="invalid_time", field=field
        ) from None


def market_named(name: str, field: str = "market") -> Market:
    """The market of this stage called "BASE/QUOTE". Raises InvalidInput."""
    for market in exchange().markets.values():
        if market.id == name:
            return market
    raise InvalidInput("unknown market", code="unknown_market", field=field)


def market_in_path(slug: str) -> Market:
    """The same for a path, where it is "BASE-QUOTE". Raises NotFound."""
    for market in exchange().markets.values():
        if market.slug == slug.lower():
            return market
    raise NotFound("no such market", code="market_not_found", field="market")


def view_of(order: OrderRecord) -> MarketView:
    """Of the market of one's own order. Raises NotFound: one that the listing lost has no tick."""
    view = exchange().views.get(order.market)
    if view is None:
        raise NotFound("its market is listed no more", code="order_not_found", field="id")
    return view


def open_view_of(order: OrderRecord) -> MarketView:
    """The same where the order is to be changed. Raises NotFound for a delisted market, too."""
    if order.market not in exchange().markets:
        raise NotFound("its market is listed no more", code="order_not_found", field="id")
    return view_of(order)


def order_id(text: str) -> OrderId:
    """Raises NotFound: what can not be an order's id is nobody's order."""
    if _ORDER_ID.fullmatch(text) is None:
        raise NotFound("no such order", code="order_not_found", field="id")
    return OrderId(text)


def order_id_of_client(user: UserId, text: str) -> OrderId:
    """Of the order that its owner calls so. Raises NotFound, as above."""
    if _CLIENT_ORDER_ID.fullmatch(text) is None:
        raise NotFound("no such order", code="order_not_found", field="client_order_id")
    return order_id_from_client(user, text)


def cursor(text: str | None, pattern: str) -> str | None:
    """Raises InvalidInput for anything that is not a cursor of ours."""
    if text is not None and re.fullmatch(pattern, text, re.ASCII) is None:
        raise InvalidInput("not a cursor of this list", code="invalid_cursor", field="before")
    return text
