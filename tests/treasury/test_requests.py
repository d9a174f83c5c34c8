"""What may be asked for, what is refused, and can one change one's mind? All without a network."""

from collections.abc import Iterator

import pytest

from chalicelib import listing
from chalicelib.errors import (
    ConditionFailed,
    Conflict,
    DuplicateId,
    InsufficientFunds,
    InvalidInput,
    NotCancelable,
    PayoutRefused,
    RateLimited,
)
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.custody.assign import Addresses, assign
from chalicelib.flows.custody.lease import stop
from chalicelib.flows.gate import CLOSED_MS, close_gate
from chalicelib.flows.plan import Put
from chalicelib.flows.records.wallets import Balance, balances
from chalicelib.flows.upkeep.audit import audit
from chalicelib.flows.withdrawals.book import WAIT_MS, AddressBook
from chalicelib.flows.withdrawals.consent import Place
from chalicelib.flows.withdrawals.controls import approve, freeze, reject
from chalicelib.flows.withdrawals.record import IN_RUN, STATUSES, STEPS, State, Withdrawal, step
from chalicelib.flows.withdrawals.request import PayoutRequest, Payouts
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.listing import PAYOUTS, USDT
from chalicelib.money import Amount, scale
from chalicelib.terms import PayoutTerms
from tests.flows.clock import CountedIds, ManualTimer
from tests.flows.memory import MemoryStore

HERE = Place("cex.test", "dev")
UNIT = scale(USDT.decimals)
TERMS = PAYOUTS["USDT"]
DAY_MS = 86_400_000


def account(name: str, kind: KeyType = KeyType.ED25519) -> Account:
    return Account(kind, name.encode().ljust(32, b"."))


ADA, BEN = UserId(account("ada").address), UserId(account("ben").address)
TO = account("to").address
OPERATORS = frozenset({account("operator").address})
HOME = account("home", KeyType.STORAGE).address


class Desk:
    """One user with a million of USDT and an address."""

    def __init__(self) -> None:
        self.store, self.timer, self.ids = MemoryStore(), ManualTimer(), CountedIds()
        self.book = AddressBook(self.store, self.store, self.timer)
        self.payouts = Payouts(self.store, self.store, self.timer, self.ids, self.book, HERE, OPERATORS)
        self.store.commit(credit(ADA, Amount("USDT", 10**6 * UNIT), "start", 1))
        self.store.commit((open_account(HOME, "user"), Put(table.free_address(HOME), {"run": 1})))
        self.store.commit(assign(ADA, HOME, 1))

    def ask(self, units: int, to: str = TO, client_id: str = "", terms: PayoutTerms = TERMS) -> Withdrawal:
        return self.payouts.request(ADA, PayoutRequest(terms, units, to, client_id))

    @property
    def balance(self) -> Balance:
        (found,) = balances(self.store.get(schema.wallet(ADA)))
        return found

    def queued(self) -> list[str]:
        items = self.store.page(table.queued_withdrawal("0"), "~", 100).items
        return [str(item["sk"]).partition("#")[2] for item in items]


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    report = audit(made.store, None, {}, made.timer.now_ms())  # type: ignore[arg-type]
    assert report.differences == []
    assert made.store.illegal == []


def test_what_is_asked_for_is_held_and_waits_in_the_queue(desk: Desk) -> None:
    asked = desk.ask(5 * UNIT)
    assert desk.balance == ("USDT", (10**6 - 5) * UNIT, 5 * UNIT)
    assert desk.queued() == [asked.id]


def test_the_same_id_is_the_same_withdrawal_and_holds_once(desk: Desk) -> None:
    first = desk.ask(5 * UNIT, client_id="rent")
    desk.timer.advance(1000)
    assert desk.ask(5 * UNIT, client_id="rent") == first
    assert desk.balance.held == 5 * UNIT
    for units, to in ((6 * UNIT, account("to").address), (5 * UNIT, account("other").address)):
        with pytest.raises(DuplicateId):
            desk.ask(units, to, "rent")
    assert desk.ask(5 * UNIT).id != desk.ask(5 * UNIT).id, "without one, each is its own"


@pytest.mark.parametrize(
    "to",
    [
        "nonsense",
        account("to").address.upper(),
        account("x", KeyType.TOKEN).address,
        account("x", KeyType.NETWORK).address,
        account("x", KeyType.MULTISIG).address,
        account("x", KeyType.STORAGE).address,
        HOME,
        *OPERATORS,
    ],
)
def test_coins_are_not_sent_where_they_would_be_lost_or_come_back(desk: Desk, to: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.ask(5 * UNIT, to)
    assert refused.value.field == "to"
    assert desk.balance.held == 0


def test_a_storage_account_that_is_listed_is_as_good_as_a_key(desk: Desk, monkeypatch) -> None:
    known = account("another exchange", KeyType.STORAGE).address
    with pytest.raises(InvalidInput) as refused:
        desk.ask(5 * UNIT, known)
    assert refused.value.code == "storage_not_listed"
    monkeypatch.setattr(listing, "DESTINATIONS", {known})
    assert desk.ask(5 * UNIT, known).to == known


def test_more_than_there_is_is_refused(desk: Desk) -> None:
    rich = PayoutTerms(USDT, "0.1", "99000000", "99000000", "99000000", "9")
    with pytest.raises(InsufficientFunds):
        desk.ask((10**6 + 1) * UNIT, terms=rich)
    assert desk.queued() == []


def test_a_large_one_waits_for_two_people(desk: Desk) -> None:
    asked = desk.ask(TERMS.approval_units + 1)
    assert (asked.needs, asked.reason, desk.queued()) == (2, "awaiting_approval", [])

    def now() -> Withdrawal:
        return desk.payouts.get(ADA, asked.id)

    desk.timer.advance(1)
    desk.store.commit(approve(now(), "kim", desk.timer.now_ms()))
    with pytest.raises(Conflict):
        approve(now(), "kim", desk.timer.now_ms())
    assert desk.queued() == []
    seen = now()
    desk.timer.advance(1)
    desk.store.commit(approve(seen, "lou", desk.timer.now_ms()))
    assert desk.queued() == [asked.id]
    with pytest.raises(ConditionFailed):
        desk.store.commit(approve(seen, "max", desk.timer.now_ms()))
    with pytest.raises(Conflict):
        approve(now(), "max", desk.timer.now_ms())


def test_a_rejected_one_is_canceled_and_its_money_free(desk: Desk) -> None:
    asked = desk.ask(TERMS.approval_units + 1)
    desk.store.commit(reject(asked, desk.timer.now_ms()))
    assert desk.payouts.get(ADA, asked.id).status == "canceled"
    assert desk.balance.held == 0


def test_a_frozen_account_and_a_stopped_token_ask_in_vain(desk: Desk) -> None:
    desk.store.commit(freeze(ADA, "asked by its owner", desk.timer.now_ms()))
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(5 * UNIT)
    assert refused.value.code == "account_frozen"
    desk.store.commit(stop("USDT", "drill", desk.timer.now_ms()))
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(5 * UNIT)
    assert refused.value.code == "payouts_stopped"
    assert desk.balance.held == 0


def test_it_can_be_canceled_while_it_waits_and_not_after(desk: Desk) -> None:
    asked = desk.ask(5 * UNIT)
    assert desk.payouts.cancel(ADA, asked.id).state == "canceled"
    assert desk.payouts.cancel(ADA, asked.id).state == "canceled", "again is fine"
    assert (desk.balance.held, desk.queued()) == (0, [])
    other = desk.ask(5 * UNIT)
    planned = Put(schema.withdrawal(ADA, other.id), other._replace(state="planned", run=1).to_item())
    desk.store.commit((planned,))
    with pytest.raises(NotCancelable):
        desk.payouts.cancel(ADA, other.id)
    assert desk.balance.held == 5 * UNIT


def test_two_users_never_share_an_address(desk: Desk) -> None:
    addresses = Addresses(desk.store, desk.store, desk.timer, 1)
    for number in range(3):
        free = account(f"free{number}", KeyType.STORAGE).address
        desk.store.commit((open_account(free, "user"), Put(table.free_address(free), {"run": 1})))
    users = [UserId(account(f"user{number}").address) for number in range(3)]
    given = [addresses.of(user) for user in users]
    assert len(set(given)) == 3
    assert [addresses.of(user) for user in users] == given, "asked again, it is the same"
    taken = given[0]
    with pytest.raises(ConditionFailed):
        desk.store.commit(assign(BEN, taken, 1))
    with pytest.raises(Exception, match="no address is free"):
        addresses.of(BEN)


def test_with_a_closed_book_coins_go_to_known_addresses_alone_and_to_new_ones_after_a_day(desk: Desk) -> None:
    desk.book.only(ADA, True)
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(5 * UNIT)
    assert refused.value.code == "address_not_listed"
    desk.book.add(ADA, TO, "cold wallet")
    with pytest.raises(PayoutRefused) as refused:
        desk.ask(5 * UNIT)
    assert refused.value.code == "address_too_new"
    desk.timer.advance(WAIT_MS)
    desk.ask(5 * UNIT)
    desk.book.remove(ADA, TO)
    with pytest.raises(PayoutRefused):
        desk.ask(6 * UNIT)


def test_an_opened_book_is_open_after_a_day(desk: Desk) -> None:
    desk.book.only(ADA, True)
    assert desk.book.only(ADA, False).only.on
    desk.timer.advance(WAIT_MS - 1)
    assert desk.book.only(ADA, False).only.on, "asked again, it takes no longer"
    with pytest.raises(PayoutRefused):
        desk.ask(5 * UNIT)
    desk.timer.advance(1)
    assert not desk.book.of(ADA).only.on
    desk.ask(5 * UNIT)


def test_a_wallet_that_the_market_waits_for_is_refused_as_for_an_order_and_only_for_a_moment(
    desk: Desk,
) -> None:
    asked = desk.ask(5 * UNIT, client_id="rent")
    desk.store.commit((close_gate(ADA, desk.timer.now_ms()),))
    writes = [lambda: desk.ask(6 * UNIT), lambda: desk.payouts.cancel(ADA, asked.id)]
    for write in (*writes, lambda: desk.book.only(ADA, True)):
        with pytest.raises(RateLimited) as refused:
            write()
        assert refused.value.code == "wallet_busy"
    assert desk.ask(5 * UNIT, client_id="rent") == asked, "what is there already is told"
    assert desk.balance.held == 5 * UNIT
    desk.timer.advance(CLOSED_MS)
    desk.ask(6 * UNIT)
    assert desk.payouts.cancel(ADA, asked.id).state == "canceled"


def test_every_state_has_a_status_and_every_end_is_one() -> None:
    assert STEPS.keys() | {state for then in STEPS.values() for state in then} == STATUSES.keys()
    ends = STATUSES.keys() - STEPS.keys()
    assert {STATUSES[state] for state in ends} == {"completed", "failed", "canceled"}


@pytest.mark.parametrize("state", STATUSES)
@pytest.mark.parametrize("then", STATUSES)
def test_no_step_is_written_that_the_table_does_not_have(state: State, then: State) -> None:
    found = Desk().ask(5 * UNIT)._replace(state=state)
    lawful = {each for now in (IN_RUN if state in IN_RUN else (state,)) for each in STEPS.get(now, ())}
    if then in lawful:
        step(found, then, 1)
    else:
        with pytest.raises(AssertionError, match="no step from"):
            step(found, then, 1)
