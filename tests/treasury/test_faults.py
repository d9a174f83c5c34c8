"""What if the network, the clock, or a second worker does the worst of what it may do?"""

from collections.abc import Callable

import pytest

from chalicelib.errors import ConditionFailed
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import LEASE_MS, SETTLEMENT
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from tests.keeta_node.world import new_key
from tests.treasury.world import House

MINUTE = 60_000
VISITS_MAX = 8


class Asked:
    """A withdrawal that waits, and who is to get it."""

    def __init__(self, house: House, units: int = 500_000) -> None:
        self.house = house
        self.user = house.rich(USDT=2_000_000)
        self.to = new_key().account
        self.units = units
        self.found: Withdrawal = house.ask(self.user, "USDT", units, self.to)

    @property
    def got(self) -> int:
        return self.house.outside.balance(self.to, self.house.outside.token("USDT"))

    @property
    def state(self) -> str:
        return self.house.withdrawal(self.found).state

    def settled(self) -> None:
        """After any trouble: paid once, and all of it in the books."""
        for _ in range(VISITS_MAX):
            if self.state == "landed":
                break
            self.house.clock.offset_ms += LEASE_MS // 100
            self.house.pay_out()
        assert (self.state, self.got) == ("landed", self.units)
        assert self.house.differences() == []


@pytest.fixture
def asked(house: House) -> Asked:
    return Asked(house)


def run_in_flight(house: House) -> Run:
    number = int(str((house.store.get(table.lease(SETTLEMENT)) or {})["run"]))
    item = house.store.get(table.run(SETTLEMENT, number))
    assert item is not None
    return read_run(SETTLEMENT, item)


@pytest.mark.parametrize("route", ["vote.temporary", "vote.permanent", "publish", "votes", "accounts"])
@pytest.mark.parametrize("action", ["drop_request", "drop_response"])
@pytest.mark.parametrize("times", [1, 4])
def test_lost_requests_and_lost_answers_pay_once(asked: Asked, route: str, action, times: int) -> None:
    asked.house.controls.fault(route, action, times=times)
    asked.house.pay_out()
    asked.settled()


@pytest.mark.parametrize("condition", ["unavailable", "reset", "silent"])
def test_one_representative_that_is_away_stops_nobody(asked: Asked, condition) -> None:
    asked.house.controls.condition(condition, representative=2)
    asked.house.pay_out()
    assert asked.got == asked.units
    asked.house.controls.reset()
    asked.settled()


def test_two_that_are_away_stop_us_and_nothing_is_lost(asked: Asked) -> None:
    for number in (1, 2):
        asked.house.controls.condition("reset", representative=number)
    asked.house.pay_out()
    assert asked.state in ("requested", "planned")
    asked.house.controls.reset()
    assert asked.got == 0
    asked.settled()


def test_votes_that_expire_are_asked_for_again_on_the_same_previous(asked: Asked) -> None:
    house = asked.house
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    first = run_in_flight(house)
    house.controls.reset()
    house.shift(4 * MINUTE)  # the lease is over, the votes are not
    house.shift(7 * MINUTE)
    house.pay_out()
    assert asked.state == "landed"
    closed = read_run(SETTLEMENT, house.store.get(table.run(SETTLEMENT, first.number)))
    assert {block.hash.hex() for block in first.known.blocks}.isdisjoint(closed.blocks), "signed anew"
    again = [block.body.previous for block in closed.known.blocks]
    assert again == [block.body.previous for block in first.known.blocks]
    assert [b.body.idempotent for b in closed.known.blocks] == [b.body.idempotent for b in first.known.blocks]
    asked.settled()


def test_a_staple_that_lands_after_we_gave_up_on_it_is_posted_and_not_paid_again(asked: Asked) -> None:
    """Its votes were complete; only nobody had been told. Meanwhile the same was signed anew."""
    house = asked.house
    house.controls.fault("publish", "drop_request", times=1000)
    house.pay_out()
    waiting = run_in_flight(house)
    assert asked.got == 0
    house.controls.reset()
    house.outside.publisher.publish(waiting.known)  # somebody who had it does it for us
    assert asked.got == asked.units
    asked.settled()


def test_half_of_the_permanent_votes_are_finished_however_late(asked: Asked) -> None:
    house = asked.house
    for number in (3, 4):
        house.controls.fault("vote.permanent", "drop_request", representative=number, times=100)
    house.pay_out()
    house.controls.reset()
    house.shift(17 * MINUTE)
    house.restart()
    asked.settled()


def test_two_workers_at_once_pay_once(asked: Asked) -> None:
    house, other = asked.house, asked.house.new_process()
    drive = house.treasury.settler._driver._desk.chain.ask_permanent

    def meanwhile(known):
        assert other.settler.visit(house.deadline_ms).runs == 0, "the lease is taken"
        return drive(known)

    house.treasury.chain.ask_permanent = meanwhile
    house.pay_out()
    asked.settled()


def test_a_worker_that_slept_through_its_lease_can_write_nothing_more(asked: Asked) -> None:
    house, other = asked.house, asked.house.new_process()
    ask = house.treasury.chain.ask_temporary

    def slept(known):
        house.clock.offset_ms += LEASE_MS + 1_000
        assert other.settler.visit(house.deadline_ms).payments == 1
        return ask(known)

    house.treasury.chain.ask_temporary = slept
    assert house.pay_out().payments == 0
    assert asked.got == asked.units
    asked.settled()


def test_a_lease_that_another_has_taken_over_guards_nothing_any_more(house: House) -> None:
    leases = house.treasury.leases
    old = leases.take(SETTLEMENT)
    assert old is not None
    assert leases.take(SETTLEMENT) is None
    house.store.commit((old.guard(),))
    house.clock.offset_ms += LEASE_MS + 1
    new = leases.take(SETTLEMENT)
    assert new is not None
    for guard in (old.guard(), old.guard(run=7), old.guard(tokens=["USDT"], signs=True)):
        with pytest.raises(ConditionFailed):
            house.store.commit((guard,))
    leases.release(old)
    assert leases.take(SETTLEMENT) is None, "who lost it can not give it away"
    house.store.commit((new.guard(),))


def test_a_clock_that_was_wrong_once_holds_the_lease_up_for_nobody(asked: Asked) -> None:
    house = asked.house
    house.clock.offset_ms += 24 * 60 * MINUTE
    assert house.treasury.leases.take(SETTLEMENT) is not None
    house.clock.offset_ms -= 24 * 60 * MINUTE
    asked.settled()


def test_fees_are_paid_from_the_treasury_and_booked(asked: Asked) -> None:
    house = asked.house
    treasury = str(house.store.get(table.cursor("treasury"))["address"])
    house.outside.fund([Account.from_address(treasury)], 1_000_000, house.outside.token("KTA"))
    house.follow()
    house.controls.fee(40)
    house.pay_out()
    house.controls.fee(None)
    assert house.total("KTA").expense in (3 * 40, 4 * 40)
    asked.settled()


@pytest.mark.parametrize(("coins", "alarmed"), [(100 * 160, True), (2_000 * 160, False)])
def test_it_is_told_early_that_fees_run_out(asked: Asked, coins: int, alarmed: bool) -> None:
    house = asked.house
    house.outside.fund([Account.from_address(house.own("treasury"))], coins, house.outside.token("KTA"))
    house.follow()
    house.controls.fee(40)
    house.pay_out()
    house.controls.fee(None)
    low = [fields for name, fields in house.notebook.alarms if name == "fees_low"]
    assert [each["account"] for each in low] == ([house.own("treasury")] if alarmed else [])
    assert all(98 <= each["staples"] <= 133 for each in low), "at three or four votes each"


def test_a_fee_that_changes_between_the_rounds_does_not_matter(asked: Asked) -> None:
    house = asked.house
    treasury = str(house.store.get(table.cursor("treasury"))["address"])
    house.outside.fund([Account.from_address(treasury)], 1_000_000, house.outside.token("KTA"))
    house.follow()
    house.controls.fee(40)
    permanent = house.treasury.chain.ask_permanent

    def dearer(known):
        house.controls.fee(900)
        return permanent(known)

    house.treasury.chain.ask_permanent = dearer
    house.pay_out()
    house.controls.fee(None)
    assert house.total("KTA").expense in (3 * 40, 4 * 40)
    asked.settled()


def test_a_head_that_a_thief_moves_under_us_stops_everything(asked: Asked) -> None:
    house = asked.house
    home = Account.from_address(house.address(asked.user))
    ask = house.treasury.chain.ask_temporary

    def robbed(known):
        stolen = Send(new_key().account, 7, house.outside.token("USDT"))
        house.outside.settle(house.outside.block(home, house.key("operator"), stolen))
        return ask(known)

    house.treasury.chain.ask_temporary = robbed
    house.pay_out()
    house.restart()
    house.pay_out()
    house.follow()
    assert asked.got == 0
    assert "foreign_block" in house.notebook.alarmed
    assert asked.state in ("planned", "stuck")
    assert house.balance(asked.user, "USDT").held == asked.units, "held until a person has decided"


def test_a_freeze_a_stop_and_an_approval_hold_a_withdrawal_back(
    house: House, new_house: Callable[..., House]
) -> None:
    from chalicelib.flows.custody.lease import clear, stop
    from chalicelib.flows.withdrawals.controls import freeze, unfreeze

    asked = Asked(house)
    now = house.clock.now_ms
    for close, open_ in (
        (freeze(asked.user, "drill", now()), unfreeze(asked.user, "over", now() + 1)),
        (stop("USDT", "drill", now() + 2), clear("USDT", "over", now() + 3)),
    ):
        house.store.commit(close)
        assert house.pay_out().runs == 0
        assert asked.state == "requested"
        house.store.commit(open_)
    asked.settled()


def test_an_address_that_the_issuer_froze_is_left_out_and_the_rest_is_paid(house: House) -> None:
    from chalicelib.keeta.operations import Adjust, ModifyPermissions
    from chalicelib.keeta.permissions import Flag, Permissions

    frozen, fine = Asked(house), Asked(house)
    home = Account.from_address(house.address(frozen.user))
    token, issuer = house.outside.token("USDT"), house.outside.key("issuer")
    nothing = ModifyPermissions(home, Adjust.SET, Permissions(Flag(0)))
    house.outside.settle(house.outside.block(token, issuer, nothing))
    house.pay_out()
    assert (frozen.state, frozen.got) == ("failed", 0)
    assert house.withdrawal(frozen.found).reason == "address_may_not_send"
    assert house.balance(frozen.user, "USDT") == ("USDT", 2_000_000, 0)
    fine.settled()
    assert "leg_may_not_send" in house.notebook.alarmed
