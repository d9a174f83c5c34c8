"""Is an order promised whole or not at all, and can a request be repeated?"""

import pytest

from chalicelib.errors import (
    DuplicateId,
    InsufficientFunds,
    OutcomeUnknown,
    RateLimited,
    StoreUnavailable,
)
from chalicelib.flows import schema
from chalicelib.flows.book.replica import REMEMBER_MS
from chalicelib.flows.intake.place_order import ACCEPT_MS, OrderRequest
from chalicelib.flows.reading.orders import OrderState
from chalicelib.ids import OrderId, UserId, order_id_from_client, place_command

from .clock import START_MS
from .faults import ALWAYS, is_promise
from .world import KTA, USDX, World

QUANTITY, PRICE = 500, 10_000  # 5 KTA at 1 USDT
NOTIONAL = QUANTITY * PRICE


def test_a_buy_holds_its_notional_and_is_recorded_in_one_transaction(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL + 7)
    before = len(world.store.plans)
    order_id = world.place("ann", "buy", QUANTITY, PRICE)
    (plan,) = world.store.plans[before:]
    assert {write.key.sk for write in plan} == {"W", f"O#{order_id}"}
    assert world.balance("ann", "USDT")[1:] == (7, NOTIONAL)
    assert world.record(order_id).status == "pending"


def test_a_sell_holds_its_base(world: World) -> None:
    world.fund("ann", KTA=6 * 10**18)
    world.place("ann", "sell", QUANTITY, PRICE)
    assert world.balance("ann", "KTA")[1:] == (10**18, 5 * 10**18)


def test_too_little_money_is_refused_at_once_and_changes_nothing(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL - 1)
    with pytest.raises(InsufficientFunds):
        world.place("ann", "buy", QUANTITY, PRICE)
    assert world.balance("ann", "USDT")[1:] == (NOTIONAL - 1, 0)
    assert world.records() == []
    assert world.queue.sent == []


def test_a_user_without_a_wallet_is_refused(world: World) -> None:
    with pytest.raises(InsufficientFunds):
        world.place("ann", "buy", QUANTITY, PRICE)


def test_two_orders_can_not_hold_the_same_money(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.place("ann", "buy", QUANTITY, PRICE)
    with pytest.raises(InsufficientFunds):
        world.place("ann", "buy", 1, PRICE)


def test_the_same_request_with_a_client_id_is_the_same_order_and_is_sent_once(world: World) -> None:
    world.fund("ann")
    first = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    again = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    assert first == again
    assert world.queue.waiting(KTA.id) == len(world.records()) == 1
    assert world.held("ann") == {"USDT": NOTIONAL}


def test_the_same_request_after_its_order_was_filled_answers_with_the_filled_order(world: World) -> None:
    world.fund("ann", "ben")
    world.place("ben", "sell", QUANTITY, PRICE)
    first = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.settle()
    again = world.placed("ann", "buy", QUANTITY, PRICE, client_id="one")
    assert (again.record.id, again.status) == (first, "filled")


REQUEST = OrderRequest(KTA, "buy", PRICE, QUANTITY, "gtc", "one")
MARKET_BUY = REQUEST._replace(type="market", price=0, tif="ioc", quantity=0, funds=NOTIONAL)
STOP = REQUEST._replace(stop="entry", stop_price=PRICE)
GTT = REQUEST._replace(tif="gtt", expires_ms=START_MS + 60_000)


@pytest.mark.parametrize(
    "other",
    [
        REQUEST._replace(quantity=QUANTITY + 1),
        REQUEST._replace(price=PRICE + 1),
        REQUEST._replace(tif="ioc"),
        REQUEST._replace(market=USDX),
        REQUEST._replace(side="sell"),
        REQUEST._replace(self_trade="dc"),
        REQUEST._replace(type="market", price=0, tif="ioc"),
        MARKET_BUY,
        STOP,
        GTT,
    ],
)
def test_a_client_id_with_other_content_is_refused(world: World, other: OrderRequest) -> None:
    world.fund("ann")
    ask(world, REQUEST)
    with pytest.raises(DuplicateId):
        ask(world, other)
    assert len(world.records()) == 1


@pytest.mark.parametrize(
    ("request_", "other"),
    [
        (MARKET_BUY, MARKET_BUY._replace(funds=NOTIONAL + 1)),
        (STOP, STOP._replace(stop_price=PRICE + 1)),
        (STOP, STOP._replace(stop="loss")),
        (GTT, GTT._replace(expires_ms=GTT.expires_ms + 1)),
    ],
)
def test_every_part_of_a_request_is_its_content(
    world: World, request_: OrderRequest, other: OrderRequest
) -> None:
    world.fund("ann", "ben")
    world.place("ben", "sell", QUANTITY, PRICE)
    world.settle()
    first = ask(world, request_)
    assert ask(world, request_).record.id == first.record.id
    with pytest.raises(DuplicateId):
        ask(world, other)
    world.settle()


def ask(world: World, request: OrderRequest) -> OrderState:
    return world.house.intake.place(UserId("ann"), request, world.house.views[request.market.id], 0)


def test_a_duplicate_outranks_insufficient_funds(world: World) -> None:
    """The first order took all the money; repeating it is no new wish."""
    world.fund("ann", USDT=NOTIONAL)
    first = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    assert world.place("ann", "buy", QUANTITY, PRICE, client_id="one") == first
    with pytest.raises(DuplicateId):
        world.place("ann", "buy", QUANTITY, PRICE + 1, client_id="one")


def test_the_same_client_id_of_two_users_names_two_orders(world: World) -> None:
    world.fund("ann", "ben")
    ann = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    ben = world.place("ben", "buy", QUANTITY, PRICE, client_id="one")
    assert ann != ben


def test_requests_without_a_client_id_are_orders_of_their_own(world: World) -> None:
    world.fund("ann")
    assert world.place("ann", "buy", QUANTITY, PRICE) != world.place("ann", "buy", QUANTITY, PRICE)


def test_when_the_answer_to_the_promise_is_lost_intake_looks_whether_it_was_made(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.fail(when=is_promise, landed=True)
    order_id = world.place("ann", "buy", QUANTITY, PRICE)
    assert world.held("ann") == {"USDT": NOTIONAL}
    world.settle()
    assert world.status(order_id) == "resting"


def test_when_nobody_knows_whether_the_promise_was_made_the_id_of_the_order_is_told(world: World) -> None:
    """The write is still under way somewhere when intake looks for it."""
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.fail(when=is_promise)
    with pytest.raises(OutcomeUnknown) as caught:
        world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    assert caught.value.id == order_id_from_client(UserId("ann"), "one")
    assert world.held("ann") == {}


def test_when_the_store_is_gone_altogether_the_id_of_the_order_is_told_too(world: World) -> None:
    """The promise was made; neither its answer nor the order itself can be had."""
    world.fund("ann", USDT=NOTIONAL)

    def go(_: object) -> None:
        world.store.read_faults.fail(times=ALWAYS)
        raise StoreUnavailable("gone")

    world.store.faults.add(go, is_promise, landed=True)
    with pytest.raises(OutcomeUnknown) as caught:
        world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.store.read_faults.clear()
    assert world.record(OrderId(caught.value.id)).status == "pending"
    world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.settle()


def test_when_the_promise_never_arrived_the_same_request_makes_it(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.fail(when=is_promise)
    with pytest.raises(OutcomeUnknown):
        world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    order_id = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.settle()
    assert world.status(order_id) == "resting"


def test_the_same_request_sends_the_message_that_was_lost(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.queue.lose()
    order_id = world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.settle()
    assert world.status(order_id) == "resting"


def test_nobody_waits_for_a_message_that_was_not_taken(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.queue.lose()
    before_ms = world.timer.now_ms()
    state = world.placed("ann", "buy", QUANTITY, PRICE, wait_ms=2_000)
    assert state.status == "pending"
    assert world.timer.now_ms() - before_ms < 100
    world.timer.advance(ACCEPT_MS["gtc"])


def test_the_same_request_too_late_sends_nothing(world: World) -> None:
    """The matcher would reject it; the sweeper ends it."""
    world.fund("ann", USDT=NOTIONAL)
    world.queue.lose()
    world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.timer.advance(ACCEPT_MS["gtc"])
    world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    assert world.queue.waiting(KTA.id) == 0


def test_an_order_that_is_promised_is_answered_even_if_the_market_can_not_be_read(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.before(lambda: world.store.read_faults.fail(times=ALWAYS), when=is_promise)
    state = world.placed("ann", "buy", QUANTITY, PRICE, wait_ms=100)
    world.store.read_faults.clear()
    assert state.status == "pending"
    world.settle()


def test_the_same_request_much_later_is_answered_at_once_with_the_resting_order(world: World) -> None:
    """The book has forgotten the command by then; that the order rests tells enough."""
    world.fund("ann", USDT=2 * NOTIONAL)
    world.place("ann", "buy", QUANTITY, PRICE, client_id="one")
    world.settle()
    world.timer.advance(REMEMBER_MS + 1)
    later = world.place("ann", "buy", 1, PRICE)
    world.settle()
    assert world.book().done.keys() == {place_command(later)}
    world.timer.paused.clear()
    again = world.placed("ann", "buy", QUANTITY, PRICE, client_id="one", wait_ms=2_000)
    assert again.status == "resting"
    assert world.timer.paused == []


def test_a_contended_wallet_is_tried_again(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.contend(schema.wallet("ann"), times=3)
    world.place("ann", "buy", QUANTITY, PRICE)
    assert world.held("ann") == {"USDT": NOTIONAL}


def test_a_wallet_that_stays_contended_is_refused_after_a_few_tries(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.store.faults.contend(schema.wallet("ann"), times=100)
    with pytest.raises(RateLimited):
        world.place("ann", "buy", QUANTITY, PRICE)
    assert world.store.faults.struck == 4
    assert world.held("ann") == {}


def test_a_request_waits_for_its_order_to_be_matched(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    world.timer.meanwhile = world.deliver
    state = world.placed("ann", "buy", QUANTITY, PRICE, wait_ms=2_000)
    assert state.status == "resting"
    assert sum(world.timer.paused) < 50


def test_a_request_that_waited_too_short_answers_pending_in_time(world: World) -> None:
    world.fund("ann", USDT=NOTIONAL)
    state = world.placed("ann", "buy", QUANTITY, PRICE, wait_ms=2_000)
    assert state.status == "pending"
    assert sum(world.timer.paused) == 2_000
    world.settle()
