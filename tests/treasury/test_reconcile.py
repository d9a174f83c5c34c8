"""Is every difference found, explained where it can be, and does it stop only what it must?"""

from contextlib import suppress
from dataclasses import replace

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, stops_of
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Put
from chalicelib.flows.proof import reconcile
from chalicelib.flows.proof.solvency import statement
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.ledger.transfers import CAPITAL, deposit_transfers
from chalicelib.money import Amount
from chalicelib.settlement.errors import Unreachable
from chalicelib.settlement.told import Entry, HistoryPage
from tests.keeta_node.world import new_key
from tests.treasury.world import House, trade


def stopped(house: House) -> frozenset[str]:
    return stops_of(house.store.get(table.lease(SETTLEMENT)))


def book(house: House, address: str, units: int) -> None:
    """The books say more than there is."""
    house.store.commit(tuple(posting(deposit_transfers(address, Amount("USDT", units), CAPITAL))))


def test_books_that_agree_are_reported_as_such(house: House) -> None:
    house.rich(USDT=1_000, KTA=5)
    found = house.reconcile()
    assert (found.over, found.clean, found.looked) == (1, True, len(house.addresses()))
    (report,) = house.store.page(table.report(0), "~", 10).items
    assert report["totals"]["USDT"]["difference"] == 0
    assert report["totals"]["USDT"]["custody"] == 1_000


def test_a_deposit_that_the_follower_missed_is_found_by_its_balance(house: House) -> None:
    user = house.user()
    house.deposit(user, "USDT", 7)
    found = house.reconcile()
    assert found.clean
    assert house.balance(user, "USDT").available == 7
    assert house.notebook.alarms == []


def test_dust_of_a_stranger_stops_nothing(house: House) -> None:
    waiting = str(house.store.page(table.free_address("0"), "~", 1).items[0]["sk"])
    house.outside.fund([Account.from_address(waiting)], 1, house.outside.token("USDT"))
    for _ in range(3):
        assert house.reconcile().clean
    assert stopped(house) == frozenset()


def test_a_surplus_alarms_and_stops_nothing(house: House) -> None:
    user = house.rich(USDT=1_000)
    moved = posting([*deposit_transfers(house.address(user), Amount("USDT", -5), CAPITAL)])
    house.store.commit(tuple(moved))
    for _ in range(3):
        assert house.reconcile().surplus == {"USDT": 5}
    assert set(house.notebook.alarmed) == {"custody_surplus"}
    assert stopped(house) == frozenset()


def test_a_shortfall_seen_twice_stops_its_token_until_a_person_clears_it(house: House) -> None:
    user, to = house.rich(USDT=1_000_000, KTA=10**17), new_key().account
    book(house, house.address(user), 10)
    assert house.reconcile().shortfall == {"USDT": 10}
    assert stopped(house) == frozenset(), "once may be a moment"
    house.reconcile()
    assert stopped(house) == {"USDT"}
    paid = house.ask(user, "KTA", 10**16, to)
    house.pay_out()
    assert house.withdrawal(paid).state == "landed", "other tokens go on"
    book(house, house.address(user), -10)
    assert house.reconcile().clean
    assert stopped(house) == {"USDT"}, "only a person says that it is over"
    house.store.commit(clear("USDT", "found: a booking error", house.clock.now_ms()))
    asked = house.ask(user, "USDT", 200_000, to)
    house.pay_out()
    assert house.withdrawal(asked).state == "landed"


def test_a_shortfall_that_was_over_in_between_is_a_first_one_again(house: House) -> None:
    user = house.rich(USDT=1_000)
    for _ in range(3):
        book(house, house.address(user), 10)
        house.reconcile()
        book(house, house.address(user), -10)
        assert house.reconcile().clean
    assert stopped(house) == frozenset()


def test_what_a_run_in_flight_has_moved_is_no_difference(house: House) -> None:
    user, to = house.rich(USDT=1_000_000), new_key().account
    asked = house.ask(user, "USDT", 400_000, to)
    chain = house.treasury.chain
    look, publish = chain.look, chain.publish

    def gone(known):
        publish(known)
        raise KeyboardInterrupt  # the process ends right after it was published

    chain.publish = gone
    with suppress(KeyboardInterrupt):
        house.pay_out()
    chain.publish, chain.look = publish, look
    assert house.chain(house.address(user)) == {"USDT": 600_000}
    assert house.books(house.address(user)) == {"USDT": 1_000_000}
    found = house.reconcile()
    assert (found.clean, found.busy > 0) == (True, True)
    house.clock.offset_ms += 130_000
    house.pay_out()
    assert house.withdrawal(asked).state == "landed"
    assert house.reconcile().busy == 0


def test_a_round_goes_on_where_the_time_was_up(house: House, monkeypatch) -> None:
    monkeypatch.setattr(reconcile, "PAGE", 1)
    house.rich(USDT=1_000)
    house.rich(USDT=2_000)
    visits, reconciler = 0, house.treasury.reconciler
    found = reconciler._round()
    while not found.over:
        found = reconciler._page(found, house.deadline_ms)
        house.store.commit((reconcile.Put(table.cursor(reconcile.CURSOR), reconcile._item(found)),))
        house.restart()
        found = house.treasury.reconciler._round() if not found.over else found
        visits += 1
    assert visits > 3
    assert found.looked == len(house.addresses())


def test_the_statement_says_what_is_owed_and_what_is_there(house: House) -> None:
    house.rich(USDT=1_000)
    found = statement(house.store, "USDT")
    assert (found.liabilities, found.custody, found.difference) == (1_000, 1_000, 0)
    assert found.is_solvent


def test_a_representative_that_is_away_or_keeps_something_back_explains_nothing_away(house: House) -> None:
    user = house.user()
    house.deposit(user, "USDT", 7)
    chain = house.treasury.chain
    shown = chain.history

    def kept_back(account, start, turn):
        if turn == 0:
            raise Unreachable("away")
        return HistoryPage(()) if turn == 1 else shown(account, start, turn)

    chain.history = kept_back
    assert house.reconcile().clean
    assert house.balance(user, "USDT").available == 7


def test_an_address_that_gets_a_coin_each_moment_keeps_no_other_from_being_compared(house: House) -> None:
    busy, calm = house.rich(USDT=1_000), house.rich(USDT=1_000)
    book(house, house.address(calm), 10)
    chain, at = house.treasury.chain, Account.from_address(house.address(busy))
    node, coins = next(iter(chain._representatives.nodes.values())), iter(range(1, 1_000))
    asked = type(node).accounts

    def differently(self, accounts):
        return tuple(
            replace(each, balances=((house.outside.token("USDT"), next(coins)),))
            if each.account == at
            else each
            for each in asked(self, accounts)
        )

    type(node).accounts = differently
    try:
        found = house.reconcile()
    finally:
        type(node).accounts = asked
    assert (found.shortfall, found.busy) == ({"USDT": 10}, 1)


def test_a_gap_at_an_address_that_is_busy_is_not_forgotten(house: House) -> None:
    user = house.rich(USDT=1_000)
    address = house.address(user)
    book(house, address, 10)
    house.reconcile()
    some = house.treasury.chain.some_states
    house.treasury.chain.some_states = lambda accounts: [
        s for s in some(accounts) if s.account.address != address
    ]
    assert house.reconcile().clean
    house.treasury.chain.some_states = some
    house.reconcile()
    assert stopped(house) == {"USDT"}, "seen twice, whatever was between"


def test_two_that_look_at_one_moment_have_looked_once(house: House) -> None:
    user, other = house.rich(USDT=1_000), house.new_process()
    book(house, house.address(user), 10)
    chain = house.treasury.chain
    some = chain.some_states

    def meanwhile(accounts):
        chain.some_states = some
        other.reconciler.visit(house.deadline_ms)
        return some(accounts)

    chain.some_states = meanwhile
    house.reconcile()
    assert stopped(house) == frozenset()


def test_a_thief_whose_block_nobody_can_read_is_found_by_the_head_of_the_account(house: House) -> None:
    user = house.rich(USDT=1_000_000)
    home, stolen = Account.from_address(house.address(user)), house.key("operator")
    house.outside.settle(
        house.outside.block(home, stolen, Send(new_key().account, 7, house.outside.token("USDT")))
    )
    house.treasury.chain.history = lambda account, start, turn: HistoryPage(())
    house.reconcile()
    assert stopped(house) >= {ALL}
    assert "foreign_block" in house.notebook.alarmed


def test_a_staple_that_one_representative_kept_to_itself_is_given_to_everybody(house: House) -> None:
    """All votes were given for ever, and nobody published it: it is credited, and then it lands."""
    user = house.user()
    home, faucet = Account.from_address(house.address(user)), house.outside.key("faucet")
    send = Send(home, 1_000, house.outside.token("USDT"))
    known = house.outside.begin(house.outside.block(faucet.account, faucet, send))
    for _ in range(2):
        known = house.outside.step(known)
    staple, history = known.staple, house.treasury.chain.history
    shown = HistoryPage((Entry(staple.blocks_hash, staple.moment, staple),))
    house.treasury.chain.history = lambda account, start, turn: HistoryPage(()) if start else shown
    house.follow()
    assert (house.balance(user, "USDT").available, house.chain(home.address)) == (1_000, {})
    house.reconcile()
    assert house.chain(home.address) == {"USDT": 1_000}
    house.treasury.chain.history = history
    assert house.reconcile().clean
    assert stopped(house) == frozenset()


def test_what_users_are_owed_elsewhere_is_told_with_its_age(house: House) -> None:
    one, two = house.rich(USDT=1_000), house.rich(USDT=500)
    assert house.reconcile().behind == 0
    trade(house, one, two, "USDT", 300)
    house.reconcile()
    house.clock.offset_ms += 5_000
    found = house.reconcile()
    assert (found.owed, found.behind) == ({"USDT": 300}, 1)
    assert house.clock.now_ms() - found.since_ms >= 5_000
    house.settle()
    found = house.reconcile()
    assert (found.behind, found.since_ms) == (0, 0)


def test_a_line_of_the_roll_that_is_no_address_of_ours_holds_up_nobody(house: House) -> None:
    user = house.rich(USDT=5)
    for name in ("nonsense", new_key().account.address):
        house.store.commit((Put(table.rolled_address(name), {"owner": user}),))
    report = house.reconcile()
    assert (report.over, report.clean) == (1, True)
    assert report.busy == 2
