"""What does a user see of many withdrawals at once, and what does it cost to look?"""

from collections import Counter

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.plan import Put
from chalicelib.flows.runs.run import new_run
from chalicelib.flows.withdrawals.reading import as_they_stand, withdrawals_of
from chalicelib.flows.withdrawals.record import Withdrawal
from tests.treasury.test_requests import ADA, UNIT, Desk


def planned(desk: Desk, found: Withdrawal, run: int) -> None:
    made = found._replace(state="planned", run=run)
    desk.store.commit((Put(schema.withdrawal(made.user, made.id), made.to_item()),))


def test_a_run_is_read_once_for_all_of_a_page() -> None:
    desk, reads = Desk(), Counter[str]()
    for number, state in ((7, "signed"), (8, "submitted")):
        run = new_run(SETTLEMENT, number, "settle", (), (), 5).at(state, 6)
        desk.store.commit((run.put(),))
    for count in range(20):
        planned(desk, desk.ask(UNIT), 7 + count % 2)
    desk.ask(UNIT)
    get = desk.store.get
    desk.store.get = lambda key: reads.update([key.pk]) or get(key)
    found = withdrawals_of(desk.store, ADA, None, 50).withdrawals
    assert Counter(each.state for each in found) == {"signed": 10, "submitted": 10, "requested": 1}
    assert reads[table.run(SETTLEMENT, 7).pk] == 2


def test_a_run_that_is_gone_hides_nothing() -> None:
    desk = Desk()
    asked = desk.ask(UNIT)._replace(state="planned", run=9)
    assert as_they_stand(desk.store, [asked]) == [asked]
