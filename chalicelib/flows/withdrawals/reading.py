"""What does a user see of his withdrawals and deposits?"""

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.plan import Item
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.schema import Key
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId


class WithdrawalPage(NamedTuple):
    """Newest first, and the cursor to go on from."""

    withdrawals: list[Withdrawal]
    next: str | None


class DepositPage(NamedTuple):
    items: list[Item]
    next: str | None


def as_they_stand(reader: StoreReader, found: Sequence[Withdrawal]) -> list[Withdrawal]:
    """With the states of the runs that they are planned in. A run is long, and is read once."""
    runs: dict[int, Run | None] = {}
    for number in {each.run for each in found if each.state == "planned"}:
        item = reader.get(table.run(SETTLEMENT, number))
        runs[number] = read_run(SETTLEMENT, item) if item else None
    return [each.within(runs.get(each.run)) for each in found]


def withdrawals_of(reader: StoreReader, user: UserId, before: str | None, limit: int) -> WithdrawalPage:
    first = Key(schema.ACCOUNTS, user, schema.ASKED_PREFIX)
    page = reader.page(first, schema.ASKED_PREFIX + "~", limit, newest_first=True, after=before)
    ids = [str(item["sk"]).rpartition("#")[2] for item in page.items]
    items = reader.get_many([schema.withdrawal(user, each) for each in ids])
    found = {each.id: each for each in map(Withdrawal.from_item, items)}
    return WithdrawalPage(as_they_stand(reader, [found[each] for each in ids if each in found]), page.next)


def deposits_of(reader: StoreReader, user: UserId, before: str | None, limit: int) -> DepositPage:
    first = Key(schema.ACCOUNTS, user, schema.DEPOSIT_PREFIX)
    page = reader.page(first, schema.DEPOSIT_PREFIX + "~", limit, newest_first=True, after=before)
    return DepositPage(page.items, page.next)
