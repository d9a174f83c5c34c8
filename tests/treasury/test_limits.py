"""Do the limits of a day hold, for one user and for all?"""

import pytest

from chalicelib.errors import (
    PayoutRefused,
    RateLimited,
)
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Put
from chalicelib.listing import USDT
from chalicelib.terms import PayoutTerms
from tests.treasury.test_requests import ADA, DAY_MS, UNIT, Desk, desk

__all__ = ["desk"]


def test_limits_of_a_day_count_what_was_asked_and_begin_again_with_the_next(desk: Desk) -> None:
    small = PayoutTerms(USDT, "0.1", user_day="100", all_day="150", approval_above="1000", reach="100")
    desk.ask(60 * UNIT, terms=small)
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(41 * UNIT, terms=small)
    assert refused.value.code == "daily_limit"
    desk.ask(40 * UNIT, terms=small)
    desk.timer.advance(DAY_MS)
    desk.ask(100 * UNIT, terms=small)


@pytest.mark.parametrize(("units", "code"), [(101, "daily_limit"), (151, "daily_limit")])
def test_the_first_request_of_a_day_is_limited_like_any_other(desk: Desk, units: int, code: str) -> None:
    small = PayoutTerms(USDT, "0.1", "100", "150", approval_above="1000", reach="100")
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(units * UNIT, terms=small)
    assert refused.value.code == code
    assert desk.balance.held == 0


def test_what_is_taken_back_is_not_counted(desk: Desk) -> None:
    small = PayoutTerms(USDT, "0.1", "100", "150", approval_above="1000", reach="100")
    for _ in range(5):
        desk.payouts.cancel(ADA, desk.ask(100 * UNIT, terms=small).id)
    day = desk.timer.now_ms() // DAY_MS
    assert desk.store.get(table.asked_of_all(day, "USDT"))["units"] == 0
    desk.ask(100 * UNIT, terms=small)


def test_many_small_ones_are_one_large_one_to_those_who_approve(desk: Desk) -> None:
    terms = PayoutTerms(USDT, "0.1", "1000", "1000", approval_above="100", reach="100")
    first = desk.ask(60 * UNIT, terms=terms)
    assert (first.needs, desk.ask(40 * UNIT, terms=terms).needs) == (0, 0)
    third = desk.ask(1 * UNIT, terms=terms)
    assert (third.needs, third.id in desk.queued()) == (2, False)
    desk.payouts.cancel(ADA, first.id)
    assert desk.ask(60 * UNIT, terms=terms).needs == 0


def test_two_at_once_that_need_no_approval_each_need_one_together(desk: Desk) -> None:
    terms = PayoutTerms(USDT, "0.1", "1000", "1000", approval_above="100", reach="100")
    commit = desk.store.commit

    def meanwhile(plan):
        desk.store.commit = commit
        desk.ask(60 * UNIT, terms=terms)
        commit(plan)

    desk.store.commit = meanwhile
    with pytest.raises(RateLimited):
        desk.ask(60 * UNIT, terms=terms)
    assert desk.ask(60 * UNIT, terms=terms).needs == 2


def test_what_all_ask_for_on_a_day_is_limited_too(desk: Desk) -> None:
    terms = PayoutTerms(USDT, "0.1", user_day="100", all_day="100", approval_above="1000", reach="100")
    day = desk.timer.now_ms() // DAY_MS
    desk.store.commit((Put(table.asked_of_all(day, "USDT"), {"units": 70 * UNIT}),))
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(31 * UNIT, terms=terms)
    assert refused.value.code == "exchange_daily_limit"
    desk.ask(30 * UNIT, terms=terms)
