"""What does one fill mean in money, and how do its two owners see it in their ledger?"""

from chalicelib.engine.events import OrderFilled
from chalicelib.engine.order import OPPOSITE, Side
from chalicelib.flows.records.entries import FillEntry, Role
from chalicelib.ids import OrderId
from chalicelib.ledger.fees import fee_units
from chalicelib.ledger.transfers import Trade
from chalicelib.market import Market
from chalicelib.money import Amount


def trade_of(market: Market, fill: OrderFilled, taker_price: int) -> Trade:
    """Units and fees of one fill. `taker_price` (ticks) is the taker's limit, for which he held."""
    base = Amount(market.base.symbol, market.base_units(fill.quantity))
    quote = Amount(market.quote.symbol, market.quote_units(fill.price, fill.quantity))
    if fill.taker_side == "buy":
        return Trade(
            buyer=fill.taker,
            seller=fill.maker,
            base=base,
            quote=quote,
            buyer_fee=fee_units(base.units, market.taker_ppm),
            seller_fee=fee_units(quote.units, market.maker_ppm),
            released=market.quote_units(taker_price - fill.price, fill.quantity),
        )
    return Trade(
        buyer=fill.maker,
        seller=fill.taker,
        base=base,
        quote=quote,
        buyer_fee=fee_units(base.units, market.maker_ppm),
        seller_fee=fee_units(quote.units, market.taker_ppm),
        released=0,
    )


def fill_entries(
    market: Market, fill: OrderFilled, trade: Trade, time_ms: int
) -> tuple[FillEntry, FillEntry]:
    """The trade as its maker and as its taker see it, in this order."""
    taker_side = fill.taker_side
    fees = {"buy": trade.buyer_fee, "sell": trade.seller_fee}

    def entry(order_id: OrderId, side: Side, role: Role) -> FillEntry:
        return FillEntry(
            time_ms=time_ms,
            market=market.id,
            trade_id=fill.trade_id,
            order_id=order_id,
            side=side,
            role=role,
            price=fill.price,
            quantity=fill.quantity,
            base=trade.base.units,
            quote=trade.quote.units,
            fee=fees[side],
        )

    return entry(fill.maker_id, OPPOSITE[taker_side], "maker"), entry(fill.taker_id, taker_side, "taker")
