"""Does an order still cost what it may cost? A change that makes one dearer fails here."""

import pytest

from bench.costs import USERS, Row, fill_book, measure
from bench.world import world
from infra.local import parts


def rows(depth: int) -> dict[str, Row]:
    with world() as house:
        house.fund(USERS)
        fill_book(house, depth)
        return {row[0]: row for row in measure(house)}


@pytest.fixture(scope="module")
def shallow() -> dict[str, Row]:
    if not parts.has_dynoxide():
        pytest.skip("no dynoxide for this machine")
    return rows(10)


def units(row: Row) -> float:
    """Write units of one order, from intake to the end of its step."""
    _, intake, matcher, samples = row
    return (intake.write_units + matcher.write_units) / samples


def test_an_order_that_rests_stays_within_its_budget(shallow: dict[str, Row]) -> None:
    assert units(shallow["order that rests, alone"]) <= 8
    assert units(shallow["order that rests, ten a batch"]) <= 7


def test_ten_orders_that_rest_are_one_call_of_the_matcher(shallow: dict[str, Row]) -> None:
    _, _, matcher, samples = shallow["order that rests, ten a batch"]
    assert (matcher.calls, matcher.items) == (samples // 10, samples // 10)


def test_a_fill_costs_at_most_fourteen_units_more(shallow: dict[str, Row]) -> None:
    for how in ("alone", "ten a batch"):
        rests = units(shallow[f"order that rests, {how}"])
        assert units(shallow[f"order that fills one maker, {how}"]) - rests <= 14
    assert (
        units(shallow["order that fills ten makers"]) - units(shallow["order that rests, alone"]) <= 10 * 14
    )


def test_nothing_depends_on_how_many_orders_rest(shallow: dict[str, Row]) -> None:
    for name, (_, intake, matcher, samples) in rows(300).items():
        _, shallow_intake, shallow_matcher, _ = shallow[name]
        assert intake.items == shallow_intake.items, name
        assert (matcher.calls, matcher.items) == (shallow_matcher.calls, shallow_matcher.items), name
        # A journal entry packs a few bytes better or worse: at most one unit a step.
        assert abs(matcher.write_units - shallow_matcher.write_units) <= samples, name
