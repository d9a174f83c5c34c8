"""Does the operator's key reach no more than it should, and is everybody paid all the same?"""

import pytest

from chalicelib.errors import ConditionFailed, Conflict
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ManyReader
from chalicelib.flows.custody.lease import SETTLEMENT, clear, stop
from chalicelib.flows.custody.reach import reaches
from chalicelib.flows.runs.refill import Refilled
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions, Send
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.money import Amount
from chalicelib.settlement import netting
from chalicelib.settlement.errors import NotEnough
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.test_proof import before_votes
from tests.treasury.world import House, trade


def refill(house: House, units: int, asset: str = "USDT") -> Refilled:
    token = house.treasury.tokens[asset]
    return house.treasury.refill.bring(Amount(asset, units), token, house.deadline_ms)


def test_after_a_run_no_more_is_within_reach_than_the_limit_and_the_vault_has_the_rest(house: House) -> None:
    house.limit(USDT=3_000_000)
    users = [house.rich(USDT=units) for units in (1_000_000, 4_000_000, 2_500_000)]
    assert house.reach("USDT") == 7_500_000
    report = house.settle()
    assert (report.runs, report.moves) == (1, 2), "the largest two, and not everybody"
    assert house.reach("USDT") == 3_000_000
    assert house.chain(house.own("vault")) == {"USDT": 4_500_000}
    for user, units in zip(users, (1_000_000, 4_000_000, 2_500_000), strict=True):
        assert house.balance(user, "USDT").available == units, "nobody has lost anything"
    house.restart()
    assert house.follow() == 0, "what went to the vault is no deposit"
    assert house.differences() == []
    assert house.reconcile().clean
    assert house.settle().runs == 0, "nothing is left to move"


def test_the_ledger_refuses_what_the_operator_wants_from_the_vault(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=4_000_000)
    house.settle()
    vault, usdt = Account.from_address(house.own("vault")), house.outside.token("USDT")
    stolen = house.outside.block(vault, house.key("operator"), Send(new_key().account, 1, usdt))
    with pytest.raises(NotEnough) as refused:
        house.outside.settle(stolen)
    assert {each.code for each in refused.value.failures.values()} == {"LEDGER_INVALID_PERMISSIONS"}
    assert house.chain(house.own("vault")) == {"USDT": 3_000_000}


def test_what_one_staple_can_not_take_the_next_ones_do(house: House, monkeypatch) -> None:
    monkeypatch.setattr(netting, "SOURCES_MAX", 1)
    house.limit(USDT=500_000)
    for units in (1_000_000, 2_000_000, 3_000_000):
        house.rich(USDT=units)
    assert house.settle().runs == 3
    assert house.reach("USDT") == 500_000
    assert house.differences() == []


def test_a_payment_that_leaves_anyway_is_not_taken_to_the_vault_first(house: House) -> None:
    house.limit(USDT=1_000_000)
    user, to = house.rich(USDT=5_000_000), new_key().account
    asked = house.ask(user, "USDT", 3_500_000, to)
    report = house.settle()
    assert (report.runs, report.payments, report.moves) == (1, 1, 1)
    assert house.withdrawal(asked).state == "landed"
    assert (house.reach("USDT"), house.chain(house.own("vault"))) == (1_000_000, {"USDT": 500_000})
    assert house.differences() == []


def test_who_is_in_the_vault_is_paid_with_what_lies_elsewhere(house: House) -> None:
    house.limit(USDT=1_000_000)
    large, small, to = house.rich(USDT=5_000_000), house.rich(USDT=900_000), new_key().account
    house.settle()
    assert house.chain(house.address(large)) == {"USDT": 100_000}
    asked = house.ask(large, "USDT", 600_000, to)
    assert house.pay_out().payments == 1
    assert house.withdrawal(asked).state == "landed"
    assert house.chain(house.address(small)) == {"USDT": 400_000}
    assert house.balance(small, "USDT").available == 900_000
    assert house.differences() == []


def test_what_does_not_suffice_waits_and_is_told_and_is_paid_after_a_refill(house: House) -> None:
    house.limit(USDT=1_000_000, KTA=10**18)
    user, other = house.rich(USDT=5_000_000, KTA=10**17), house.rich(USDT=200_000)
    house.settle()
    to = new_key().account
    large = house.ask(user, "USDT", 4_000_000, to)
    small, coins = house.ask(other, "USDT", 150_000, to), house.ask(user, "KTA", 10**16, to)
    house.pay_out()
    assert house.withdrawal(large).status == "pending"
    assert {house.withdrawal(each).state for each in (small, coins)} == {"landed"}, "others go on"
    low = [fields for name, fields in house.notebook.alarms if name == "hot_balance_low"]
    assert low == [{"asset": "USDT", "waiting": "4000000", "there": "850000"}]
    house.pay_out()
    assert house.notebook.alarmed.count("hot_balance_low") == 1, "told once in a while"
    assert house.chain(house.address(user))["USDT"] == 800_000, "nothing was gathered in vain"
    assert refill(house, 3_150_000) == (Amount("USDT", 3_150_000), True, False)
    assert house.settle().payments == 1, "and not taken back to the vault"
    assert house.withdrawal(large).state == "landed"
    assert house.outside.balance(to, house.outside.token("USDT")) == 4_150_000
    assert house.differences() == []
    assert house.reconcile().clean


def test_a_refill_that_died_is_finished_and_not_made_twice(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=5_000_000)
    house.settle()
    house.controls.fault("publish", "drop_request", times=1000)
    assert not refill(house, 700_000).landed
    house.controls.reset()
    assert house.settle().runs == 0, "who has no owner key can not finish it"
    house.restart()
    assert refill(house, 700_000) == (Amount("USDT", 700_000), True, True)
    assert house.chain(house.own("house")) == {"USDT": 700_000}
    assert house.differences() == []


def test_a_refill_that_died_when_it_had_landed_holds_up_no_payment(house: House) -> None:
    """The vault's books say that it was done, so nobody asks for it again."""
    house.limit(USDT=1_000_000)
    user = house.rich(USDT=5_000_000)
    house.settle()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    house.treasury.books.close = killed  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        refill(house, 700_000)
    assert house.books(house.own("vault")) == {"USDT": 3_300_000}
    house.restart()
    asked = house.ask(user, "USDT", 1_500_000, new_key().account)
    house.pay_out()
    assert house.withdrawal(asked).state == "landed"
    assert house.differences() == []


def test_no_more_is_brought_than_there_is_and_nothing_while_payouts_are_stopped(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=5_000_000)
    house.settle()
    with pytest.raises(Conflict) as refused:
        refill(house, 4_000_001)
    assert refused.value.code == "vault_holds_less"
    house.store.commit(stop("USDT", "drill", house.clock.now_ms()))
    with pytest.raises(ConditionFailed):
        refill(house, 1)
    house.clock.offset_ms += 1
    house.store.commit(clear("USDT", "over", house.clock.now_ms()))
    assert refill(house, 1).landed
    assert house.store.get(table.lease(SETTLEMENT))["run"] == 0


def vault_may(house: House, what: Permissions | None) -> None:
    """The issuer of USDT freezes what lies in the vault, or lets it go again."""
    vault, usdt = Account.from_address(house.own("vault")), house.outside.token("USDT")
    row = ModifyPermissions(vault, Adjust.SET, what)
    house.outside.settle(house.outside.block(usdt, house.outside.key("issuer"), row))


def test_nothing_is_signed_for_a_vault_that_is_frozen(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=5_000_000)
    house.settle()
    vault_may(house, Permissions(Flag(0)))
    with pytest.raises(Conflict) as refused:
        refill(house, 1)
    assert refused.value.code == "vault_may_not_send"
    assert house.store.get(table.lease(SETTLEMENT))["run"] == 0


def test_a_refill_that_is_refused_holds_up_nobody_and_is_posted_should_it_land(house: House) -> None:
    house.limit(USDT=1_000_000)
    asked = Asked(house)
    house.rich(USDT=5_000_000)
    house.settle()
    blocks = before_votes(house, lambda _: vault_may(house, Permissions(Flag(0))))
    with pytest.raises(Conflict) as refused:
        refill(house, 700_000)
    assert (refused.value.code, house.notebook.alarmed) == ("refill_refused", ["refill_void"])
    other = house.ask(asked.user, "USDT", 100_000, new_key().account)
    house.pay_out()
    assert house.withdrawal(other).state == "landed"
    vault_may(house, None)
    house.outside.settle(*blocks)
    for _ in range(2):
        house.pay_out()
    assert house.chain(house.own("house")) == house.books(house.own("house")) == {"USDT": 700_000}
    assert house.differences() == []
    assert house.store.page(table.note("given-up", "0"), "~", 10).items == []


def test_a_refill_that_hangs_wakes_somebody(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=5_000_000)
    house.settle()
    house.controls.fault("vote.permanent", "drop_request", times=1000)
    assert not refill(house, 700_000).landed
    house.pay_out()
    assert house.notebook.alarmed == []
    house.shift(31 * 60_000)
    house.pay_out()
    assert house.notebook.alarmed == ["run_does_not_land"]


def test_reach_is_told_after_each_run_and_kept_with_each_reconciliation(house: House) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=5_000_000)
    house.settle()
    told = [fields for name, fields in house.notebook.notes if name == "reach" and fields["asset"] == "USDT"]
    assert told == [{"asset": "USDT", "units": "1000000", "limit": "1000000", "vault": "4000000"}]
    house.reconcile()
    (report,) = house.store.page(table.report(0), "~", 10).items
    usdt = report["totals"]["USDT"]
    assert (usdt["reach"], usdt["limit"], usdt["vault"]) == (1_000_000, 1_000_000, 4_000_000)


def test_what_can_not_be_taken_away_is_an_alarm(house: House) -> None:
    """What pays the fees stays where it is."""
    house.limit(KTA=100)
    treasury = Account.from_address(house.own("treasury"))
    house.outside.fund([treasury], 300, house.outside.token("KTA"))
    house.follow()
    assert house.settle().runs == 0
    (alarm,) = (fields for name, fields in house.notebook.alarms if name == "reach_above_limit")
    assert (alarm["asset"], alarm["units"]) == ("KTA", "300")


def test_coins_that_nobody_is_known_to_own_are_not_left_within_reach(house: House) -> None:
    house.limit(USDT=10)
    waiting = str(house.store.page(table.free_address("0"), "~", 1).items[0]["sk"])
    house.outside.fund([Account.from_address(waiting)], 900, house.outside.token("USDT"))
    house.follow()
    house.settle()
    assert (house.reach("USDT"), house.total("USDT").suspense) == (10, 900)
    assert house.differences() == []


def test_reach_by_the_books_is_what_the_chain_says(house: House) -> None:
    house.limit(USDT=1_000_000)
    one, two = house.rich(USDT=5_000_000), house.rich(USDT=20)
    trade(house, one, two, "USDT", 400_000)
    house.settle()
    reader: ManyReader = house.store
    (usdt,) = (each for each in reaches(reader, {"USDT": 1_000_000}))  # type: ignore[arg-type]
    assert (usdt.units, usdt.excess, usdt.vault) == (house.reach("USDT"), 0, 4_000_020)
    refill(house, 30)
    (usdt,) = (each for each in reaches(reader, {"USDT": 1_000_000}))  # type: ignore[arg-type]
    assert (usdt.units, usdt.excess) == (1_000_030, 30)
