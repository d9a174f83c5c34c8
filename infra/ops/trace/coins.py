"""Which records have coins that come in or go out, from the block to the wallet and back?"""

from collections.abc import Iterator
from typing import Any

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.plan import Item
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.withdrawals.reading import as_they_stand
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.wiring import Exchange
from infra.ops.money import amount
from infra.ops.trace.order import items
from infra.ops.trace.record import Chain, Record


def withdrawal_chain(house: Exchange, user: UserId, withdrawal_id: str) -> Chain | None:
    """None when this user has no such withdrawal."""
    key = schema.withdrawal(user, withdrawal_id)
    item = house.store.get(key)
    if item is None:
        return None
    (found,) = as_they_stand(house.store, [Withdrawal.from_item(item)])
    told = f"{amount(found.asset, found.units)} {found.asset}"
    asked = Record("withdrawal", f"requested: {told} to {found.to}", found.created_ms, key)
    now = f"{found.state} {found.reason}".rstrip()
    records = [asked, *_waits(house, found), *_run(house, found), *_paid(house, found)]
    return Chain(
        "withdrawal", found.id, found.user, [*records, Record("state now", now, found.updated_ms, key)]
    )


def credit_chains(house: Exchange, block: str) -> list[Chain]:
    """One for each credit that was posted of a block (its hash, in lower case)."""
    first = table.posted_credit(block, 0)
    return [_credit(house, block, item) for item in items(house, first, "~")]


def own_block_chain(house: Exchange, block: str) -> Chain | None:
    """What a block of ours was signed for. None: it is none of ours."""
    key = table.own_block(block)
    own = house.store.get(key)
    if own is None:
        return None
    slot, number = str(own["slot"]), int(str(own["run"]))
    item = house.store.get(table.run(slot, number))
    run = read_run(slot, item) if item else None
    records = [Record("signed block", f"for run {number} of {slot}", run.signed_ms if run else 0, key)]
    return Chain("block", block, "", [*records, *(_run_records(run) if run else ())])


def payments_of(house: Exchange, block: str) -> list[tuple[UserId, str]]:
    """Withdrawals that a block of ours pays, or would have paid."""
    own = house.store.get(table.own_block(block))
    item = house.store.get(table.run(str(own["slot"]), int(str(own["run"])))) if own else None
    if own is None or item is None:
        return []
    run = read_run(str(own["slot"]), item)
    sources = {
        each.body.account.address
        for each in (run.publishing.all_blocks if run.publishing else ())
        if each.hash.hex() == block
    }
    return [
        (payment.user, payment.id)
        for payment in run.payments
        if run.landed.get(payment.id) == block or (not run.landed and payment.source in sources)
    ]


def address_chain(house: Exchange, address: str) -> Chain | None:
    """An address of ours, or a user. None: nobody we know."""
    key, wallet_key = table.custody_account(address), schema.wallet(UserId(address))
    item, wallet = house.store.get(key), house.store.get(wallet_key)
    records: list[Record] = []
    if item is not None and "role" in item:
        found = ours(house.store, [address])[address]
        lies = ", ".join(f"{amount(asset, units)} {asset}" for asset, units in found.units.items())
        owner = f" of {found.user}" if found.user else ""
        records.append(Record("address of ours", f"{found.role}{owner}: {lies or 'nothing'}", 0, key))
    if wallet is not None:
        owns = ", ".join(f"{amount(each.asset, each.total)} {each.asset}" for each in balances(wallet))
        records.append(Record("wallet", owns or "nothing", 0, wallet_key))
    home = house.store.get(schema.deposit_address(UserId(address)))
    if home is not None:
        deposit_key = schema.deposit_address(UserId(address))
        records.append(Record("deposit address", str(home["address"]), 0, deposit_key))
    return Chain("address", address, "", records) if records else None


def _credit(house: Exchange, block: str, item: Item) -> Chain:
    told: dict[str, Any] = dict(item)
    operation, user = int(told["sk"]), UserId(told["owner"])
    asset, units, moment = told["asset"], told["units"], told["moment"]
    text = f"{amount(asset, units)} {asset}" if asset else f"{units} units of {told['token']}"
    says = f"{text} from {told['sender']} to {told['to']}, posted as {told['kind']}"
    records = [
        Record(
            "chain",
            f"block {block.upper()}, operation {operation}",
            moment,
            table.posted_credit(block, operation),
        )
    ]
    records.append(Record("credit", says, moment, table.posted_credit(block, operation)))
    for key, kind in (
        (schema.deposit(user, moment, block, operation), "deposit"),
        (schema.money_entry(user, moment, "deposit", f"{block}-{operation}"), "ledger entry"),
    ):
        if user and house.store.get(key) is not None:
            records.append(Record(kind, f"{text} to the wallet of its user", moment, key))
    return Chain(told["kind"], f"{block}-{operation}", user, records)


def _waits(house: Exchange, found: Withdrawal) -> Iterator[Record]:
    for key, says in (
        (
            table.unapproved_withdrawal(found.queued_id),
            f"approved by {', '.join(found.approved) or 'nobody'}",
        ),
        (table.queued_withdrawal(found.queued_id), "may be planned"),
    ):
        if house.store.get(key) is not None:
            yield Record("queue", says, found.updated_ms, key)


def _run(house: Exchange, found: Withdrawal) -> Iterator[Record]:
    item = house.store.get(table.run(SETTLEMENT, found.run)) if found.run else None
    if item is None:
        return
    run = read_run(SETTLEMENT, item)
    yield from _run_records(run)
    home = next((payment.source for payment in run.payments if payment.id == found.id), "")
    for block in run.publishing.all_blocks if run.publishing else ():
        if block.body.account.address == home:
            says = f"block {block.hash.hex().upper()} of {home}"
            yield Record("signed block", says, run.signed_ms, table.own_block(block.hash.hex()))


def _run_records(run: Run) -> Iterator[Record]:
    key = table.run(run.slot, run.number)
    for state, time_ms in run.times.items():
        trouble = f": {run.trouble}" if run.trouble and state == run.state else ""
        yield Record("run", f"run {run.number} {state}{trouble}", time_ms, key)


def _paid(house: Exchange, found: Withdrawal) -> Iterator[Record]:
    key = schema.money_entry(found.user, found.updated_ms, "withdrawal", found.id)
    if found.block and house.store.get(key) is not None:
        says = f"{amount(found.asset, -found.units)} {found.asset}, paid by block {found.block.upper()}"
        yield Record("ledger entry", says, found.updated_ms, key)
