"""Can one person take all deposit addresses of a day?"""

import pytest

from chalicelib.api.source import network_of
from chalicelib.errors import RateLimited
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.custody.assign import DAY_MS, Addresses
from chalicelib.flows.plan import Put
from chalicelib.ids import UserId
from chalicelib.keeta.account import KeyType
from tests.treasury.test_requests import Desk, account

HERE, THERE = "203.0.113.7", "203.0.113.8"


class Office:
    """Thirty addresses wait; three a day for each network."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.addresses = Addresses(self.desk.store, self.desk.store, self.desk.timer, 3)
        self._users = 0
        for number in range(30):
            free = account(f"free{number}", KeyType.STORAGE).address
            self.desk.store.commit((open_account(free, "user"), Put(table.free_address(free), {"run": 1})))

    def newcomer(self, source: str | None) -> tuple[UserId, str]:
        self._users += 1
        user = UserId(account(f"user{self._users}").address)
        return user, self.addresses.of(user, source)


@pytest.fixture
def office() -> Office:
    return Office()


def test_new_keys_of_one_network_take_so_many_a_day_and_others_go_on(office: Office) -> None:
    known = [office.newcomer(HERE) for _ in range(3)]
    with pytest.raises(RateLimited) as refused:
        office.newcomer(HERE)
    assert refused.value.code == "too_many_addresses"
    office.newcomer(THERE)
    assert [office.addresses.of(user, HERE) for user, _ in known] == [given for _, given in known]
    assert refused.value.retry_s is not None
    office.desk.timer.advance(refused.value.retry_s * 1000)
    office.newcomer(HERE)
    office.desk.timer.advance(DAY_MS)
    assert len({office.newcomer(HERE)[1] for _ in range(3)}) == 3


def test_who_is_refused_has_taken_nothing(office: Office) -> None:
    for _ in range(3):
        office.newcomer(HERE)
    before = len(office.desk.store.page(table.free_address("0"), "~", 100).items)
    for _ in range(5):
        with pytest.raises(RateLimited):
            office.newcomer(HERE)
    assert len(office.desk.store.page(table.free_address("0"), "~", 100).items) == before


def test_we_ourselves_are_not_counted(office: Office) -> None:
    assert len({office.newcomer(None)[1] for _ in range(10)}) == 10


@pytest.mark.parametrize(
    ("source", "network"),
    [
        (HERE, HERE),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", HERE),
        ("", "unknown"),
        ("proxy, 203.0.113.7", "unknown"),
    ],
)
def test_who_has_one_address_of_ipv6_has_its_whole_network(source: str, network: str) -> None:
    assert network_of(source) == network
