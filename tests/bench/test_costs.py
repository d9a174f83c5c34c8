"""Does everything still cost what it may cost? A change that makes something dearer fails here."""

from dataclasses import astuple
from typing import NamedTuple

import pytest

from bench.costs import CASES, Cost, measured
from bench.world import world
from infra.local import parts

SHALLOW, DEEP = 10, 3_000


class Budget(NamedTuple):
    """Of one, from intake to the end of the matcher's step: DynamoDB calls, items, units, bytes."""

    reads: float
    writes: float
    items: float
    write_units: float
    bytes_out: int


# As measured; bytes with some room, since ids pack a little better or worse each time.
BUDGETS = {
    "order that rests, alone": Budget(1, 2, 3, 7, 2_450),
    "order that rests, ten at once": Budget(1, 1.1, 2.1, 6.1, 2_000),
    "order that rests, 20 in one request": Budget(0.05, 0.1, 1.1, 4.15, 1_220),
    "stop order that sleeps, alone": Budget(1, 2, 3, 7, 2_580),
    "cancel, alone": Budget(3, 1, 3, 6, 2_560),
    "cancel, ten at once": Budget(3, 0.1, 2.1, 4.4, 2_040),
    "cancel-all of 20 orders, of each": Budget(0.1, 0.05, 1.1, 2.2, 750),
    "reduce, alone": Budget(3, 1, 3, 6, 2_560),
    "reduce, ten at once": Budget(3, 0.1, 2.1, 4.4, 2_040),
    "replace with a dearer one, alone": Budget(4, 2, 5, 11, 4_450),
    "replace with a dearer one, ten at once": Budget(4, 1.1, 4.1, 9.4, 3_920),
    "order that fills one maker, alone": Budget(1, 2, 9, 20, 6_110),
    "order that fills one maker, ten at once": Budget(1, 1.1, 8.1, 18.4, 5_530),
    "order that fills ten makers": Budget(1, 2, 45, 94, 27_600),
}


@pytest.fixture(scope="module")
def shallow() -> dict[str, Cost]:
    if not parts.has_dynoxide():
        pytest.skip("no dynoxide for this machine")
    return costs(SHALLOW)


def costs(depth: int) -> dict[str, Cost]:
    with world() as house:
        return {cost.name: cost for cost in measured(house, depth)}


def of_one(cost: Cost) -> Budget:
    both = zip(astuple(cost.intake), astuple(cost.matcher), strict=True)
    writes, reads, items, units, _, _, bytes_out, *_ = (sum(pair) / cost.samples for pair in both)
    return Budget(reads, writes, items, units, round(bytes_out))


def test_everything_that_is_measured_has_a_budget() -> None:
    assert [case.name for case in CASES] == list(BUDGETS)


@pytest.mark.parametrize("name", BUDGETS)
def test_it_stays_within_its_budget(shallow: dict[str, Cost], name: str) -> None:
    found, budget = of_one(shallow[name]), BUDGETS[name]
    dearer = {
        what: (cost, most)
        for what, cost, most in zip(Budget._fields, found, budget, strict=True)
        if cost > most + 1e-9
    }
    assert dearer == {}


@pytest.mark.parametrize("name", BUDGETS)
def test_the_budget_is_no_looser_than_it_must_be(shallow: dict[str, Cost], name: str) -> None:
    found, budget = of_one(shallow[name]), BUDGETS[name]
    assert found.write_units >= budget.write_units - 2  # the journal entry's next kilobyte
    assert found.bytes_out >= 0.9 * budget.bytes_out


def test_an_order_stays_within_what_the_design_allows() -> None:
    alone, ten = BUDGETS["order that rests, alone"], BUDGETS["order that rests, ten at once"]
    assert alone.write_units <= 8
    assert ten.write_units <= 7
    for how, rests in (("alone", alone), ("ten at once", ten)):
        assert BUDGETS[f"order that fills one maker, {how}"].write_units - rests.write_units <= 14
    assert BUDGETS["order that fills ten makers"].write_units - alone.write_units <= 10 * 14


def test_a_warm_matcher_reads_nothing_and_makes_one_call_a_step(shallow: dict[str, Cost]) -> None:
    for case in CASES:
        cost = shallow[case.name]
        messages = cost.intake.messages
        assert cost.matcher.reads == 0, case.name
        assert cost.matcher.writes == -(-messages // case.batch), case.name


def test_a_request_is_one_message_however_many_orders_it_has(shallow: dict[str, Cost]) -> None:
    assert shallow["order that rests, alone"].intake.messages == 20
    assert shallow["order that rests, 20 in one request"].intake.messages == 1
    assert shallow["cancel-all of 20 orders, of each"].intake.messages == 1


def test_nothing_depends_on_how_many_orders_rest(shallow: dict[str, Cost]) -> None:
    for name, deep in costs(DEEP).items():
        before, after = of_one(shallow[name]), of_one(deep)
        assert after[:3] == before[:3], name
        # A journal entry packs a few bytes better or worse: at most one kilobyte, twice, a step.
        steps = deep.matcher.writes / deep.samples
        assert abs(after.write_units - before.write_units) <= 2 * steps, name
