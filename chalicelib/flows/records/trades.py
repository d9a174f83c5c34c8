"""What does one fill mean in money, and how do its two owners see it in their ledger?"""

from chalicelib.engine.events import OrderFilled, TradePrevented
from chalicelib.engine.order import OPPOSITE, Side
from chalicelib.flows.records.entries import FillEntry, PreventedEntry, Role
from chalicelib.ids import OrderId
from chalicelib.ledger.fees import fee_units
from chalicelib.ledger.transfers import Trade
from chalicelib.market import Market
from chalicelib.money import Amount


def trade_of(market: Market, fill: OrderFilled, maker_ppm: int, taker_ppm: int) -> Trade:
    """Units and fees of one fill, at the rates that its two orders were promised."""
    base = Amount(market.base.symbol, market.base_units(fill.quantity))
    quote = Amount(market.quote.symbol, market.quote_units(fill.price, fill.quantity))
    if fill.taker_side == "buy":
        return Trade(
            buyer=fill.taker,
            seller=fill.maker,
            base=base,
            quote=quote,
            buyer_fee=fee_units(base.units, taker_ppm),
            seller_fee=fee_units(quote.units, maker_ppm),
            released=market.hold_units("buy", fill.released),
        )
    return Trade(
        buyer=fill.maker,
        seller=fill.taker,
        base=base,
        quote=quote,
        buyer_fee=fee_units(base.units, maker_ppm),
        seller_fee=fee_units(quote.units, taker_ppm),
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


def prevented_entry(market: Market, event: TradePrevented, time_ms: int) -> PreventedEntry:
    """The trade that was not made, as the owner of both its orders sees it."""
    return PreventedEntry(
        time_ms=time_ms,
        market=market.id,
        maker_id=event.maker_id,
        taker_id=event.taker_id,
        taker_side=event.taker_side,
        price=event.price,
        quantity=event.quantity,
        mode=event.mode,
    )
