"""Does nobody wait for somebody else, who is frozen, stopped, or changes his mind?"""

from collections import Counter
from contextlib import suppress

import pytest

from chalicelib.adapters.keeta_node.transport import Transport
from chalicelib.errors import WriteContention
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import LEASE_MS, SETTLEMENT, stop
from chalicelib.flows.runs import legs, planning
from chalicelib.flows.withdrawals.controls import freeze
from chalicelib.keeta.account import Account
from tests.keeta_node.world import new_key
from tests.treasury.test_aside import two_legs
from tests.treasury.test_faults import Asked
from tests.treasury.test_proof import before_votes, frozen, rich_in_two
from tests.treasury.world import VISIT_MS, House, writes_without_a_pause


def test_who_is_frozen_after_he_was_planned_is_not_paid(house: House) -> None:
    asked, fine = Asked(house), Asked(house)
    settler = house.treasury.settler

    def ended(_lease, _run):
        raise KeyboardInterrupt

    settler._signing.sign = ended
    with suppress(KeyboardInterrupt):
        house.pay_out()
    house.restart()
    house.store.commit(freeze(asked.user, "drill", house.clock.now_ms()))
    house.clock.offset_ms += LEASE_MS + 1
    house.pay_out()
    assert (asked.state, asked.got) == ("requested", 0)
    fine.settled()


def test_a_planned_run_of_a_token_that_is_stopped_holds_up_no_other(house: House) -> None:
    asked, user = Asked(house), house.rich(KTA=10**18)
    settler = house.treasury.settler

    def ended(_lease, _run):
        raise KeyboardInterrupt

    settler._signing.sign = ended
    with suppress(KeyboardInterrupt):
        house.pay_out()
    house.restart()
    house.store.commit(stop("USDT", "drill", house.clock.now_ms()))
    house.clock.offset_ms += LEASE_MS + 1
    coins = house.ask(user, "KTA", 10**17, new_key().account)
    house.pay_out()
    assert (house.withdrawal(coins).state, asked.state) == ("landed", "requested")


def test_who_takes_his_back_at_the_last_moment_keeps_nobody_waiting(house: House) -> None:
    fine, fickle = Asked(house), Asked(house)
    commit = house.store.commit

    def canceled(plan):
        if any(write.key == table.run(SETTLEMENT, 1) for write in plan):
            house.store.commit = commit
            house.treasury.payouts.cancel(fickle.user, fickle.found.id)
        commit(plan)

    house.store.commit = canceled
    assert house.pay_out().payments == 1
    assert fickle.state == "canceled"
    fine.settled()


def test_those_that_are_stopped_or_frozen_or_wait_for_coins_are_passed(house: House, monkeypatch) -> None:
    monkeypatch.setattr(planning, "PAGE", 2)
    monkeypatch.setattr(planning, "PAYMENTS_MAX", 2)
    user, cold = house.rich(USDT=5_000_000, KTA=10**18), house.rich(KTA=10**18)
    to = new_key().account
    for _ in range(5):
        house.ask(user, "USDT", 100_000, to)
        house.ask(cold, "KTA", 10**17, to)
    house.store.commit(stop("USDT", "drill", house.clock.now_ms()))
    house.store.commit(freeze(cold, "drill", house.clock.now_ms() + 1))
    coins = house.ask(user, "KTA", 10**17, to)
    house.pay_out()
    assert house.withdrawal(coins).state == "landed"


def test_all_legs_of_a_run_are_asked_about_at_once(house: House, monkeypatch) -> None:
    users = [house.rich(USDT=1) for _ in range(3)]
    homes = [Account.from_address(house.address(user)) for user in users]
    all_legs = {(home, token) for home in homes for token in house.treasury.tokens.values()}
    frozen(house, users[1])
    asked, get = Counter[str](), Transport.get

    def counted(transport, path, *more):
        asked[transport._url] += "/acl" in path
        return get(transport, path, *more)

    monkeypatch.setattr(Transport, "get", counted)
    good = house.treasury.chain.sendable(house.key("operator").account, list(all_legs))
    assert all_legs - good == {(homes[1], house.outside.token("USDT"))}
    assert max(asked.values()) == len(homes) + 1


def test_a_visit_that_has_no_time_to_ask_about_all_legs_goes_on_in_the_next_one(
    house: House, monkeypatch
) -> None:
    one, two = Asked(house), Asked(house)
    monkeypatch.setattr(legs, "ASKED_MAX", 1)
    chain, known = house.treasury.chain, list[int]()
    sendable = chain.sendable

    def slow(key, some):
        known.append(len(some))
        house.clock.offset_ms += VISIT_MS + 1
        return sendable(key, some)

    chain.sendable = slow
    house.pay_out()
    assert known == [1]
    assert {one.state, two.state} == {"planned"}
    house.pay_out()
    assert known == [1, 1], "the first is known to be good"
    one.settled()
    two.settled()


@pytest.mark.parametrize("others", [0, 1])
def test_who_asks_without_a_pause_keeps_nobody_else_waiting(house: House, others: int) -> None:
    busy, rest = Asked(house), [Asked(house) for _ in range(others)]
    item, commit = schema.payout_controls(busy.user), house.store.commit

    def contended(plan):
        places = tuple(at for at, write in enumerate(plan) if write.key == item)
        if places:
            raise WriteContention("he asks for another one", places)
        return commit(plan)

    house.store.commit = contended
    house.pay_out()
    assert busy.state == "requested"
    assert [each.state for each in rest] == ["landed"] * others
    house.store.commit = commit
    busy.settled()


def test_who_writes_his_wallet_without_a_pause_keeps_nobody_from_being_paid(house: House) -> None:
    busy, two = Asked(house), Asked(house)
    writes_without_a_pause(house, busy.user, schema.wallet(busy.user))
    house.pay_out()
    assert {busy.state, two.state} == {"landed"}
    assert (house.store.get(table.lease(SETTLEMENT)) or {})["run"] == 0


def test_who_writes_his_wallet_without_a_pause_keeps_nobody_waiting_while_his_own_is_aside(
    house: House,
) -> None:
    user, _, dollars = two_legs(house)
    before_votes(house, lambda _: frozen(house, user))
    for _ in range(2):
        house.pay_out()
    two = Asked(house)
    assert house.withdrawal(dollars).state == "stuck"
    writes_without_a_pause(house, user, schema.wallet(user))
    house.pay_out()
    assert (house.withdrawal(dollars).state, two.state) == ("failed", "landed")


def test_who_writes_his_wallet_without_a_pause_keeps_nobody_waiting_when_his_address_is_frozen(
    house: House,
) -> None:
    cold, two = Asked(house), Asked(house)
    frozen(house, cold.user)
    writes_without_a_pause(house, cold.user, schema.wallet(cold.user))
    for _ in range(2):
        house.pay_out()
    assert (cold.state, two.state) == ("failed", "landed")


def test_who_asks_without_a_pause_is_paid_what_is_left_of_his_when_a_part_has_landed(house: House) -> None:
    user, _, coins, dollars = rich_in_two(house)

    def partly(blocks):
        house.outside.settle(*blocks[:2])
        writes_without_a_pause(house, user, schema.payout_controls(user))

    before_votes(house, partly)
    for _ in range(2):
        house.pay_out()
    assert {house.withdrawal(each).state for each in (coins, dollars)} == {"landed"}
