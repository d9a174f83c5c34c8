"""Does a replace hold what it may need before anything changes, and learn for certain what came of it?"""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.engine.admission import Rules
from chalicelib.engine.book import Book
from chalicelib.engine.events import OrderReduced, OrderReplaced, OrderRested
from chalicelib.engine.order import LimitOrder, Side, TimeInForce
from chalicelib.errors import (
    CexError,
    InsufficientFunds,
    NotFound,
    OrderNotOpen,
    OutcomeUnknown,
    RateLimited,
)
from chalicelib.flows import schema
from chalicelib.flows.book.view import RECENT_MS
from chalicelib.flows.intake.place_order import OrderRequest, new_record
from chalicelib.flows.intake.replace_order import extra_count
from chalicelib.flows.plan import Plan
from chalicelib.ids import CommandId, OrderId, UserId
from chalicelib.market import Rates

from .faults import ALWAYS
from .world import KTA, World

ANN = UserId("ann")
PRICE, LOTS = 10_000, 200
UNIT = KTA.step_units


@pytest.fixture
def order_id(world: World) -> OrderId:
    """Ann buys 200 lots, and waits."""
    world.fund("ann", "ben")
    found = world.place("ann", "buy", LOTS, PRICE)
    world.settle()
    return found


def is_promise_of_a_replace(plan: Plan) -> bool:
    return any(write.key.sk.startswith(schema.AMENDMENT_PREFIX) for write in plan)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(CexError) as refusal:
        act()
    return refusal.value.code


def test_the_extra_hold_the_amendment_and_the_mark_are_written_in_one_transaction(
    world: World, order_id: OrderId
) -> None:
    before = len(world.store.plans)
    state = world.replace("ann", order_id, quantity=300)
    (plan,) = world.store.plans[before:]
    command = state.record.replacing
    assert [write.key.sk for write in plan] == ["W", f"A#{command}", f"O#{order_id}"]
    assert (state.record.extra, state.record.last_replace) == (100 * PRICE * UNIT, command)
    assert world.held("ann") == {"USDT": 300 * PRICE * UNIT}
    assert world.audit().differences == []
    world.settle()


@pytest.mark.parametrize(
    ("price", "quantity", "extra", "held"),
    [
        (None, 300, 100 * PRICE, 300 * PRICE),
        (11_000, None, LOTS * 1_000, LOTS * 11_000),
        (9_000, None, 0, LOTS * 9_000),
        (None, 150, 0, 150 * PRICE),
        (9_000, 300, 9_000 * 100, 300 * 9_000),
        (15_000, 100, 0, 100 * 15_000),
    ],
)
def test_what_may_lack_is_held_and_what_is_not_needed_goes_back(
    world: World, order_id: OrderId, price: int | None, quantity: int | None, extra: int, held: int
) -> None:
    world.replace("ann", order_id, price, quantity)
    assert world.record(order_id).extra == extra * UNIT
    assert world.held("ann") == {"USDT": (LOTS * PRICE + extra) * UNIT}
    world.settle()
    assert world.held("ann") == {"USDT": held * UNIT}


@given(data=st.data())
def test_whatever_is_filled_meanwhile_the_hold_suffices(data: st.DataObject) -> None:
    """Filled `seen` lots when the extra hold is reckoned, `filled` when the book replaces."""
    side: Side = data.draw(st.sampled_from(["buy", "sell"]))
    prices, lots = st.integers(1, 60), st.integers(1, 60)
    old_price, price, old, new = (data.draw(each) for each in (prices, prices, lots, lots))
    assume((old_price, old) != (price, new))
    most = min(old, new) - 1
    seen = data.draw(st.integers(0, most))
    filled = data.draw(st.integers(seen, most))
    request = OrderRequest(KTA, side, old_price, old, "gtc", "")
    record = new_record(ANN, request, old_price, Rates(0, 0), OrderId("a"), "", 0)._replace(filled=seen)
    extra = extra_count(record, price, new)
    book = Book()
    book.apply(OrderRested(1, record.id, ANN, side, old_price, old, old - filled, 0, 0))
    order = LimitOrder(record.id, ANN, side, price, new, new, "gtc")
    event = book.replace(order, extra, CommandId("r"), Rules(0, 500))
    assert isinstance(event, OrderReplaced | OrderReduced), event
    assert event.released >= 0


def test_there_is_one_replace_at_a_time(world: World, order_id: OrderId) -> None:
    world.replace("ann", order_id, quantity=300)
    assert code_of(lambda: world.replace("ann", order_id, quantity=301)) == "replace_outstanding"
    assert world.held("ann") == {"USDT": 300 * PRICE * UNIT}
    world.settle()
    world.replace("ann", order_id, quantity=301)
    world.settle()
    assert world.record(order_id).quantity == 301


def test_the_same_replace_again_joins_the_one_that_is_outstanding_and_sends_it_again(
    world: World, order_id: OrderId
) -> None:
    world.queue.lose()
    first = world.replace("ann", order_id, quantity=300)
    assert world.queue.waiting(KTA.id) == 0
    again = world.replace("ann", order_id, quantity=300)
    assert again.record.replacing == first.record.replacing
    assert world.held("ann") == {"USDT": 300 * PRICE * UNIT}
    world.settle()
    assert world.record(order_id).quantity == 300


def test_what_is_already_so_is_left_as_it_is(world: World, order_id: OrderId) -> None:
    before, sent = len(world.store.plans), len(world.queue.sent)
    state = world.replace("ann", order_id, PRICE, LOTS)
    assert (state.status, len(world.store.plans), len(world.queue.sent)) == ("resting", before, sent)


# --- what happens at the same moment --------------------------------------------------------------


def test_of_two_replaces_at_the_same_moment_one_is_refused(world: World, order_id: OrderId) -> None:
    world.store.faults.before(
        lambda: world.replace("ann", order_id, quantity=250), when=is_promise_of_a_replace
    )
    assert code_of(lambda: world.replace("ann", order_id, quantity=300)) == "replace_outstanding"
    world.settle()
    assert world.record(order_id).quantity == 250


def test_a_replace_is_reckoned_anew_when_the_order_changes_under_it(world: World, order_id: OrderId) -> None:
    def shrink() -> None:
        world.reduce("ann", order_id, 100)
        world.settle()

    world.store.faults.before(shrink, when=is_promise_of_a_replace)
    state = world.replace("ann", order_id, quantity=300)
    assert state.record.extra == 200 * PRICE * UNIT
    world.settle()
    assert world.held("ann") == {"USDT": 300 * PRICE * UNIT}


def test_an_order_that_ends_under_its_replace_is_told(world: World, order_id: OrderId) -> None:
    def end() -> None:
        world.cancel("ann", order_id)
        world.settle()

    world.store.faults.before(end, when=is_promise_of_a_replace)
    with pytest.raises(OrderNotOpen):
        world.replace("ann", order_id, quantity=300)
    assert world.held("ann") == {}


def test_an_order_that_never_stops_changing_is_given_up(world: World, order_id: OrderId) -> None:
    def shrink() -> None:
        world.reduce("ann", order_id, world.record(order_id).quantity - 1)
        world.settle()

    world.store.faults.before(shrink, when=is_promise_of_a_replace, times=ALWAYS)
    with pytest.raises(RateLimited):
        world.replace("ann", order_id, quantity=300)
    assert world.record(order_id).replacing == ""


# --- what is refused at once ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "quantity", "code"),
    [
        (None, 150, "quantity_already_filled"),
        (None, 140, "quantity_already_filled"),
        (15_001, None, "outside_price_band"),
        (1, 200, "below_minimum"),
        (5_000, 160, "below_minimum"),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_held(
    world: World, order_id: OrderId, price: int | None, quantity: int | None, code: str
) -> None:
    world.place("ben", "sell", 150, PRICE)
    world.settle()
    world.timer.advance(RECENT_MS)
    held, sent = world.held("ann"), len(world.queue.sent)
    assert code_of(lambda: world.replace("ann", order_id, price, quantity)) == code
    assert (world.held("ann"), len(world.queue.sent)) == (held, sent)
    assert world.record(order_id).replacing == ""


def test_who_has_not_what_may_lack_is_refused(world: World) -> None:
    world.fund("cleo", USDT=LOTS * PRICE * UNIT)
    order_id = world.place("cleo", "buy", LOTS, PRICE)
    world.settle()
    for price, quantity, field in ((None, LOTS + 1, "quantity"), (PRICE + 1, None, "price")):
        with pytest.raises(InsufficientFunds) as refusal:
            world.replace("cleo", order_id, price, quantity)
        assert refusal.value.field == field
    world.replace("cleo", order_id, PRICE - 1)
    world.settle()


def test_only_its_owner_replaces_an_order(world: World, order_id: OrderId) -> None:
    with pytest.raises(NotFound):
        world.replace("ben", order_id, quantity=300)


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_an_order_that_never_waits_can_not_be_replaced(world: World, tif: TimeInForce) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", LOTS, PRICE, tif)
    with pytest.raises(OrderNotOpen):
        world.replace("ann", order_id, quantity=300)
    world.settle()


# --- what its giver is told -----------------------------------------------------------------------


def test_a_request_that_waits_is_answered_with_the_replaced_order(world: World, order_id: OrderId) -> None:
    world.timer.meanwhile = world.deliver
    state = world.replace("ann", order_id, 9_900, wait_ms=2_000)
    assert (state.status, state.record.price, state.record.replacing) == ("resting", 9_900, "")


def test_what_the_book_refuses_reaches_the_one_who_waits_and_who_asks_later(
    world: World, order_id: OrderId
) -> None:
    """It was filled on the way; the book alone can know."""
    world.place("ben", "sell", 150, PRICE)
    world.timer.meanwhile = world.deliver
    refusal = code_of(lambda: world.replace("ann", order_id, 9_900, 150, wait_ms=2_000))
    assert refusal == "quantity_already_filled"
    state = world.state(order_id)
    assert (state.refused, state.record.replacing, state.status) == (refusal, "", "partially_filled")
    assert world.held("ann") == {"USDT": 50 * PRICE * UNIT}


def test_a_replace_whose_message_was_lost_is_pending_and_then_refused_as_unseen(
    world: World, order_id: OrderId
) -> None:
    world.queue.lose()
    assert world.replace("ann", order_id, quantity=300).record.replacing
    world.timer.advance(7 * 60_000)
    world.sweep()
    world.settle()
    assert world.state(order_id).refused == "unseen"
    assert world.held("ann") == {"USDT": LOTS * PRICE * UNIT}


def test_when_the_answer_to_the_promise_is_lost_intake_looks_whether_it_was_made(
    world: World, order_id: OrderId
) -> None:
    world.store.faults.fail(when=is_promise_of_a_replace, landed=True)
    assert world.replace("ann", order_id, quantity=300).record.replacing
    world.settle()
    assert world.record(order_id).quantity == 300


def test_when_nobody_knows_whether_the_promise_was_made_it_says_so(world: World, order_id: OrderId) -> None:
    world.store.faults.fail(when=is_promise_of_a_replace)
    with pytest.raises(OutcomeUnknown) as unknown:
        world.replace("ann", order_id, quantity=300)
    assert unknown.value.id == order_id
    world.replace("ann", order_id, quantity=300)
    world.settle()
    assert world.record(order_id).quantity == 300


def test_a_wallet_that_stays_contended_is_refused(world: World, order_id: OrderId) -> None:
    world.store.faults.contend(schema.wallet("ann"), times=ALWAYS)
    with pytest.raises(RateLimited):
        world.replace("ann", order_id, quantity=300)
    world.store.faults.clear()
    assert world.record(order_id).replacing == ""
