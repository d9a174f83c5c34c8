"""Whose is it? What operators are told is an id alone; the tables are keyed by user.

Without --user the whole table of accounts is read, which a large exchange waits minutes for.
"""

from collections.abc import Iterator

from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.withdrawals.waiting import waiting
from chalicelib.ids import UserId
from chalicelib.wiring import Exchange


def owner_of_order(house: Exchange, order_id: str) -> UserId:
    """Raises NotFound."""
    return _owner(house, schema.ORDER_PREFIX + order_id, "no such order")


def owner_of_withdrawal(house: Exchange, withdrawal_id: str) -> UserId:
    """One that is not over is found at once. Raises NotFound."""
    for each in waiting(house.store, house.timer.now_ms()):
        if each.withdrawal.id == withdrawal_id:
            return each.withdrawal.user
    return _owner(house, schema.WITHDRAWAL_PREFIX + withdrawal_id, "no such withdrawal")


def matching(house: Exchange, text: str) -> Iterator[Item]:
    """Orders, withdrawals, amendments and ledger entries that have this name, by whatever name it is."""
    for item in house.store.scan(schema.ACCOUNTS):
        sk = str(item["sk"])
        named = sk.partition("#")[2] if sk.startswith(_NAMED) else sk
        if text in (named, sk, item.get("client_order_id"), item.get("client_id")):
            yield item


_NAMED = (schema.ORDER_PREFIX, schema.WITHDRAWAL_PREFIX, schema.AMENDMENT_PREFIX)


def _owner(house: Exchange, sk: str, missing: str) -> UserId:
    for item in house.store.scan(schema.ACCOUNTS):
        if item["sk"] == sk:
            return UserId(str(item["pk"]))
    raise NotFound(missing)
