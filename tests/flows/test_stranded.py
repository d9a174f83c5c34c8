"""What if an order can not be ended at all? Nobody else waits for it, and a person learns of it."""

from unittest import mock

import pytest

from chalicelib.errors import BookCorrupt
from chalicelib.flows import schema
from chalicelib.flows.records.commands import ExpireReplace, ExpireUnseen
from chalicelib.flows.upkeep.stranded import PAGE, Stranded, stranded
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES, RESEND_MS
from chalicelib.ids import OrderId, UserId

from .test_restore import later, restore
from .world import KTA, USDX, World

MINUTE_MS = 60_000
CONTRADICTION = BookCorrupt("it contradicts the book")


@pytest.fixture
def market(broken_world: World) -> World:
    broken_world.fund("ann", "ben")
    broken_world.sweep()
    return broken_world


def settled_until(world: World) -> int:
    return int(str(world.item(schema.sweep_cursor(KTA.id))["minute"]))


def expires(world: World) -> int:
    return sum(isinstance(command, ExpireUnseen | ExpireReplace) for _, command in world.queue.sent)


def give_up(world: World, what: str) -> None:
    """The sweeper asks for its end, and the matcher can not do it; a person resumes the market."""
    world.timer.advance((GRACE_MINUTES + 2) * MINUTE_MS)
    with mock.patch(f"chalicelib.flows.matcher.{what}", side_effect=CONTRADICTION):
        assert world.sweep().expired == 1
        world.settle()
    assert world.notebook.alarmed[-1] == "poison_command"
    assert world.book().book.mode == "halted"
    world.open_market()


def lost_order(world: World) -> OrderId:
    world.queue.lose()
    return world.place("ann", "buy", 100, 9_000)


def test_an_order_that_can_not_be_ended_is_noted_and_keeps_nobody_waiting(market: World) -> None:
    order_id = lost_order(market)
    give_up(market, "take.reject_unseen")
    report = market.sweep()
    assert (report.expired, report.stranded) == (0, 1)
    (noted,) = stranded(market.store, market.house.orders, KTA.id)
    assert (noted.order_id, noted.user, noted.replace) == (order_id, "ann", "")
    assert noted.noticed_ms == market.timer.now_ms()
    assert settled_until(market) == market.timer.now_ms() // MINUTE_MS - GRACE_MINUTES
    sent = expires(market)
    market.timer.advance(3 * RESEND_MS)
    later_report = market.sweep()
    assert (later_report.expired, later_report.stranded) == (0, 0)
    assert expires(market) == sent, "to ask again would halt the market again"
    assert market.book().book.mode == "open"


def test_however_many_there_are_all_are_told_and_those_that_have_ended_are_not(market: World) -> None:
    orders = [market.place("ann", "buy", 1, 9_000 + n, market=USDX) for n in range(PAGE + 5)]
    for order_id in orders:
        market.store.commit((Stranded(UserId("ann"), order_id, "", 1).put(USDX.id),))
    assert len(stranded(market.store, market.house.orders, USDX.id)) == PAGE + 5
    market.cancel("ann", orders[0])
    market.settle(USDX)
    assert len(stranded(market.store, market.house.orders, USDX.id)) == PAGE + 4
    market.sweep(USDX)
    assert market.store.get(schema.stranded(USDX.id, orders[0])) is None


def test_so_is_a_replace(market: World) -> None:
    order_id = market.place("ann", "buy", 1_000, 9_000)
    market.settle()
    market.queue.lose()
    market.replace("ann", order_id, 9_100)
    give_up(market, "take.expire_replace")
    assert market.sweep().stranded == 1
    (noted,) = stranded(market.store, market.house.orders, KTA.id)
    assert (noted.order_id, noted.replace) == (order_id, market.record(order_id).replacing)
    sent = expires(market)
    market.timer.advance(RESEND_MS)
    assert market.sweep().expired == 0
    assert expires(market) == sent


def test_once_it_has_ended_the_note_is_gone(market: World) -> None:
    order_id = lost_order(market)
    give_up(market, "take.reject_unseen")
    market.sweep()
    later(market)
    market.sweep()
    assert len(stranded(market.store, market.house.orders, KTA.id)) == 1
    restore(market)
    assert market.record(order_id).status == "expired"
    market.sweep()
    assert stranded(market.store, market.house.orders, KTA.id) == []
    assert market.audit().differences == []


def test_an_order_whose_end_was_only_lost_is_asked_for_again(market: World) -> None:
    lost_order(market)
    market.timer.advance((GRACE_MINUTES + 2) * MINUTE_MS)
    market.sweep()
    market.queue.letters[KTA.id].clear()
    market.timer.advance(RESEND_MS)
    report = market.sweep()
    assert (report.expired, report.stranded) == (1, 0)
