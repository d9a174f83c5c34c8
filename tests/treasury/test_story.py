"""Does a coin that comes in find its owner, and does one that is asked for get where it was wanted?"""

from tests.keeta_node.world import new_key
from tests.treasury.world import House, trade


def test_a_deposit_is_credited_and_a_withdrawal_paid_and_everything_adds_up(house: House) -> None:
    user, to = house.rich(USDT=5_000_000), new_key().account
    assert house.balance(user, "USDT").available == 5_000_000
    asked = house.ask(user, "USDT", 2_000_000, to)
    assert (asked.state, asked.status) == ("requested", "pending")
    assert house.balance(user, "USDT").held == 2_000_000
    report = house.pay_out()
    assert (report.runs, report.payments) == (1, 1)
    paid = house.withdrawal(asked)
    assert (paid.state, paid.status) == ("landed", "completed")
    assert house.outside.balance(to, house.outside.token("USDT")) == 2_000_000
    assert house.balance(user, "USDT") == ("USDT", 3_000_000, 0)
    assert house.total("USDT").custody == 3_000_000
    assert house.differences() == []
    round_ = house.reconcile()
    assert (round_.over, round_.clean, round_.busy) == (1, True, 0)
    assert house.notebook.alarms == []


def test_a_withdrawal_larger_than_what_lies_at_the_address_is_funded_in_the_same_run(
    house: House,
) -> None:
    poor, rich, to = house.rich(USDT=1_000_000), house.rich(USDT=5_000_000), new_key().account
    trade(house, rich, poor, "USDT", 3_000_000)
    asked = house.ask(poor, "USDT", 3_500_000, to)
    report = house.pay_out()
    assert (report.runs, report.payments, report.moves) == (1, 1, 1)
    assert house.withdrawal(asked).state == "landed"
    assert house.outside.balance(to, house.outside.token("USDT")) == 3_500_000
    assert house.differences() == []


def test_netting_brings_every_coin_to_whom_it_is_owed(house: House) -> None:
    one, two, three = house.rich(USDT=1_000_000), house.rich(KTA=7_000), house.rich(USDT=4_000_000)
    trade(house, one, two, "USDT", 400_000)
    trade(house, two, one, "KTA", 5_000)
    trade(house, three, two, "USDT", 1_000_000)
    report = house.settle()
    assert (report.runs, report.payments, report.moves) == (1, 0, 3)
    for user in (one, two, three):
        owed = {asset: house.balance(user, asset).total for asset in ("USDT", "KTA")}
        assert house.chain(house.address(user)) == {asset: units for asset, units in owed.items() if units}
    assert house.settle().runs == 0, "there is nothing left to move"
    assert house.differences() == []
