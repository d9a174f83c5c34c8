"""What can whoever writes what the API may write do to coins? Nothing to addresses, runs and stops."""

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account, ours
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.custody.assign import assign
from chalicelib.flows.plan import Put
from chalicelib.flows.runs.positions import Positions
from chalicelib.flows.withdrawals.request import canceled, promise
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.listing import PAYOUTS, USDT
from chalicelib.money import Amount
from tests.treasury.test_requests import ADA, HOME, UNIT, Desk, account

STRANGER = account("stranger", KeyType.STORAGE).address
TOKENS = {"USDT": Account.from_address(USDT.tokens["dev"])}


class NoFees:
    def earned(self) -> dict[str, int]:
        return {}


def positions(desk: Desk) -> dict[str, int]:
    """What is owed, by the address at which it should lie."""
    return {each.address: each.owed for each in Positions(desk.store, TOKENS, NoFees()).all()}


def test_what_a_request_writes_is_the_users_own_or_stands_in_the_lobby() -> None:
    desk = Desk()
    asked = desk.ask(5 * UNIT)
    looked_at = desk.ask(PAYOUTS["USDT"].approval_units + 1)
    terms = PAYOUTS["USDT"]
    plans = [promise(each, terms, {0: 1, 1: each.units - 1}) for each in (asked, looked_at)]
    plans += [canceled(each, "requested_by_user", 1) for each in (asked, looked_at)]
    plans.append(assign(ADA, HOME, 1))
    tables = {write.key.table for plan in plans for write in plan}
    assert tables == {schema.ACCOUNTS, schema.LOBBY}


def test_a_forged_line_of_the_roll_brings_no_coins_to_a_stranger_or_to_the_house() -> None:
    desk, mallory = Desk(), UserId(account("mallory").address)
    treasury = account("treasury", KeyType.STORAGE).address
    desk.store.commit((open_account(treasury, "treasury"),))
    desk.store.commit(credit(mallory, Amount("USDT", 7 * UNIT), "made up", 1))
    honest = positions(desk)
    assert honest == {HOME: 10**6 * UNIT}
    for address in (STRANGER, treasury):
        desk.store.commit((Put(table.rolled_address(address), {"owner": mallory}),))
        desk.store.commit((Put(table.free_address(address), {"run": 1}),))
    assert positions(desk) == honest
    assert ours(desk.store, [STRANGER]) == {}
    assert ours(desk.store, [treasury])[treasury].user == "", "the house's own has no user"


def test_who_has_an_address_is_told_by_the_roll() -> None:
    desk = Desk()
    assert ours(desk.store, [HOME])[HOME].user == ADA
    free = account("free", KeyType.STORAGE).address
    desk.store.commit((open_account(free, "user"), Put(table.free_address(free), {"run": 1})))
    assert ours(desk.store, [free])[free].user == ""
