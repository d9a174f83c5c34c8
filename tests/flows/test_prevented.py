"""What is stored of two orders of one user that met, and does every unit of their holds come back?"""

import pytest

from chalicelib.engine.order import SelfTrade
from chalicelib.flows.matcher import step as steps
from chalicelib.flows.records.entries import MONEY, FillEntry, PreventedEntry, newest
from chalicelib.ids import OrderId, UserId

from .crossing import PRICE
from .world import KTA, World, kinds

ANN = UserId("ann")
MODES: tuple[SelfTrade, ...] = ("cn", "co", "cb", "dc")


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def prevented(world: World, user: UserId = ANN) -> list[PreventedEntry]:
    page = newest(world.house.store, user, None, 50, PreventedEntry)
    return [entry for _, entry in page.entries if isinstance(entry, PreventedEntry)]


def meet(world: World, mode: SelfTrade, maker_lots: int, taker_lots: int) -> tuple[OrderId, OrderId]:
    maker = world.place("ann", "sell", maker_lots, 10_000)
    taker = world.place("ann", "buy", taker_lots, 10_100, self_trade=mode)
    world.settle()
    return maker, taker


def seen(world: World, order_id: OrderId) -> tuple[str, int]:
    return world.status(order_id), world.record(order_id).quantity


@pytest.mark.parametrize(
    ("mode", "lots", "maker", "taker"),
    [
        ("cn", (10, 30), ("resting", 10), ("canceled", 30)),
        ("co", (10, 30), ("canceled", 10), ("resting", 30)),
        ("cb", (10, 30), ("canceled", 10), ("canceled", 30)),
        ("dc", (10, 30), ("canceled", 10), ("resting", 20)),
        ("dc", (30, 10), ("resting", 20), ("canceled", 10)),
        ("dc", (10, 10), ("canceled", 10), ("canceled", 10)),
    ],
)
def test_the_takers_flag_decides_and_the_holds_follow(
    world: World,
    mode: SelfTrade,
    lots: tuple[int, int],
    maker: tuple[str, int],
    taker: tuple[str, int],
) -> None:
    resting, incoming = meet(world, mode, *lots)
    assert (seen(world, resting), seen(world, incoming)) == (maker, taker)
    base = KTA.base_units(maker[1]) if maker[0] == "resting" else 0
    quote = KTA.hold_units("buy", 10_100 * taker[1]) if taker[0] == "resting" else 0
    assert world.held("ann") == {asset: units for asset, units in (("KTA", base), ("USDT", quote)) if units}
    for order_id in (resting, incoming):
        record = world.record(order_id)
        assert record.reason == ("self_trade" if record.status == "canceled" else "")


@pytest.mark.parametrize("mode", MODES)
def test_its_owner_can_read_what_was_prevented_and_nobody_else(world: World, mode: SelfTrade) -> None:
    maker, taker = meet(world, mode, 10, 30)
    (entry,) = prevented(world)
    assert entry[1:] == (KTA.id, maker, taker, "buy", 10_000, 10, mode)
    assert prevented(world, UserId("ben")) == []


def test_what_was_prevented_changed_nothing_in_what_he_has(world: World) -> None:
    before = [world.balance("ann", asset).total for asset in ("KTA", "USDT")]
    meet(world, "cb", 10, 10)
    assert [world.balance("ann", asset).total for asset in ("KTA", "USDT")] == before
    money = newest(world.house.store, ANN, None, 50, MONEY).entries
    assert not any(isinstance(entry, FillEntry | PreventedEntry) for _, entry in money)


def test_between_trades_an_own_order_goes_and_the_sweep_goes_on(world: World) -> None:
    makers = [world.place(user, "sell", 10, 10_000 + n) for n, user in enumerate(("ben", "ann", "ben"))]
    taker = world.place("ann", "buy", 20, 10_100, self_trade="co")
    world.settle()
    assert [world.status(order_id) for order_id in makers] == ["filled", "canceled", "filled"]
    assert (world.status(taker), world.held("ann")) == ("filled", {})


@pytest.mark.parametrize("mode", ["co", "dc"])
def test_many_own_orders_in_the_way_are_cut_into_lawful_steps(
    world: World, monkeypatch: pytest.MonkeyPatch, mode: SelfTrade
) -> None:
    makers = [world.place("ann" if n % 2 else "ben", "sell", 10, PRICE + n) for n in range(30)]
    world.settle()
    small = 1 + steps.WRITES_PER_COMMAND + 2 * steps.WRITES_PER_FILL
    monkeypatch.setattr(steps, "WRITES_MAX", small)
    taker = world.place("ann", "buy", 305, PRICE + 30, self_trade=mode)
    world.settle()
    assert kinds(world.journal()).count("TradePrevented") == 15
    assert {world.status(order_id) for order_id in makers[::2]} == {"filled"}
    assert {world.status(order_id) for order_id in makers[1::2]} == {"canceled"}
    # Own orders take nothing from it with co, and their own size with dc.
    assert seen(world, taker) == ("partially_filled", 305 if mode == "co" else 155)


@pytest.mark.parametrize("mode", MODES)
def test_a_purchase_for_a_budget_meets_its_owners_orders_too(world: World, mode: SelfTrade) -> None:
    maker = world.place("ann", "sell", 10, 10_000)
    world.place("ben", "sell", 10, 10_010)
    world.settle()
    funds = KTA.hold_units("buy", 10_000 * 10 + 10_010 * 10)
    taker = world.place("ann", "buy", 0, 0, "ioc", type="market", funds=funds, self_trade=mode)
    world.settle()
    filled = world.record(taker).filled
    assert filled == {"cn": 0, "cb": 0, "co": 10, "dc": 10}[mode]
    assert world.status(maker) == ("resting" if mode == "cn" else "canceled")
    assert world.held("ann") == ({"KTA": KTA.base_units(10)} if mode == "cn" else {})


def test_a_budget_that_shrinks_amid_a_cut_sweep_keeps_its_hold_right(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit at every end looks whether what is held is what the order may still spend."""
    for n in range(12):
        world.place("ann" if n % 3 == 1 else "ben", "sell", 10, PRICE + n)
    world.settle()
    monkeypatch.setattr(steps, "WRITES_MAX", 1 + steps.WRITES_PER_COMMAND + 2 * steps.WRITES_PER_FILL)
    funds = KTA.hold_units("buy", (PRICE + 20) * 10 * 12)
    audits: list[object] = []
    world.store.faults.before(lambda: audits.extend(world.audit().differences), times=50)
    taker = world.place("ann", "buy", 0, 0, "ioc", type="market", funds=funds, self_trade="dc")
    world.settle()
    assert audits == []
    assert (world.record(taker).filled, world.held("ann")) == (80, {})
    assert kinds(world.journal()).count("OrderContinues") >= 3
