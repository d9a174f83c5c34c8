"""Is what a scheduled function did told, also when the store is away just then?"""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from chalicelib import handlers
from chalicelib.errors import StoreForbidden, StoreUnavailable
from chalicelib.flows.proof.reconcile import Round
from chalicelib.flows.runs.run import Payment
from chalicelib.flows.runs.settle import Report
from chalicelib.ids import UserId
from tests.flows.faults import ALWAYS
from tests.flows.world import Context, World

PAYMENT = Payment("w-1", UserId("ann"), "from", "to", "USDT", 500)
RUN = SimpleNamespace(number=7, payments=(PAYMENT,), landed={"w-1": "ab" * 32})
OVER = Round(1, "", 0, 12, 0, {"USDT": 3}, {}, {}, 0, 0, 1)


@pytest.fixture
def world() -> World:
    return World()


def treasury(**parts: Any) -> SimpleNamespace:
    """One whose visits end well."""
    visits = {name: SimpleNamespace(visit=mock.Mock(return_value=value)) for name, value in parts.items()}
    nettings = SimpleNamespace(is_due=lambda: False, done=lambda: None)
    told = {"nettings": nettings, "weight_drift": lambda: 0, "chain": SimpleNamespace(health=dict)}
    return SimpleNamespace(tokens={"USDT": None}, **told, **visits)


def run(world: World, function: str, **parts: Any) -> None:
    vars(world.house)["treasury"] = treasury(**parts)
    with mock.patch.object(handlers, "exchange", return_value=world.house):
        getattr(handlers, function)(Context())


def away(world: World, error: type[StoreUnavailable] = StoreUnavailable) -> None:
    """The store can not be read."""
    world.store.read_faults.fail(lambda: error("no answer"), times=ALWAYS)


@pytest.mark.parametrize("function", ["pay_out", "settle"])
def test_what_was_paid_is_told_though_the_store_is_away(world: World, function: str) -> None:
    away(world)
    run(world, function, settler=Report(1, 1, 0, (RUN,)))  # type: ignore[arg-type]
    assert world.figures.sums["WithdrawalsPaid", "USDT"] == 1
    (paid,) = (fields for name, fields in world.notebook.notes if name == "withdrawal_paid")
    assert (paid["withdrawal"], paid["block"]) == ("w-1", "ab" * 32)
    assert "settlement_failed" in {name for name, _ in world.notebook.notes}
    assert world.notebook.alarms == []


def test_what_a_round_found_is_told_though_the_store_is_away(world: World) -> None:
    away(world)
    run(world, "reconcile", reconciler=OVER)
    assert world.figures.sums["CustodySurplus", "USDT"] == 3
    assert world.notebook.alarms == []


@pytest.mark.parametrize("function", ["sweep_all", "fold_all", "reconcile"])
def test_what_passes_is_noted_and_what_we_may_not_do_wakes_somebody(world: World, function: str) -> None:
    """A right that is missing after a deploy is missing at the next visit, too."""
    away(world)
    run(world, function, reconciler=OVER)
    assert world.notebook.alarms == []
    world.store.read_faults.waiting.clear()
    away(world, StoreForbidden)
    run(world, function, reconciler=OVER)
    assert world.notebook.alarms


def test_a_visit_is_measured_also_when_it_breaks_off(world: World) -> None:
    with (
        mock.patch.object(handlers, "_in_every_market", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        run(world, "sweep_all")
    assert ("VisitMs", "sweeper") in world.figures.sums
