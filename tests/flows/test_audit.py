"""Does the audit see what is wrong, wherever in the store it is wrong?"""

from collections.abc import Callable

import pytest

from chalicelib.flows import schema
from chalicelib.flows.plan import Delete, Put, Update
from chalicelib.flows.records import snapshot
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.checks import UNSEEN_MS_MAX
from chalicelib.ids import OrderId, UserId

from .world import KTA, World

ANN = UserId("ann")

# The names under which something is told to be wrong.
Checks = set[str]


@pytest.fixture
def day(broken_world: World) -> World:
    """A little of everything, resting, sleeping, filled and waiting."""
    world = broken_world
    world.fund("ann", "ben")
    world.place("ann", "buy", 1_000, 9_000)
    world.place("ann", "sell", 1_000, 8_000, stop="loss", stop_price=8_500)
    world.place("ann", "sell", 2_000, 10_000)
    world.place("ben", "buy", 1_500, 10_000)
    world.cancel_all_after("ben", 3_600_000)
    world.settle()
    world.queue.lose()
    world.replace("ann", first_order(world).id, 9_100)
    assert world.audit().differences == []
    return world


def first_order(world: World) -> OrderRecord:
    return next(record for record in world.records() if record.user == "ann" and record.price == 9_000)


def checks(world: World) -> Checks:
    return {difference.check for difference in world.audit().differences}


def set_fields(**fields: str | int) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.store.commit((Update(schema.order(ANN, first_order(world).id), set=fields),))

    return change


def lose_amendment(world: World) -> None:
    record = first_order(world)
    assert record.replacing
    world.store.commit((Delete(schema.amendment(ANN, record.replacing)),))


def second_amendment(world: World) -> None:
    record = first_order(world)
    more = Amendment(record.replacing or "r", ANN, KTA.id, record.id, 9_200, 1_000, 0, 0)  # type: ignore[arg-type]
    key = schema.amendment(ANN, more.command + "x")  # type: ignore[arg-type]
    world.store.commit((Put(key, more.to_item()),))


def lose_entry(world: World) -> None:
    page = world.store.page(Key(schema.ACCOUNTS, ANN, schema.ENTRY_PREFIX), "L#~", 50)
    fill = next(item for item in page.items if item["kind"] == "fill")
    world.store.commit((Delete(Key(schema.ACCOUNTS, ANN, str(fill["sk"]))),))


def take_from_wallet(world: World) -> None:
    world.store.commit((Update(schema.wallet(ANN), add={"a_USDT": -1}),))


def hold_more(world: World) -> None:
    world.store.commit((Update(schema.wallet(ANN), add={"h_USDT": 1, "a_USDT": -1}),))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (set_fields(price=9_001), {"orders", "held", "hold", "book"}),
        (set_fields(quantity=999), {"orders", "held", "book"}),
        (set_fields(filled=1), {"orders", "held", "book"}),
        (set_fields(status="canceled"), {"orders", "held", "book"}),
        (set_fields(replacing=""), {"orders"}),
        (set_fields(extra=0), {"orders", "held"}),
        (set_fields(fee=1), {"orders"}),
        (lose_amendment, {"orders", "wallets"}),
        (second_amendment, {"orders"}),
        (lose_entry, {"entries"}),
        (take_from_wallet, {"sum", "wallets"}),
        (hold_more, {"held", "wallets"}),
    ],
)
def test_what_does_not_agree_is_told(day: World, change: Callable[[World], None], expected: Checks) -> None:
    change(day)
    assert expected <= checks(day)


def test_a_replace_that_waits_too_long_is_told(day: World) -> None:
    day.timer.advance(UNSEEN_MS_MAX + 1)
    assert checks(day) == {"unseen"}


def spoil_snapshot(world: World, change: Callable[[dict[str, object]], None]) -> None:
    """As a mistake in the folder could make it: everything adds up, and something else is not so."""
    world.fold()
    pointer = world.item(schema.snapshot_pointer(KTA.id))
    key = schema.snapshot_chunk(KTA.id, int(str(pointer["generation"])), 0)
    body = world.item(key)["body"]
    assert isinstance(body, bytes)
    kind, head = snapshot._unpack(body)
    change(head)
    world.store.commit((Put(key, {"body": snapshot._pack((kind, head))}),))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "post_only"),
        ("mode_reason", "x"),
        ("last_price", 1),
        ("reference", 1),
        ("next_trade_id", 9),
        ("begun", "c"),
    ],
)
def test_a_snapshot_that_differs_in_what_no_checksum_guards_is_told(
    day: World, name: str, value: object
) -> None:
    spoil_snapshot(day, lambda head: head.__setitem__(name, value))
    assert checks(day) == {"book"}
    (difference,) = day.audit().differences
    assert difference.subject == f"{KTA.id} {name}"


@pytest.mark.parametrize("kind", ["timers", "done"])
def test_rows_that_a_snapshot_lost_are_told(day: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    rows_of = snapshot.rows_of
    monkeypatch.setattr(snapshot, "rows_of", lambda taken: {**rows_of(taken), kind: []})
    day.fold()
    monkeypatch.undo()
    assert [each.subject for each in day.audit().differences] == [f"{KTA.id} {kind}"]


def test_an_order_that_the_book_holds_and_nobody_knows_is_told(day: World) -> None:
    order_id: OrderId = first_order(day).id
    day.store.commit((Delete(schema.order(ANN, order_id)),))
    lose = [item for item in day.store.scan(schema.ACCOUNTS) if str(item["sk"]).startswith("A#")]
    for item in lose:
        day.store.commit((Delete(Key(schema.ACCOUNTS, str(item["pk"]), str(item["sk"]))),))
    assert {"orders", "book"} <= checks(day)
