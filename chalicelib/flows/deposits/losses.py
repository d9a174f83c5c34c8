"""What did a block take that we did not sign, and who bears it? Capital does, once a person has looked.

Until then the books say that the coins are there, and every reconciliation finds them missing. Each
operation of the block is posted once, as a credit below zero; what went to another address of ours is
found there again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from chalicelib.errors import Conflict, NotFound
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Absent, Item, Plan, Put
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.keeta.account import Account
from chalicelib.ledger.transfers import CAPITAL, Transfer, deposit_transfers
from chalicelib.money import Amount

# Above the number of any operation: where the other side of a move among our addresses is posted.
ARRIVED = 50_000
# So many losses in one transaction: each may write two items and change an address of its own.
PART = 25
PAGES = 10


class Loss(NamedTuple):
    """`units` of a listed asset that an operation of the block took from `source`."""

    block: str
    operation: int
    source: str
    to: str
    asset: str
    units: int


def losses(reader: StoreReader, assets: Mapping[Account, str], block: str) -> list[Loss]:
    """Of listed tokens. Raises NotFound for a block that was not noted as foreign."""
    note: Any = reader.get(table.note("foreign", block))
    if note is None or "sent" not in note:
        raise NotFound("no such foreign block", code="no_such_block")
    sent = (*note["sent"], *_more(reader, block))
    found = ((number, to, Account.from_address(token), units) for number, to, token, units in sent)
    return [
        Loss(block, number, str(note["account"]), to, assets[token], int(units))
        for number, to, token, units in found
        if token in assets and int(units) > 0
    ]


def _more(reader: StoreReader, block: str) -> Iterator[Any]:
    """What its note has no room for."""
    first, after = table.note("foreign-sent", f"{block}-0"), None
    while True:
        page = reader.page(first, f"{block}-~", PAGES, after=after)
        for item in page.items:
            yield from cast(Any, item["sent"])
        if page.next is None:
            return
        after = page.next


def write_off(reader: StoreReader, found: list[Loss], now_ms: int) -> Iterator[Plan]:
    """Plans to be carried out one after the other. Whoever dies amid them begins anew: what is booked is
    left out, and the condition of each plan is that it was not booked meanwhile, and that the books have
    so much there. Raises Conflict when all is booked.
    """
    keys = [table.posted_credit(loss.block, loss.operation) for loss in found]
    booked = {(item["pk"], item["sk"]) for item in reader.get_many(keys)}
    left = [loss for loss, key in zip(found, keys, strict=True) if (key.pk, key.sk) not in booked]
    if found and not left:
        raise Conflict("it was written off before", code="not_written_off")
    own = ours(reader, sorted({loss.to for loss in left}))
    for start in range(0, len(left), PART):
        yield _booking(left[start : start + PART], own, now_ms)


def _booking(part: list[Loss], own: Mapping[str, Custody], now_ms: int) -> Plan:
    transfers: list[Transfer] = []
    items: list[Put] = []
    for loss in part:
        for address, number, units in _sides(loss, own):
            amount = Amount(loss.asset, units)
            transfers += deposit_transfers(address, amount, CAPITAL)
            items.append(_once(loss, address, number, units, now_ms))
    return (*items, *posting(transfers))


def _sides(loss: Loss, own: Mapping[str, Custody]) -> Iterator[tuple[str, int, int]]:
    """(address, under which number, what its custody gains)."""
    yield loss.source, loss.operation, -loss.units
    if loss.to in own:
        yield loss.to, ARRIVED + loss.operation, loss.units


def _once(loss: Loss, address: str, number: int, units: int, now_ms: int) -> Put:
    item: Item = {
        "block": loss.block,
        "operation": loss.operation,
        "sender": loss.source,
        "to": address,
        "units": units,
        "moment": now_ms,
        "asset": loss.asset,
        "kind": "capital",
        "owner": "",
    }
    return Put(table.posted_credit(loss.block, number), item, require=(Absent(),))
