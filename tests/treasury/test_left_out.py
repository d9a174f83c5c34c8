"""What if a run is over, and has lost one of its payments?"""

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, Lease
from chalicelib.flows.plan import Update
from chalicelib.flows.runs.run import Run
from chalicelib.flows.withdrawals.waiting import waiting
from tests.treasury.test_faults import Asked
from tests.treasury.world import House


def test_a_payment_that_its_run_has_lost_waits_for_a_person_and_holds_up_nobody(house: House) -> None:
    lost = Asked(house)
    close = house.treasury.books.close

    def forgetful(lease: Lease, run: Run) -> Run:
        return close(lease, run._replace(landed={}))

    house.treasury.books.close = forgetful
    house.pay_out()
    house.treasury.books.close = close
    assert lost.state == "stuck"
    assert "payment_left_out" in house.notebook.alarmed
    (told,) = waiting(house.store, house.clock.now_ms())
    assert (told.withdrawal.id, told.needs_person) == (lost.found.id, True)
    house.store.commit((Update(table.lease(SETTLEMENT), set={"run": told.withdrawal.run}),))
    house.store.commit((Update(table.run(SETTLEMENT, told.withdrawal.run), set={"state": "broken"}),))
    assert house.treasury.resolver.resolve()
    assert (lost.state, lost.got) == ("stuck", lost.units), "it was paid: nobody plans it anew"
    other = Asked(house)
    house.pay_out()
    assert (other.state, other.got) == ("landed", other.units)
