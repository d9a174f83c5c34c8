"""What can an operator see of an order, and how does he cancel all of a user?"""

import argparse

from chalicelib.errors import NotFound
from chalicelib.flows.reading.orders import OrderState, state_of
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.keeta.moment import iso
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, add_market, add_user, command, group, keeta_account, market_of
from infra.ops.finding import owner_of_order
from infra.ops.money import amount
from infra.ops.sending import cancel_all_of, open_counts


def add_commands(commands: Commands) -> None:
    orders = group(commands, "orders", "look at an order")
    text = "what is stored of an order, and what the book says"
    examples = (
        "orders show qwertyuiopasdfghjklzxcvbnm",
        "orders show qwertyuiopasdfghjklzxcvbnm --user keeta_aab...",
    )
    show = command(orders, "show", run_show, text, *examples)
    show.add_argument("id")
    add_user(show)
    cancel = command(
        commands,
        "cancel-all",
        run_cancel_all,
        "cancel every open order of a user, in one market or in all",
        'cancel-all keeta_aab... --reason "account taken over"',
        'cancel-all keeta_aab... KTA/USDT --reason "asked by phone" --yes',
    )
    cancel.add_argument("user", type=keeta_account, help="its Keeta address")
    add_market(cancel, optional=True)
    add_action(cancel, moves_money=True)


def run_show(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound."""
    user = options.user.address if options.user else owner_of_order(house, options.id)
    record = house.orders.get(UserId(user), OrderId(options.id))
    if record is None:
        raise NotFound("no such order")
    state = state_of(house.views[record.market], house.orders, record.user, record.id)
    assert state is not None, "an order is never deleted"
    market = house.every_market[record.market]
    return answer.show(
        options, Answer(state.record._asdict() | _now(state), answer.facts(told_of(state, market)))
    )


def run_cancel_all(house: Exchange, options: argparse.Namespace) -> int:
    """0 when no order is left, 1 when there are some."""
    user = UserId(options.user.address)
    named = [MarketId(options.market)] if options.market else list(house.markets)
    markets = [market_of(house, name) for name in named]
    counts = {market.id: open_counts(house.views[market.id]).get(user, 0) for market in markets}
    told = ", ".join(f"{count} in {market}" for market, count in counts.items())
    would = f"cancel the open orders of {user}: {told}"
    return perform(house, options, user, would, lambda: _canceled(house, user, markets))


def _canceled(house: Exchange, user: UserId, markets: list[Market]) -> Answer:
    """Also what is on its way to a book: the command queues behind it."""
    left = {market.id: cancel_all_of(house, market, [user]) for market in markets}
    lines = [f"{market}: {count} orders left{_why(house, market, count)}" for market, count in left.items()]
    return Answer({"user": user, "left": left}, lines, answer.NOT_WELL if any(left.values()) else answer.DONE)


def _why(house: Exchange, market: MarketId, left: int) -> str:
    with house.views[market].current() as replica:
        halted = replica.book.mode == "halted"
    if not left:
        return ""
    return "; it is halted, and cancels nothing" if halted else "; do it again"


def told_of(state: OrderState, market: Market) -> dict[str, object]:
    """As a person reads it."""
    record = state.record
    fee_token, quote = market.received(record.side).symbol, market.quote.symbol
    held, quantity = record.reserve(market), market.format_quantity(record.quantity)
    return {
        "order": record.id,
        "client order id": record.client_order_id,
        "user": record.user,
        "market": record.market,
        "what": f"{record.side} {quantity} at {market.format_price(record.price)}",
        "type": f"{record.type} {record.tif} {record.stop}".rstrip(),
        "status": f"{state.status} {record.reason}".rstrip(),
        "filled": f"{market.format_quantity(state.filled)} for {amount(quote, record.quote)} {quote}",
        "fee": f"{amount(fee_token, record.fee)} {fee_token}",
        "held": f"{amount(held.asset, held.units)} {held.asset}",
        "replace": f"{record.last_replace} {state.refused or ('waits' if record.replacing else '')}".strip(),
        "accepted": iso(record.created_ms),
        "written": iso(record.updated_ms),
        "request": record.request_id,
    }


def _now(state: OrderState) -> dict[str, object]:
    return {"status": state.status, "filled": state.filled, "refused": state.refused}
