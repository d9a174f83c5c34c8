"""How does an order end, what does its record say, and what does its owner see meanwhile?"""

import pytest

from chalicelib.errors import StoreUnavailable
from chalicelib.flows import schema
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.ports import OrderKey
from chalicelib.flows.reading.orders import states_of
from chalicelib.flows.schema import Key
from chalicelib.ids import OrderId, UserId

from .faults import ALWAYS, nth
from .world import KTA, USDX, World

FULL = 10**24
NOTIONAL = 100 * 10_000


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def ended(world: World, order_id: OrderId) -> tuple[object, ...]:
    record = world.record(order_id)
    return (record.status, record.filled, record.reason)


def test_a_trade_moves_money_at_the_makers_price_less_the_fees(world: World) -> None:
    maker = world.place("ben", "sell", 100, 10_000)
    taker = world.place("ann", "buy", 100, 10_500)
    world.settle()
    base, quote = 10**18, NOTIONAL
    taker_fee, maker_fee = base * 2 // 1000, quote // 1000
    assert world.balance("ann", "KTA")[1:] == (FULL + base - taker_fee, 0)
    assert world.balance("ann", "USDT")[1:] == (10**12 - quote, 0)
    assert world.balance("ben", "KTA")[1:] == (FULL - base, 0)
    assert world.balance("ben", "USDT")[1:] == (10**12 + quote - maker_fee, 0)
    assert [(each.quote, each.fee) for each in (world.record(taker), world.record(maker))] == [
        (quote, taker_fee),
        (quote, maker_fee),
    ]
    assert world.book().fees == {"KTA": taker_fee, "USDT": maker_fee}


def test_a_fee_is_rounded_against_the_trader_by_less_than_a_unit(world: World) -> None:
    world.place("ben", "sell", 1, 9_999)
    world.place("ann", "buy", 1, 9_999)
    world.settle()
    assert world.book().fees["USDT"] == 10  # 9.999 units


def test_an_order_that_waits_is_resting_though_its_record_is_never_written(world: World) -> None:
    order_id = world.place("ann", "buy", 100, 10_000)
    assert world.status(order_id) == "pending"
    written = world.record(order_id)
    world.settle()
    assert world.status(order_id) == "resting"
    assert world.record(order_id) == written


def test_an_order_that_waits_after_a_fill_is_partially_filled(world: World) -> None:
    maker = world.place("ben", "sell", 100, 10_000)
    taker = world.place("ann", "buy", 40, 10_000)
    world.settle()
    assert (world.status(maker), world.state(maker).filled) == ("partially_filled", 40)
    assert world.status(taker) == "filled"


def test_a_taker_that_rests_with_what_is_left_is_partially_filled(world: World) -> None:
    world.place("ben", "sell", 40, 10_000)
    taker = world.place("ann", "buy", 100, 10_000)
    world.settle()
    assert (world.status(taker), world.state(taker).filled) == ("partially_filled", 40)
    assert world.held("ann") == {"USDT": 60 * 10_000}


def test_what_an_ioc_order_does_not_get_at_once_is_canceled(world: World) -> None:
    world.place("ben", "sell", 40, 10_000)
    taker = world.place("ann", "buy", 100, 10_000, "ioc")
    world.settle()
    assert ended(world, taker) == ("canceled", 40, "ioc_remainder")
    assert world.held("ann") == {}


def test_an_ioc_order_that_meets_nobody_is_canceled_whole(world: World) -> None:
    taker = world.place("ann", "buy", 100, 10_000, "ioc")
    world.settle()
    assert ended(world, taker) == ("canceled", 0, "ioc_remainder")
    assert world.held("ann") == {}


def test_an_ioc_order_that_gets_all_is_filled(world: World) -> None:
    world.place("ben", "sell", 100, 10_000)
    taker = world.place("ann", "buy", 100, 10_000, "ioc")
    world.settle()
    assert ended(world, taker) == ("filled", 100, "")


def test_a_postonly_order_that_would_trade_is_rejected(world: World) -> None:
    maker = world.place("ben", "sell", 100, 10_000)
    order_id = world.place("ann", "buy", 100, 10_000, "postonly")
    world.settle()
    assert ended(world, order_id) == ("rejected", 0, "post_only_would_cross")
    assert world.held("ann") == {}
    assert world.status(maker) == "resting"


def test_a_postonly_order_that_would_not_trade_rests(world: World) -> None:
    world.place("ben", "sell", 100, 10_000)
    order_id = world.place("ann", "buy", 100, 9_999, "postonly")
    world.settle()
    assert world.status(order_id) == "resting"


def test_a_taker_that_meets_its_own_order_is_canceled_and_the_maker_stays(world: World) -> None:
    maker = world.place("ann", "sell", 100, 10_000)
    taker = world.place("ann", "buy", 100, 10_000)
    world.settle()
    assert ended(world, taker) == ("canceled", 0, "self_trade")
    assert world.status(maker) == "resting"
    assert world.held("ann") == {"KTA": 10**18}


def test_a_taker_trades_with_others_before_it_meets_itself(world: World) -> None:
    world.place("ben", "sell", 30, 10_000)
    world.place("ann", "sell", 100, 10_001)
    world.place("ben", "sell", 30, 10_002)
    taker = world.place("ann", "buy", 100, 10_002)
    world.settle()
    assert ended(world, taker) == ("canceled", 30, "self_trade")


def test_a_buyer_who_held_for_a_worse_price_gets_the_difference_back(world: World) -> None:
    world.place("ben", "sell", 50, 10_000)
    taker = world.place("ann", "buy", 100, 12_000)
    assert world.held("ann") == {"USDT": 100 * 12_000}
    world.settle()
    assert world.held("ann") == {"USDT": 50 * 12_000}
    world.cancel("ann", taker)
    world.settle()
    assert world.balance("ann", "USDT")[1:] == (10**12 - 50 * 10_000, 0)


def test_placed_filled_and_canceled_in_one_batch_is_told_in_full(world: World) -> None:
    maker = world.place("ben", "sell", 100, 10_000)
    taker = world.place("ann", "buy", 40, 10_000)
    world.cancel("ben", maker)
    world.settle()
    assert len(world.journal()) == 1
    assert ended(world, maker) == ("canceled", 40, "requested")
    assert ended(world, taker) == ("filled", 40, "")
    assert world.held("ben") == {}


def test_filled_and_canceled_in_one_batch_after_resting_before_is_filled(world: World) -> None:
    maker = world.place("ben", "sell", 100, 10_000)
    world.settle()
    world.place("ann", "buy", 100, 10_000)
    world.cancel("ben", maker)
    world.settle()
    assert ended(world, maker) == ("filled", 100, "")
    assert world.notebook.alarms == []


def test_many_orders_of_several_markets_are_told_as_each_of_them_would_be(world: World) -> None:
    orders = [
        world.place("ann", "buy", 500, 9_000),
        world.place("ann", "buy", 500, 10_000, market=USDX),
        world.place("ann", "sell", 500, 11_000),
    ]
    world.place("ben", "buy", 200, 11_000)
    world.settle(KTA, USDX)
    unseen = world.place("ann", "sell", 500, 12_000)
    keys = world.house.orders.of_user(UserId("ann"), None, 10).keys
    states = states_of(world.house.views, world.house.orders, keys)
    assert [state.record.id for state in states] == [unseen, *reversed(orders)]
    assert states == [world.state(state.record.id) for state in states]
    assert [state.status for state in states] == ["pending", "partially_filled", "resting", "resting"]
    world.settle()


def test_an_order_that_ends_between_the_two_reads_is_told_as_ended(world: World) -> None:
    """The book first, then the record: the other way round it would be pending for ever."""
    order_id = world.place("ann", "buy", 100, 10_000)
    world.settle()
    world.cancel("ann", order_id)
    second_read = nth(2, lambda key: key.table == schema.MARKETS or key == record_key(order_id))
    world.store.read_faults.before(world.settle, when=second_read)
    assert world.status(order_id) == "canceled"


@pytest.mark.parametrize("read", range(1, 6))
def test_among_many_orders_one_that_ends_amid_the_reads_is_never_told_as_pending(
    world: World, read: int
) -> None:
    order_id = world.place("ann", "buy", 100, 10_000)
    world.settle()
    world.cancel("ann", order_id)
    world.store.read_faults.before(world.settle, when=nth(read))
    keys = [OrderKey(UserId("ann"), order_id)]
    (found,) = states_of(world.house.views, world.house.orders, keys)
    assert found.status in ("resting", "canceled")
    world.store.read_faults.clear()
    world.settle()


def listed(world: World) -> list[tuple[OrderId, str]]:
    keys = world.house.orders.of_user(UserId("ann"), None, 10).keys
    states = states_of(world.house.views, world.house.orders, keys)
    return [(state.record.id, state.status) for state in states]


def test_an_order_whose_book_can_not_be_read_is_never_told_as_pending(world: World) -> None:
    """It would say that no book has seen it. An order that has ended needs no book."""
    done = world.place("ann", "buy", 100, 10_000, "ioc")
    world.settle()
    world.store.read_faults.fail(times=ALWAYS, when=lambda key: key.table == schema.MARKETS)
    assert listed(world) == [(done, "canceled")]
    world.store.read_faults.clear()
    world.place("ann", "buy", 100, 10_000)
    world.settle()
    world.store.read_faults.fail(times=ALWAYS, when=lambda key: key.table == schema.MARKETS)
    with pytest.raises(StoreUnavailable):
        listed(world)


def test_orders_of_a_delisted_market_are_told_as_they_were(world: World) -> None:
    orders = [world.place("ann", "buy", 500, 9_000), world.place("ann", "buy", 500, 10_000, market=USDX)]
    world.settle(KTA, USDX)
    world.restart()
    del world.house.markets[USDX.id]
    assert set(listed(world)) == {(order_id, "resting") for order_id in orders}
    world.restart()


def test_orders_of_a_market_that_nobody_knows_hide_no_others(world: World) -> None:
    order_id = world.place("ann", "buy", 500, 9_000)
    world.place("ann", "buy", 500, 10_000, market=USDX)
    world.settle(KTA, USDX)
    world.restart()
    del world.house.every_market[USDX.id]
    assert listed(world) == [(order_id, "resting")]
    world.restart()


def record_key(order_id: OrderId) -> Key:
    return schema.order(UserId("ann"), order_id)


def test_a_reader_sees_what_was_committed_a_moment_ago(world: World) -> None:
    reader = MarketView(KTA, world.new_process().journal, world.timer)
    for number in range(5):
        order_id = world.place("ann", "buy", 100, 9_000 + number)
        world.settle()
        with reader.current() as replica:
            assert order_id in replica.book.orders


def test_a_reader_whose_book_does_not_fit_the_journal_loads_it_anew(world: World) -> None:
    reader = world.house.views[KTA.id]
    world.place("ann", "buy", 100, 9_000)
    world.settle()
    with reader.current() as replica:
        replica.book.next_seq += 5
    order_id = world.place("ann", "buy", 100, 9_000)
    world.settle()
    with reader.current() as replica:
        assert order_id in replica.book.orders
