"""Which orders and amendments are gone, though the journal knows what became of them?

What was held for an order is what it paid, gave back and still reserves; so is what was held for its
replaces. Price and quantity stand in the journal, or follow from the hold. What stands nowhere else is
lost: the client's own id, the time of the request, the time in force of an order that never slept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.engine.events import (
    Event,
    OrderArmed,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    ReplaceRefused,
)
from chalicelib.engine.order import OPPOSITE, LimitOrder
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import FillEntry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.rebuild import Rebuilt, RebuiltOrder
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.ids import CommandId, OrderId
from chalicelib.ledger.fees import fee_units
from chalicelib.market import Market, Rates

Fields = dict[str, Any]


def lost_orders(stored: Stored, rebuilt: Rebuilt, market: Market, whole: Replica) -> Iterator[OrderRecord]:
    """Records that the journal of this market proves to have been there."""
    known = {order.id for order in stored.orders}
    told: dict[OrderId, Fields] = {}
    done = {command for entry in stored.journals[market.id] for command in entry.done}
    for entry in stored.journals[market.id]:
        for event in entry.events:
            for order_id, fields in _told(event):
                if order_id not in known:
                    # What is said first is how the order came in.
                    told[order_id] = {**fields, "created_ms": entry.time_ms, **told.get(order_id, {})}
    for order_id, fields in told.items():
        found = rebuilt.orders.get(order_id)
        if found is not None and found.touched_ms:
            extras = sum(
                each.extra for each in stored.amendments if each.order_id == order_id and each.command in done
            )
            hold = found.gone + reserved(whole, market, order_id) - extras
            yield _record(order_id, fields, found, hold, market, _rates(rebuilt, order_id, market))


def reserved(whole: Replica, market: Market, order_id: OrderId) -> int:
    """Units that the book still holds for an order."""
    book = whole.book
    acting = book.unfinished
    if acting is not None and acting.order_id == order_id:
        return market.hold_units(acting.side, acting.hold_count)
    for stop in book.stops():
        if stop.order_id == order_id:
            return market.hold_units(stop.side, stop.order.hold_count)
    resting = book.orders.get(order_id)
    return market.hold_units(resting.side, resting.hold_count) if resting else 0


def _record(
    order_id: OrderId, fields: Fields, found: RebuiltOrder, hold: int, market: Market, rates: Rates
) -> OrderRecord:
    side, count = fields["side"], hold // market.hold_units(fields["side"], 1)
    price, budget = {"price": fields.get("met", 1), **fields}["price"], 0
    quantity = (
        count if side == "sell" else fields.get("quantity") or found.filled + fields.get("remaining", 0)
    )
    if side == "buy":
        # Nothing but a purchase for so much money holds what is no price times a quantity.
        exact = not fields.get("spends") and quantity and count % quantity == 0
        price, quantity, budget = (count // quantity, quantity, 0) if exact else (price, 0, count)
    return OrderRecord(
        id=order_id,
        user=fields["user"],
        market=market.id,
        type="market" if budget else "limit",
        side=side,
        price=price,
        quantity=quantity,
        budget=budget,
        tif=fields.get("tif", "gtt" if fields.get("expires_ms") else "gtc"),
        expires_ms=fields.get("expires_ms", 0),
        self_trade=fields.get("self_trade", "cn"),
        stop=fields.get("stop", ""),
        stop_price=fields.get("stop_price", 0),
        maker_ppm=fields.get("maker_ppm", rates.maker_ppm),
        taker_ppm=fields.get("taker_ppm", rates.taker_ppm),
        hold=hold,
        status="pending",
        filled=0,
        quote=0,
        fee=0,
        reason="",
        created_ms=fields["created_ms"],
        updated_ms=fields["created_ms"],
        accept_until_ms=fields["created_ms"],
        client_order_id="",
        request_id="",
        digest="",
        replacing="",
        extra=0,
    )


def _told(event: Event) -> Iterator[tuple[OrderId, Fields]]:
    """What an event says of orders that existed before it."""
    match event:
        case OrderRested():
            names = ("user", "side", "price", "quantity", "expires_ms", "maker_ppm")
            yield event.order_id, {name: getattr(event, name) for name in names}
        case OrderArmed():
            yield (
                event.order.order_id,
                {**_terms(event.order), "stop": event.stop, "stop_price": event.stop_price},
            )
        case OrderContinues():
            # Of a purchase for so much money the quantity is what it has bought so far.
            spends = {"spends": True, "quantity": 0} if event.order.budget else {}
            yield event.order.order_id, {**_terms(event.order), **spends}
        case OrderFilled():
            price = {"met": event.price}
            yield event.maker_id, {"user": event.maker, "side": OPPOSITE[event.taker_side], **price}
            yield event.taker_id, {"user": event.taker, "side": event.taker_side, **price}
        case OrderCanceled() | OrderRejected():
            yield event.order_id, {"user": event.user, "side": event.side, "remaining": event.remaining}
        case OrderReduced() | OrderReplaced() | ReplaceRefused():
            yield event.order_id, {"user": event.user, "side": event.side}
        case _:
            return


def _terms(order: LimitOrder) -> Fields:
    names = ("user", "side", "price", "quantity", "tif", "self_trade", "expires_ms", "maker_ppm", "taker_ppm")
    return {name: getattr(order, name) for name in names}


def _rates(rebuilt: Rebuilt, order_id: OrderId, market: Market) -> Rates:
    """Those of the market by which all its fees were reckoned; the highest, if it was never filled."""
    fills = [e for _, e in rebuilt.entries if isinstance(e, FillEntry) and e.order_id == order_id]
    known = [rates for _, rates in market.tier_rates]
    return next((rates for rates in known if all(_explains(rates, fill) for fill in fills)), known[0])


def _explains(rates: Rates, fill: FillEntry) -> bool:
    rate = rates.maker_ppm if fill.role == "maker" else rates.taker_ppm
    return fee_units(fill.base if fill.side == "buy" else fill.quote, rate) == fill.fee


# --- replaces -----------------------------------------------------------------------------------


@dataclass
class _Done:
    command: CommandId
    event: OrderReplaced | OrderReduced | ReplaceRefused
    time_ms: int


def lost_amendments(stored: Stored, rebuilt: Rebuilt, market: Market, whole: Replica) -> Iterator[Amendment]:
    """Of orders that gave back or paid more than was ever held for them."""
    known = {each.command for each in stored.amendments}
    missing: dict[OrderId, list[_Done]] = {}
    for entry in stored.journals[market.id]:
        for done in _replaces(entry):
            if done.command not in known:
                missing.setdefault(done.event.order_id, []).append(done)
    for order_id, replaces in missing.items():
        order = rebuilt.orders[order_id]
        # Which of several had how much of it, nobody knows any more, and no balance depends on it.
        left = order.gone + reserved(whole, market, order_id) - order.promised
        for done in replaces:
            yield _amendment(done, market, left)
            left = 0


def _replaces(entry: JournalEntry) -> Iterator[_Done]:
    """Events that end a replace, each with its command."""
    failed = {command for command, _ in entry.failed}
    ended = iter([each for each in entry.done if each[:2] in ("r-", "d-") and each not in failed])
    for event in entry.events:
        if isinstance(event, ReplaceRefused):
            yield _Done(event.command, event, entry.time_ms)
        elif isinstance(event, OrderReplaced) or (
            isinstance(event, OrderReduced) and event.reason == "requested"
        ):
            command = next(ended, None)
            if command is not None and command.startswith("r-"):
                yield _Done(command, event, entry.time_ms)


def _amendment(done: _Done, market: Market, extra: int) -> Amendment:
    event = done.event
    price = event.price if isinstance(event, OrderReplaced) else 0
    quantity = 0 if isinstance(event, ReplaceRefused) else event.quantity
    return Amendment(
        done.command, event.user, market.id, event.order_id, price, quantity, extra, done.time_ms
    )
