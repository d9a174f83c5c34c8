"""When a backup is restored, do the books learn from the chain what they have forgotten, and no more?"""

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.adapters.custody_keys import signer
from chalicelib.errors import Unavailable
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SLOTS
from chalicelib.flows.deposits.losses import losses, write_off
from chalicelib.flows.plan import Plan, Update
from chalicelib.flows.upkeep.restore.restore import Restorer
from chalicelib.flows.upkeep.restore.staples import Found
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.ledger.audit import Difference
from infra import ops
from tests.flows.faults import Crash, nth
from tests.flows.memory import MemoryStore
from tests.flows.torn import restored, torn
from tests.keeta_node.world import new_key
from tests.treasury.world import House, _NoJournal, trade

HOUR_MS = 3_600_000
NOBODY: frozenset[str] = frozenset()


def restore(house: House, plans: list[Plan], cut: int) -> None:
    """The exchange starts again from what it was after so many of its writes."""
    begin_on(house, restored(plans, lambda key: cut))


def begin_on(house: House, store: MemoryStore) -> None:
    """Some minutes later: nobody who held a lease then is there any more."""
    house.store = store
    for slot in SLOTS:
        if store.get(table.lease(slot)) is not None:
            store.commit((Update(table.lease(slot), set={"until_ms": 0}),))
    house.notebook.alarms.clear()
    house.restart()


def since_ms(house: House) -> int:
    return house.clock.now_ms() - HOUR_MS


def found(house: House) -> list[Found]:
    return house.treasury.rescan.look(since_ms(house))


def rescan(house: House, accepted: frozenset[str] = NOBODY) -> Any:
    rescan = house.treasury.rescan
    return rescan.mend(found(house), accepted, since_ms(house), house.deadline_ms)


def rebuild(house: House) -> list[Difference]:
    restorer = Restorer(house.store, _NoJournal(), house.store, house.clock, {})  # type: ignore[arg-type]
    repairs = restorer.look()
    restorer.make(repairs)
    assert [repair.difference for repair in restorer.look()] == []
    return [repair.difference for repair in repairs]


class Day:
    """Two users deposit, trade and withdraw: two payments need what lies at the other's address."""

    def __init__(self, house: House) -> None:
        self.house, self.to = house, new_key().account
        self.poor, self.rich = house.rich(USDT=1_000_000), house.rich(USDT=5_000_000)
        trade(house, self.rich, self.poor, "USDT", 3_000_000)
        self.start = len(house.store.plans)
        self.asked = house.ask(self.poor, "USDT", 3_000_000, self.to)
        self.more = house.ask(self.poor, "USDT", 500_000, self.to)
        self.requested = len(house.store.plans)
        assert house.pay_out().payments == 2
        house.deposit(self.rich, "USDT", 250_000)
        house.follow()
        house.settle()
        self.plans: list[Plan] = list(house.store.plans)
        assert house.differences() == []

    def assert_right(self) -> None:
        house = self.house
        assert [house.withdrawal(each).state for each in (self.asked, self.more)] == ["landed"] * 2
        assert house.balance(self.poor, "USDT") == ("USDT", 500_000, 0)
        assert house.balance(self.rich, "USDT") == ("USDT", 2_250_000, 0)
        assert house.differences() == []
        assert house.reconcile().clean
        assert house.notebook.alarms == []


@pytest.fixture
def day(house: House) -> Day:
    return Day(house)


def test_from_whatever_moment_it_begins_again_the_books_come_to_agree_with_the_chain(day: Day) -> None:
    """The backup may be of before anything was planned, signed, sent or posted."""
    house = day.house
    cuts = range(day.requested, len(day.plans), 3)
    assert len(cuts) > 5
    for cut in cuts:
        restore(house, day.plans, cut)
        rescan(house)
        assert rebuild(house) == [], "nothing was torn"
        day.assert_right()
        assert found(house) == []
    # And it goes on: no number, no block and no key is used twice.
    again = house.ask(day.rich, "USDT", 500_000, day.to)
    assert house.pay_out().payments == 1
    assert house.withdrawal(again).state == "landed"
    assert house.differences() == []


def test_a_backup_that_tore_every_transaction_is_mended_and_then_brought_together(day: Day) -> None:
    house = day.house
    mended = 0
    for seed in range(12):
        end = min(len(day.plans), day.requested + 3 * seed)
        begin_on(house, torn(day.plans[:end], end - day.start, seed))
        mended += len(rebuild(house))
        if house.store.get(table.lease("settlement")) is None or not day_is_known(day):
            continue
        left = rescan(house).left
        rebuild(house)
        if not left:
            day.assert_right()
    assert mended > 50


def day_is_known(day: Day) -> bool:
    """Whether the request itself was in the backup."""
    try:
        day.house.withdrawal(day.asked)
        day.house.withdrawal(day.more)
    except Exception:
        return False
    return True


def test_a_payment_that_no_request_explains_needs_a_person_and_is_then_written_down(day: Day) -> None:
    house = day.house
    restore(house, day.plans, day.start)
    assert rescan(house).posted == []
    (first, *_) = found(house)
    doubt, other = first.doubts
    assert "no withdrawal" in doubt
    assert {str(day.asked.id), str(day.more.id)} == {doubt.split()[-3], other.split()[-3]}
    assert set(house.notebook.alarmed) == {"foreign_block"}, "until a person has said so, it is a thief's"
    house.notebook.alarms.clear()
    rescan(house, frozenset({first.name}))
    rescan(house)
    day.assert_right()


def test_coins_that_a_thief_took_are_never_taken_for_ours(day: Day) -> None:
    house = day.house
    source = Account.from_address(house.address(day.rich))
    stolen = Send(day.to, 1_000, house.outside.token("USDT"))
    house.outside.settle(house.outside.block(source, house.key("operator"), stolen))
    (theft,) = found(house)
    assert "for no withdrawal" in theft.troubles[0]
    assert rescan(house, frozenset({theft.name})).left == [theft]
    assert house.notebook.alarmed == ["foreign_block"]
    lost = losses(house.store, house.treasury.assets, theft.name)
    for plan in write_off(house.store, lost, house.clock.now_ms()):
        house.store.commit(plan)
    assert found(house) == [], "a person has looked at it"


def test_what_an_earlier_operator_key_signed_is_ours_once_a_person_says_so(day: Day) -> None:
    """The key was rotated between the backup and the rescan."""
    house = day.house
    restore(house, day.plans, day.requested)
    old = house.environment["CEX_OPERATOR_KEY"]
    house.new_key("next")
    house.environment["CEX_OPERATOR_KEY"] = f"file:{house.directory}/next.json"
    house.restart()
    house.environment["CEX_OPERATOR_KEY"] = old
    look = house.treasury.rescan.look
    assert all("no key of ours" in each.troubles[0] for each in look(since_ms(house)))
    address = signer(old).account.address
    assert all(not each.troubles for each in look(since_ms(house), [address]))


def test_a_rescan_that_dies_at_any_write_is_begun_again(day: Day) -> None:
    house = day.house
    number = 1
    while True:
        number += 4
        restore(house, day.plans, day.requested)
        house.store.faults.crash(when=nth(number))
        try:
            rescan(house)
            break
        except Crash:
            begin_on(house, house.store)
        rescan(house)
        day.assert_right()
    assert number > 5


def test_an_operator_sees_what_would_be_posted_and_says_yes(
    day: Day, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = day.house
    restore(house, day.plans, day.requested)
    parts = {"store": house.store, "timer": house.clock, "ids": house.ids, "treasury": house.treasury}
    desk = SimpleNamespace(stage="test", prefix="test", **parts)
    monkeypatch.setattr(ops, "exchange", lambda: desk)
    before = len(house.store.plans)
    assert ops.main(["rescan", "--hours", "1"]) == 1
    told = capsys.readouterr().out
    assert "pays 3 USDT" in told
    assert "nothing was done; --yes posts them" in told
    assert len(house.store.plans) == before
    assert ops.main(["rescan", "--hours", "1", "--by", "kim", "--yes"]) == 0
    assert "2 runs posted, 1 deposits found, 0 left" in capsys.readouterr().out
    day.assert_right()
    assert ops.main(["rescan", "--hours", "1"]) == 0


def test_addresses_made_since_are_known_and_given_to_nobody(house: House) -> None:
    before = len(house.store.plans)
    for _ in range(3):
        house.address(house.user())
    assert house.fill() == 3
    plans, made = list(house.store.plans), set(house.addresses())
    assigned = next(n for n in range(before, len(plans)) if plans[n][0].key.pk.startswith("LEASE"))
    restore(house, plans, assigned)
    (filled,) = rescan(house).posted
    assert (filled.slot, len(filled.created)) == ("pool", 3)
    assert set(house.addresses()) == made
    assert house.follow() == 0
    assert house.notebook.alarms == []
    assert house.differences() == []
    assert house.fill() == 3, "those of the lost run are not waiting"
    assert house.treasury.rescan.retire_waiting() == 3
    assert house.treasury.rescan.retire_waiting() == 0
    with pytest.raises(Unavailable):
        house.address(house.user())
    assert house.reconcile().looked == len(house.addresses()), "what lies there is compared all the same"


def test_a_run_that_was_dropped_for_another_pays_nobody_a_second_time(house: House) -> None:
    """The backup is of when it was planned; what it would have paid was paid in the next one."""
    one, two, to = house.rich(USDT=1_000_000), house.rich(USDT=2_000_000), new_key().account
    first, second = house.ask(one, "USDT", 600_000, to), house.ask(two, "USDT", 700_000, to)
    planned = len(house.store.plans)
    sendable = house.treasury.chain.sendable
    bad = house.address(two)
    house.treasury.chain.sendable = lambda key, legs: {
        leg for leg in sendable(key, legs) if leg[0].address != bad
    }
    assert house.pay_out().payments == 1
    plans = list(house.store.plans)
    cut = next(n for n in range(planned, len(plans)) if any("RUN#" in w.key.pk for w in plans[n])) + 1
    restore(house, plans, cut)
    assert {house.withdrawal(each).state for each in (first, second)} == {"planned"}
    rescan(house)
    assert [house.withdrawal(each).state for each in (first, second)] == ["landed", "requested"]
    assert house.pay_out().payments == 1
    assert house.withdrawal(second).state == "landed"
    assert house.outside.balance(to, house.outside.token("USDT")) == 1_300_000
    assert house.differences() == []
