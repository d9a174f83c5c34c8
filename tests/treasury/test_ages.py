"""Does what stands still grow old in the figures, and what is used up become less?"""

from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.proof.ages import WORKS
from chalicelib.ledger.transfers import CAPITAL, deposit_transfers
from chalicelib.money import Amount
from chalicelib.settlement.errors import Unreachable
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

HOUR = 3_600_000


def test_a_run_that_does_not_come_through_grows_old_also_while_all_is_stopped(house: House) -> None:
    asked = Asked(house)
    assert set(house.treasury.ages()) == set(WORKS)
    assert house.treasury.ages()["settlement_run"] == 0
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.store.commit(stop(ALL, "drill", house.clock.now_ms()))
    house.clock.offset_ms += HOUR
    assert house.treasury.ages()["settlement_run"] >= HOUR
    assert house.treasury.ages()["pool_run"] == 0
    house.clock.offset_ms -= HOUR
    house.controls.reset()
    asked.settled()
    assert house.treasury.ages()["settlement_run"] == 0


def test_a_follower_that_reads_nothing_grows_old_and_a_quiet_network_does_not(house: House) -> None:
    house.follow()
    house.clock.offset_ms += HOUR
    assert house.treasury.ages()["deposits"] >= HOUR
    house.follow()
    assert house.treasury.ages()["deposits"] < HOUR, "nothing happened there, and that was seen"
    house.clock.offset_ms += HOUR

    def away(*_: object) -> None:
        raise Unreachable("away")

    house.treasury.chain.history = away  # type: ignore[assignment,method-assign]
    house.follow()
    assert house.treasury.ages()["deposits"] >= HOUR


def test_a_round_of_reconciliation_and_the_last_netting_have_an_age(house: House) -> None:
    house.reconcile()
    house.treasury.nettings.done()
    house.clock.offset_ms += HOUR
    found = house.treasury.ages()
    assert found["reconciliation"] >= HOUR
    assert found["netting"] >= HOUR
    house.reconcile()
    house.treasury.nettings.done()
    found = house.treasury.ages()
    assert max(found["reconciliation"], found["netting"]) < HOUR


def test_addresses_that_wait_and_staples_that_can_be_paid_are_counted(house: House) -> None:
    before = house.treasury.free_addresses()
    house.address(house.user())
    assert house.treasury.free_addresses() == before - 1
    assert house.treasury.staples_left() == {"treasury": 0, "owner": 0}
    price = 1_000 * len(house.treasury.chain.weights)
    paid_in = deposit_transfers(house.own("treasury"), Amount("KTA", 3 * price - 1), CAPITAL)
    house.store.commit(tuple(posting(paid_in)))
    assert house.treasury.staples_left() == {"treasury": 2, "owner": 0}


def test_where_votes_are_free_nobody_runs_out(house: House) -> None:
    house.environment["CEX_VOTE_FEE_MAX"] = "0"
    house.restart()
    assert house.treasury.staples_left() == {}
