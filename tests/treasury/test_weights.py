"""Is it seen when the network weighs its representatives otherwise than we do?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.flows.proof.weights import compare, drift
from chalicelib.keeta.account import Account
from tests.treasury.test_requests import account
from tests.treasury.world import House, Notebook

A, B, C, D, E = (account(name) for name in "abcde")
EVEN = {A: 1, B: 1, C: 1, D: 1}


class Told:
    def __init__(self, weights: dict[Account, int], observed: dict[Account, int]) -> None:
        self.weights = weights
        self._observed = observed

    def observed_weights(self) -> dict[Account, int]:
        return self._observed


@pytest.mark.parametrize(
    ("observed", "per_mille"),
    [
        ({A: 7, B: 7, C: 7, D: 7}, 0),
        ({A: 100, B: 100, C: 100, D: 100, E: 0}, 0),
        ({A: 1, B: 1, C: 1}, 250),
        ({A: 1, B: 1, C: 1, D: 1, E: 1}, 200),
        ({E: 5}, 1000),
        ({}, 1000),
        ({A: 0}, 1000),
        ({A: 10**30 + 1, B: 10**30, C: 10**30, D: 10**30}, 1),
    ],
)
def test_shares_are_compared_and_not_units(observed: dict[Account, int], per_mille: int) -> None:
    assert drift(EVEN, observed) == per_mille


@given(*(st.fixed_dictionaries({each: st.integers(0, 10**20) for each in EVEN}) for _ in range(2)))
def test_a_set_that_we_believe_has_lost_no_more_than_the_drift(
    configured: dict[Account, int], observed: dict[Account, int]
) -> None:
    """That is what the figure is for: two thirds less the drift are left of a quorum."""
    if not sum(configured.values()) or not sum(observed.values()):
        return
    lost = drift(configured, observed)
    for some in ([A], [A, B], [A, B, C], [B, D]):
        believed = sum(configured[each] for each in some) * sum(observed.values())
        there = sum(observed[each] for each in some) * sum(configured.values())
        assert 1000 * (believed - there) <= lost * sum(configured.values()) * sum(observed.values())


def test_a_small_difference_is_noted_and_a_large_one_an_alarm() -> None:
    notebook = Notebook()
    assert compare(Told(EVEN, {A: 100, B: 95, C: 100, D: 100}), notebook) > 0
    assert notebook.alarmed == []
    assert compare(Told(EVEN, {A: 100, B: 50, C: 100, D: 100}), notebook) > 50
    assert notebook.alarmed == ["weights_differ"]


def test_the_local_network_weighs_as_it_is_configured(house: House) -> None:
    assert compare(house.treasury.chain, house.notebook) == 0
