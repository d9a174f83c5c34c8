"""Do the limits of a day hold, for one user and for all?"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import listing
from chalicelib.errors import PayoutRefused, RateLimited
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.plan import Put
from chalicelib.flows.withdrawals.day import asked_of_all, counted_of_all, own_part, share
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.request import PayoutRequest
from chalicelib.ids import UserId
from chalicelib.listing import USDT
from chalicelib.money import Amount
from chalicelib.terms import PayoutTerms
from tests.treasury.test_requests import ADA, DAY_MS, HOME, TERMS, TO, UNIT, Desk, account, desk

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
    assert sum(asked_of_all(desk.store, "USDT", day)) == 0
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
    for part in range(table.DAY_PARTS):
        taken = share(70 * UNIT, part)
        desk.store.commit((Put(table.asked_of_all(day, "USDT", part), {"units": taken}),))
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(31 * UNIT, terms=terms)
    assert refused.value.code == "exchange_daily_limit"
    desk.ask(30 * UNIT, terms=terms)


ASKED = st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=30)


@given(ASKED)
@settings(max_examples=60, deadline=None)
def test_however_it_is_spread_all_of_a_day_is_never_more_than_its_limit_and_no_room_is_lost(asked) -> None:
    """What is taken back is there for others, wherever it was counted."""
    desk, most = Desk(), 151
    terms = PayoutTerms(USDT, "0.000001", "0.0001", "0.000151", approval_above="1", reach="1")
    assert terms.all_day_units == most
    waiting: list[Withdrawal] = []
    for number, (units, takes_back) in enumerate(asked):
        taken = sum(each.units for each in waiting)
        made = attempt(desk, user_of(desk, number), PayoutRequest(terms, units, TO, ""))
        assert (made is not None) == (taken + units <= most)
        waiting += [made] if made else []
        if takes_back and waiting:
            gone = waiting.pop(units % len(waiting))
            desk.payouts.cancel(gone.user, gone.id)
        counted = asked_of_all(desk.store, "USDT", desk.timer.now_ms() // DAY_MS)
        assert sum(counted) == sum(each.units for each in waiting)


def attempt(desk: Desk, user: UserId, request: PayoutRequest) -> Withdrawal | None:
    """None: the exchange's limit of the day does not allow it."""
    try:
        return desk.payouts.request(user, request)
    except PayoutRefused as refused:
        if refused.code != "exchange_daily_limit":
            raise
        return None


def user_of(desk: Desk, number: int) -> UserId:
    """Somebody with coins and an address."""
    user = UserId(account(f"user{number}").address)
    desk.store.commit(credit(user, Amount("USDT", UNIT), f"start{number}", 1))
    desk.store.commit((Put(schema.deposit_address(user), {"address": HOME}),))
    return user


def test_many_at_the_same_moment_seldom_write_the_same_item_of_the_day(desk: Desk) -> None:
    made = [desk.ask(UNIT) for _ in range(40)]
    keys = Counter(
        write.key for each in made for write in counted_of_all(each, TERMS, own_part(each, TERMS) or {})
    )
    assert len(keys) == table.DAY_PARTS
    assert max(keys.values()) < 40 // 2


def test_one_user_asks_for_so_many_a_day_and_is_told_when_he_may_again(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr(listing, "WITHDRAWALS_PER_DAY", 3)
    first, _, _ = (desk.ask(UNIT) for _ in range(3))
    with pytest.raises(RateLimited) as refused:
        desk.ask(UNIT)
    assert refused.value.code == "too_many_withdrawals"
    assert refused.value.retry_s is not None
    desk.payouts.cancel(ADA, first.id)
    desk.ask(UNIT)
    desk.timer.advance(refused.value.retry_s * 1000)
    desk.ask(UNIT)
    assert desk.balance.held == 4 * UNIT
