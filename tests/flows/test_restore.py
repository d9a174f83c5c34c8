"""Whatever a restored backup has torn: does it agree with itself again, and with its journals?"""

import random
from collections import Counter
from contextlib import suppress

import pytest

from chalicelib.errors import BookCorrupt, CexError, ConditionFailed
from chalicelib.flows import schema
from chalicelib.flows.matcher import step
from chalicelib.flows.plan import Delete, Update, Write
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.restore.repair import Repair
from chalicelib.flows.upkeep.restore.restore import Restorer
from chalicelib.ids import OrderId, UserId, place_command

from .days import MARKETS, PRICE, USERS, Day, seeded_day
from .faults import Crash, nth
from .memory import MemoryStore
from .torn import items, losing, torn, writes_to
from .world import KTA, World

ANN = UserId("ann")
WINDOWS = (1, 3, 10, 40, 200)
SEEN: Counter[str] = Counter()
# What nobody can know any more, and nothing depends on.
LATER = ("updated_ms", "last_replace")


def restorer(world: World) -> Restorer:
    house = world.house
    return Restorer(house.store, house.journal, house.store, world.timer, house.markets)


def reopened(world: World, store: MemoryStore) -> World:
    """The same exchange over what was restored, a few minutes later; its queues were lost."""
    other = World()
    other.timer.at_ms = world.timer.now_ms() + 10 * 60_000
    other.ids.count = world.ids.count
    other.store = store
    other.restart()
    return other


def restore(world: World) -> list[Repair]:
    """What was mended; nothing is left."""
    repairs = restorer(world).look()
    assert all(repair.can_be_made for repair in repairs)
    restorer(world).make(repairs)
    assert restorer(world).look() == []
    world.restart()
    return repairs


def assert_whole(world: World) -> None:
    assert world.audit().differences == []
    assert world.store.illegal == []


def come_to_rest(world: World) -> None:
    """What stood behind a sweep that was cut, the sweeper ends."""
    for _ in range(5):
        world.settle(*MARKETS)
        world.timer.advance(10 * 60_000)
        if sum(world.sweep(market).expired for market in MARKETS) == 0:
            return
    raise AssertionError("it does not come to rest")


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "WRITES_MAX", 1 + step.WRITES_PER_COMMAND + 2 * step.WRITES_PER_FILL)


def busy_day(seed: int) -> World:
    """With amended orders, stops and purchases for so much money; not at rest: messages wait, orders are
    pending, a sweep may be cut."""
    day, rng = Day(Counter()), random.Random(seed)
    for action in seeded_day(seed, 250):
        day.do(action)
        if rng.random() < 0.3:
            with suppress(CexError, Crash):
                something_else(day.world, rng, day.accepted)
    day.world.store.faults.clear()
    return day.world


def something_else(world: World, rng: random.Random, accepted: list[OrderId]) -> None:
    user, market = rng.choice(USERS), rng.choice(MARKETS)
    order = world.record(rng.choice(accepted)) if accepted else None
    what = rng.choice(["replace", "replace", "reduce", "funds", "stop", "volumes"])
    if what == "replace" and order:
        world.replace(order.user, order.id, PRICE + rng.randint(-2, 2), rng.randint(1, 9) * 100)
    elif what == "reduce" and order:
        world.reduce(order.user, order.id, 100)
    elif what == "funds":
        funds = rng.randint(1, 4) * 10**6
        world.place(user, "buy", 0, 0, "ioc", market=market, type="market", funds=funds)
    elif what == "stop":
        world.place(user, "sell", 200, PRICE - 3, market=market, stop="loss", stop_price=PRICE - 1)
    else:
        world.house.volumes.run(market.id, world.timer.now_ms() + 1_000)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_tear_the_store_is_whole_again_and_the_exchange_goes_on(
    small_steps: None, seed: int
) -> None:
    day = busy_day(seed)
    for tear, window in enumerate(WINDOWS):
        world = reopened(day, torn(day.store.plans, window, seed * 100 + tear))
        kept = {market.id: world.journal(market) for market in MARKETS}
        SEEN.update(repair.difference.check for repair in restore(world))
        world.fund("dan", "eve")
        for market in MARKETS:
            assert world.journal(market)[: len(kept[market.id])] == kept[market.id]
            world.open_market(market)
            world.place("dan", "buy", 100, 10_000, market=market)
            world.place("eve", "sell", 300, 10_000, market=market)
        come_to_rest(world)
        assert_whole(world)
        assert world.notebook.alarms == []


def test_every_kind_of_repair_was_needed() -> None:
    kinds = {"orders", "amendments", "ends", "wallets", "entries", "snapshots", "volumes", "cursors"}
    assert kinds <= set(SEEN), "run together with the test above"


# --- what exactly -------------------------------------------------------------------------------


def is_derived(write: Write) -> bool:
    """What records and journals say again: the rest is the truth that they are."""
    sk = write.key.sk
    if sk.startswith(schema.ORDER_PREFIX):
        return isinstance(write, Update)
    credit = "#credit#" in sk
    return sk == schema.WALLET_SK or (sk.startswith(schema.ENTRY_PREFIX) and not credit)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wallets_orders_and_entries_come_out_as_they_were(small_steps: None, seed: int) -> None:
    """Of everything that is not itself the truth a third is lost, from some moment on."""
    day = Day(Counter())
    for action in seeded_day(seed, 200):
        day.do(action)
    day.settle()
    rng = random.Random(seed)
    writes = [each for each in writes_to(day.world.store.plans, is_derived) if rng.random() < 0.3]
    world = reopened(day.world, losing(day.world.store.plans, reversed(writes)))
    assert items(world.store, *LATER) != items(day.world.store, *LATER)
    restore(world)
    assert items(world.store, *LATER) == items(day.world.store, *LATER)


def test_a_mending_that_dies_between_any_two_writes_is_gone_on_with(small_steps: None) -> None:
    day = busy_day(11)
    whole = reopened(day, torn(day.store.plans, 150, 7))
    writes = len(restore(whole))
    assert writes > 20
    for number in range(1, writes + 1, 5):
        world = reopened(day, torn(day.store.plans, 150, 7))
        world.store.faults.crash(when=nth(number))
        with pytest.raises(Crash):
            restorer(world).make(restorer(world).look())
        restore(world)
        assert items(world.store) == items(whole.store)


def test_a_look_writes_nothing(small_steps: None) -> None:
    day = busy_day(12)
    world = reopened(day, torn(day.store.plans, 40, 3))
    before = items(world.store)
    assert restorer(world).look() != []
    assert items(world.store) == before


def test_a_store_that_is_whole_is_left_alone(small_steps: None) -> None:
    assert [r for r in restorer(busy_day(13)).look() if r.difference.check not in ("ends", "volumes")] == []


# --- one tear each ------------------------------------------------------------------------------


@pytest.fixture
def day(broken_world: World) -> World:
    """Ann bids and has sold a part; one order of hers was lost on its way."""
    world = broken_world
    world.fund("ann", "ben")
    world.sweep()
    world.place("ann", "buy", 1_000, 9_000, client_id="bid")
    world.place("ann", "sell", 2_000, 10_000, client_id="ask")
    world.settle()
    world.place("ben", "buy", 500, 10_000)
    world.settle()
    return world


def own(world: World, client_id: str) -> OrderRecord:
    return next(each for each in world.records() if each.client_order_id == client_id)


def later(world: World) -> None:
    world.timer.advance(60 * 60_000)
    world.restart()


def test_an_order_whose_hold_is_missing_is_rejected_and_nothing_is_held(day: World) -> None:
    before = day.balance("ann", "USDT")
    day.queue.lose()
    lost = day.place("ann", "buy", 100, 9_500)
    held = day.balance("ann", "USDT").held - before.held
    day.store.commit((Update(schema.wallet(ANN), add={"a_USDT": held, "h_USDT": -held}),))
    later(day)
    restore(day)
    assert (day.record(lost).status, day.record(lost).reason) == ("expired", "unseen")
    assert day.balance("ann", "USDT") == before
    assert_whole(day)


def test_a_hold_without_its_order_goes_back(day: World) -> None:
    before = day.balance("ann", "USDT")
    day.queue.lose()
    lost = day.place("ann", "buy", 100, 9_500)
    day.store.commit((Delete(schema.order(ANN, lost)),))
    later(day)
    restore(day)
    assert day.balance("ann", "USDT") == before
    assert_whole(day)


def test_an_order_that_only_the_journal_knows_is_written_again_and_can_be_canceled(day: World) -> None:
    ask, bid = own(day, "ask"), own(day, "bid")
    for order in (ask, bid):
        day.store.commit((Delete(schema.order(ANN, order.id)),))
    later(day)
    restore(day)
    again = day.record(ask.id)
    kept = ("side", "price", "quantity", "hold", "filled", "quote", "fee", "status", "maker_ppm", "user")
    assert [getattr(again, name) for name in kept] == [getattr(ask, name) for name in kept]
    assert again.client_order_id == ""
    assert_whole(day)
    day.cancel("ann", ask.id)
    day.cancel("ann", bid.id)
    day.settle()
    assert {day.status(ask.id), day.status(bid.id)} == {"canceled"}
    assert day.held("ann") == {}


def test_a_journal_without_its_end_takes_back_what_it_no_longer_says(day: World) -> None:
    ask, before = own(day, "ask"), len(day.journal())
    later(day)
    day.place("ben", "buy", 300, 10_000)
    day.settle()
    assert day.record(ask.id).filled == 800
    day.store.commit((Delete(schema.journal_entry(KTA.id, before + 1)),))
    later(day)
    restore(day)
    assert (day.record(ask.id).filled, day.state(ask.id).status) == (500, "partially_filled")
    assert_whole(day)


def test_a_journal_with_a_hole_is_a_persons(day: World) -> None:
    day.store.commit((Delete(schema.journal_entry(KTA.id, 1)),))
    with pytest.raises(BookCorrupt):
        restorer(day).look()


def test_what_changes_between_look_and_write_is_not_overwritten(day: World) -> None:
    day.store.commit((Update(schema.wallet(ANN), add={"a_USDT": 5}),))
    repairs = restorer(day).look()
    day.store.commit((Update(schema.wallet(ANN), add={"a_USDT": 1}),))
    with pytest.raises(ConditionFailed):
        restorer(day).make(repairs)
    assert day.balance("ann", "USDT").available % 10 == 6


def test_a_hold_that_no_hand_gave_back_is_given_back(day: World) -> None:
    """An order that could not be ended: its place is done, and no book holds it."""
    day.queue.lose()
    stranded = day.place("ann", "buy", 100, 9_500)
    day.matcher()._steps.take(lambda step: step.fail(place_command(stranded), "failed"))
    later(day)
    restore(day)
    assert day.record(stranded).status == "expired"
    assert_whole(day)
