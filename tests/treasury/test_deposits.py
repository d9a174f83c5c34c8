"""Is every coin that comes in credited once, and only to whom it belongs?"""

import pytest

from chalicelib.errors import ConditionFailed, Conflict, InvalidInput, NotFound
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.assign import assign
from chalicelib.flows.custody.lease import ALL, SLOTS, stops_of
from chalicelib.flows.deposits.suspense import assign_suspense
from chalicelib.flows.gate import CLOSED_MS, close_gate
from chalicelib.flows.plan import Plan
from chalicelib.flows.withdrawals.reading import deposits_of
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.settlement.told import HistoryPage, Unreadable
from tests.keeta_node.world import new_key
from tests.treasury.test_restore import rebuild
from tests.treasury.world import House, trade, writes_without_a_pause


def test_credited_once_whatever_is_shown_again_in_whatever_order(house: House) -> None:
    user = house.rich(USDT=1_000, KTA=7)
    history = house.treasury.chain.history(None, None, 1)
    for entries in (history.entries, history.entries[::-1], history.entries * 2):
        house.restart()
        assert house.treasury.follower.take(entries).total() == 0
    assert (house.balance(user, "USDT").available, house.balance(user, "KTA").available) == (1_000, 7)
    assert house.differences() == []


def test_several_credits_of_one_block_are_told_apart_by_their_place(house: House) -> None:
    user = house.user()
    to, usdt = Account.from_address(house.address(user)), house.outside.token("USDT")
    faucet = house.outside.key("faucet")
    sends = [Send(to, units, usdt) for units in (5, 5, 6)]
    house.outside.settle(house.outside.block(faucet.account, faucet, *sends))
    assert house.follow() == 3
    assert house.balance(user, "USDT").available == 16


def test_a_page_that_fails_and_one_that_is_short_lose_nothing(house: House) -> None:
    user, chain = house.user(), house.treasury.chain
    for units in (1, 2, 3):
        house.deposit(user, "USDT", units)
    shown = chain.history

    class Short:
        """One staple at a time."""

        turns = 4

        def history(self, account, start, turn):
            return HistoryPage(shown(account, start, turn).entries[:1])

    house.treasury.follower._histories = Short()
    house.controls.fault("network_history", "drop_request", times=2)
    house.follow()
    house.follow()
    assert house.balance(user, "USDT").available == 6


def test_a_credit_waits_while_the_market_waits_for_the_wallet(house: House) -> None:
    user = house.user()
    house.deposit(user, "USDT", 9)
    house.store.commit((close_gate(user, house.clock.now_ms()),))
    house.follow()
    assert house.clock.paused
    assert 0 < house.clock.paused[0] <= CLOSED_MS
    assert house.balance(user, "USDT").available == 9


def test_who_writes_his_wallet_without_a_pause_keeps_no_deposit_of_others_waiting(house: House) -> None:
    busy, other = house.user(), house.user()
    for user in (busy, other):
        house.deposit(user, "USDT", 9)
    writes_without_a_pause(house, busy, schema.wallet(busy))
    house.follow()
    assert [house.balance(user, "USDT").available for user in (busy, other)] == [9, 9]


def test_an_address_that_is_given_away_while_its_coins_are_posted_credits_its_user(house: House) -> None:
    user, waiting = house.user(), str(house.store.page(table.free_address("0"), "~", 1).items[0]["sk"])
    house.outside.fund([Account.from_address(waiting)], 9, house.outside.token("USDT"))
    store, now_ms = house.store, house.clock.now_ms()
    commit = store.commit

    def given_away(plan):
        if any(write.key == table.total("USDT") for write in plan):
            store.commit = commit
            commit(assign(user, waiting, now_ms))
        commit(plan)

    store.commit = given_away
    assert house.follow() == 1
    assert (house.balance(user, "USDT").available, house.total("USDT").suspense) == (9, 0)
    assert house.differences() == []


def test_coins_for_an_address_that_has_no_user_yet_are_owed_to_somebody(house: House) -> None:
    waiting = house.store.page(table.free_address("0"), "~", 1).items[0]["sk"]
    house.outside.fund([Account.from_address(str(waiting))], 9, house.outside.token("USDT"))
    assert house.follow() == 1
    assert (house.total("USDT").suspense, house.total("USDT").owed) == (9, 0)
    assert house.differences() == []


def test_a_person_says_whose_suspense_is_and_it_is_credited_once(house: House) -> None:
    owner, other = house.user(), house.user()
    waiting = house.store.page(table.free_address("0"), "~", 1).items[0]["sk"]
    house.outside.fund([Account.from_address(str(waiting))], 9, house.outside.token("USDT"))
    house.follow()
    (note,) = house.store.page(table.note("suspense", "0"), "~", 10).items
    house.clock.offset_ms += 5_000
    now_ms = house.clock.now_ms()

    def assign(user: UserId, name: str = str(note["sk"])) -> Plan:
        return assign_suspense(house.store, name, user, "kim", "sender proved it", now_ms).plan

    late = assign(other)
    house.store.commit(assign(owner))
    with pytest.raises(Conflict):
        assign(other)
    with pytest.raises(ConditionFailed):
        house.store.commit(late)
    assert (house.balance(owner, "USDT").available, house.balance(other, "USDT").total) == (9, 0)
    assert (house.total("USDT").suspense, house.total("USDT").owed) == (0, 9)
    (deposit,) = deposits_of(house.store, owner, None, 10).items
    assert (deposit["units"], f"{deposit['block']}-{deposit['operation']}") == (9, note["sk"])
    told = house.store.get(table.note("suspense", str(note["sk"])))
    assert (told["owner"], told["assigned_by"], told["assigned_reason"]) == (owner, "kim", "sender proved it")
    house.restart()
    assert house.follow() == 0
    assert house.differences() == []
    assert rebuild(house) == [], "also its moment is the same in all of them"
    posted = house.store.get(table.posted_credit(deposit["block"], deposit["operation"]))
    assert posted["landed_ms"] < posted["moment"] == now_ms


def test_suspense_goes_to_somebody_who_can_sign_in_and_is_there(house: House) -> None:
    for name in ("", "-", "ab-0", "ab-x", f"{'a' * 64}-7"):
        with pytest.raises(NotFound):
            assign_suspense(house.store, name, house.user(), "kim", "a try", 1)
    with pytest.raises(InvalidInput):
        assign_suspense(house.store, "ab-0", UserId(house.own("vault")), "kim", "a try", 1)


def test_coins_for_the_house_itself_are_its_own_funds(house: House) -> None:
    treasury = str(house.store.get(table.cursor("treasury"))["address"])
    house.outside.fund([Account.from_address(treasury)], 9, house.outside.token("KTA"))
    assert house.follow() == 1
    assert house.total("KTA").capital == 9
    assert house.differences() == []


def test_a_token_that_is_not_listed_is_noted_and_never_credited(house: House) -> None:
    user, crediting = house.user(), house.treasury.follower._crediting
    house.deposit(user, "USDX", 5)
    crediting._assets = {t: s for t, s in house.treasury.assets.items() if s != "USDX"}
    house.follow()
    assert house.balance(user, "USDX").total == 0
    (noted,) = house.store.page(table.note("unlisted", "0"), "~", 10).items
    assert (noted["to"], noted["units"]) == (house.address(user), "5")
    assert stops_of(house.store.get(table.lease("settlement"))) == frozenset()


def test_dust_is_cheap_and_what_was_posted_is_not_posted_again(house: House) -> None:
    user, crediting = house.user(), house.treasury.follower._crediting
    to, faucet = Account.from_address(house.address(user)), house.outside.key("faucet")
    usdt, usdx = house.outside.token("USDT"), house.outside.token("USDX")
    crediting._assets = {t: s for t, s in house.treasury.assets.items() if s != "USDX"}
    dust = [Send(to, 1, usdx) for _ in range(50)]
    house.outside.settle(house.outside.block(faucet.account, faucet, Send(to, 3, usdt), *dust))
    before = len(house.store.plans)
    house.follow()
    # Its place is saved for each page, and there are more pages when others have used the network.
    written = [plan for plan in house.store.plans[before:] if plan[0].key != table.cursor("deposits")]
    assert len(written) == 2, "one credit, and one note for fifty grains"
    house.restart()
    house.follow()
    assert house.balance(user, "USDT").available == 3
    assert house.balance(user, "USDX").available == 50, "listed since"
    assert house.differences() == []


def test_what_we_moved_ourselves_is_no_deposit(house: House) -> None:
    one, two = house.rich(USDT=1_000), house.rich(USDT=500)
    trade(house, one, two, "USDT", 300)
    assert house.settle().moves == 1
    house.restart()
    assert house.follow() == 0
    assert (house.balance(one, "USDT").total, house.balance(two, "USDT").total) == (700, 800)
    assert house.differences() == []


def test_a_block_of_ours_that_we_did_not_sign_stops_everything(house: House) -> None:
    user, thief = house.rich(USDT=1_000_000), new_key().account
    victim = Account.from_address(house.address(user))
    stolen = Send(thief, 10, house.outside.token("USDT"))
    house.outside.settle(house.outside.block(victim, house.key("operator"), stolen))
    house.follow()
    assert [name for name, _ in house.notebook.alarms] == ["foreign_block"]
    for slot in SLOTS:
        assert ALL in stops_of(house.store.get(table.lease(slot)))
    asked_before = house.balance(user, "USDT").total
    with pytest.raises(Exception, match="no USDT is paid out now"):
        house.ask(user, "USDT", 200_000, new_key().account)
    assert house.balance(user, "USDT").total == asked_before
    house.restart()
    house.follow()
    assert len(house.notebook.alarms) == 1, "told once"


def test_a_withdrawal_that_waits_when_the_key_leaks_is_not_signed(house: House) -> None:
    user, to = house.rich(USDT=1_000_000), new_key().account
    asked = house.ask(user, "USDT", 500_000, to)
    victim = Account.from_address(house.address(user))
    stolen = Send(new_key().account, 10, house.outside.token("USDT"))
    house.outside.settle(house.outside.block(victim, house.key("operator"), stolen))
    house.follow()
    assert house.pay_out().payments == 0
    assert house.withdrawal(asked).state == "requested"
    assert house.outside.balance(to, house.outside.token("USDT")) == 0


def test_what_can_not_be_read_is_set_aside_and_stops_nobody(house: House) -> None:
    user = house.user()
    house.deposit(user, "USDT", 4)
    shown = house.treasury.chain.history(None, None, 0).entries
    odd = Unreadable(b"\x01" * 32, house.clock.now_ms(), "BLOCK_AMOUNT_BELOW_ZERO", b"")
    assert house.treasury.follower.take([odd, *shown]) == {"USDT": 1}
    house.treasury.follower.take([odd])
    told = [fields["id"] for name, fields in house.notebook.alarms if name == "unreadable_staple"]
    assert told.count(odd.id.hex()) == 1


def test_credits_are_counted_by_asset_and_all_that_is_not_listed_is_one(house: House) -> None:
    user = house.user()
    for asset, units in (("KTA", 5), ("USDT", 4), ("USDT", 3)):
        house.deposit(user, asset, units)
    posted = house.treasury.follower.visit(house.deadline_ms)
    assert posted == {"KTA": 1, "USDT": 2}


def test_a_staple_of_the_future_waits_and_hides_nothing_that_comes_after_it(house: House) -> None:
    early, late = house.user(), house.user()
    house.shift(8 * 60_000)
    house.deposit(early, "USDT", 5)
    house.shift(0)
    assert house.follow() == 0, "its votes are not valid yet"
    house.deposit(late, "USDT", 7)
    assert house.follow() == 1
    house.clock.offset_ms = 8 * 60_000
    assert house.follow() == 1
    assert (house.balance(early, "USDT").available, house.balance(late, "USDT").available) == (5, 7)
    assert house.notebook.alarms == []
