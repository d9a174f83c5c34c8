"""What does an order look like to its owner?"""

from typing import Literal

from pydantic import BaseModel, Field

from chalicelib.api.values import DecimalText, Time, amount
from chalicelib.engine.order import SelfTrade, Side, Stop, TimeInForce
from chalicelib.flows.reading.orders import OrderState
from chalicelib.flows.records.orders import OrderRecord, OrderType, Status
from chalicelib.keeta.moment import iso
from chalicelib.market import PPM, Market
from chalicelib.money import format_units
from chalicelib.wiring import exchange


class ReplaceAnswer(BaseModel):
    """The newest replace of the order, until it is done; or why it was refused, for a while."""

    id: str
    status: Literal["pending", "refused"]
    reason: str | None


class OrderAnswer(BaseModel):
    id: str
    client_order_id: str | None
    market: str
    type: OrderType
    side: Side
    price: DecimalText = Field(description="of a market order: the worst price at which it may trade")
    quantity: DecimalText | None = Field(description="null for an order that spends `funds`")
    funds: DecimalText | None = Field(description="what a market buy may spend, in quote")
    tif: TimeInForce
    expires_at: Time | None
    stop: Stop | None
    stop_price: DecimalText | None
    self_trade: SelfTrade
    maker_fee: DecimalText = Field(description="rate, promised when the order was placed")
    taker_fee: DecimalText
    status: Status
    reason: str | None = Field(description="why it ended before it was filled")
    filled_quantity: DecimalText
    remaining_quantity: DecimalText | None
    filled_notional: DecimalText = Field(description="quote exchanged so far")
    fee: DecimalText = Field(description="paid so far, in `fee_token`")
    fee_token: str
    replace: ReplaceAnswer | None
    created_at: Time
    updated_at: Time


def order_answer(state: OrderState) -> OrderAnswer:
    record = state.record
    market = exchange().every_market[record.market]
    fee_token, quote = market.received(record.side).symbol, market.quote.symbol
    return OrderAnswer(
        id=record.id,
        client_order_id=record.client_order_id or None,
        market=record.market,
        type=record.type,
        side=record.side,
        price=market.format_price(record.price),
        quantity=_quantity(market, record, record.quantity),
        funds=amount(quote, market.hold_units("buy", record.budget)) if record.budget else None,
        tif=record.tif,
        expires_at=iso(record.expires_ms) if record.expires_ms else None,
        stop=record.stop or None,
        stop_price=market.format_price(record.stop_price) if record.stop else None,
        self_trade=record.self_trade,
        maker_fee=rate(record.maker_ppm),
        taker_fee=rate(record.taker_ppm),
        status=state.status,
        reason=record.reason or None,
        filled_quantity=market.format_quantity(state.filled),
        remaining_quantity=_quantity(market, record, record.quantity - state.filled),
        filled_notional=amount(quote, record.quote),
        fee=amount(fee_token, record.fee),
        fee_token=fee_token,
        replace=_replace(state),
        created_at=iso(record.created_ms),
        updated_at=iso(record.updated_ms),
    )


def rate(ppm: int) -> str:
    """A fee rate as a fraction: "0.001"."""
    return format_units(ppm, len(str(PPM)) - 1)


def _quantity(market: Market, record: OrderRecord, lots: int) -> str | None:
    return None if record.budget else market.format_quantity(lots)


def _replace(state: OrderState) -> ReplaceAnswer | None:
    record = state.record
    if record.replacing:
        return ReplaceAnswer(id=record.replacing, status="pending", reason=None)
    if state.refused:
        return ReplaceAnswer(id=record.last_replace, status="refused", reason=state.refused)
    return None
