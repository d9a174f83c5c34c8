"""Where do orders, wallets and ledgers differ from what records and journals make of them?"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.plan import Delete, Present, Put, Value
from chalicelib.flows.records.entries import CreditEntry, Entry, MoneyEntry, WithdrawalEntry, key_of, put_back
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.rebuild import Rebuilt, RebuiltOrder
from chalicelib.flows.upkeep.restore.repair import Repair, repair, set_to, set_units
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import MarketId, UserId
from chalicelib.ledger.transfers import Account
from chalicelib.market import Market


def book_repairs(stored: Stored, rebuilt: Rebuilt, markets: Mapping[MarketId, Market]) -> Iterator[Repair]:
    yield from order_repairs(stored, rebuilt, markets)
    yield from _void_amendments(stored)
    yield from wallet_repairs(stored, rebuilt)
    yield from _ledger_repairs(stored, rebuilt)
    yield from _deposit_repairs(stored)


# --- orders -------------------------------------------------------------------------------------


class Changing(NamedTuple):
    """What of an order's record may change after it was written."""

    price: int
    quantity: int
    budget: int
    status: str
    filled: int
    quote: int
    fee: int
    reason: str
    replacing: str
    extra: int


def order_repairs(stored: Stored, rebuilt: Rebuilt, markets: Mapping[MarketId, Market]) -> Iterator[Repair]:
    for order in stored.orders:
        wanted = rebuilt.orders[order.id]
        found = Changing(*(getattr(order, name) for name in Changing._fields))
        expected = _expected(order, wanted, markets[order.market], order.id in rebuilt.amended)
        if expected != found:
            fields: dict[str, Value] = {
                **expected._asdict(),
                "updated_ms": wanted.touched_ms or order.created_ms,
            }
            # Of a stored record only these are always there, also when they are nothing.
            known = {name: getattr(order, name) for name in ("status", "filled", "replacing")}
            write = set_to(schema.order(order.user, order.id), fields, known)
            yield repair("orders", order.id, expected, found, write)


def _expected(order: OrderRecord, wanted: RebuiltOrder, market: Market, amended: bool) -> Changing:
    price = (order.first_price or order.price) if wanted.price is None else wanted.price
    quantity = order.quantity if wanted.quantity is None else wanted.quantity
    if not amended and not wanted.budget:
        quantity = _quantity_held_for(order, price, quantity, market)
    replacing, extra = wanted.replaces[-1] if wanted.replaces else ("", 0)
    terms = (price, quantity, wanted.budget, wanted.status)
    return Changing(*terms, wanted.filled, wanted.quote, wanted.fee, wanted.reason, replacing, extra)


def _quantity_held_for(order: OrderRecord, price: int, quantity: int, market: Market) -> int:
    """As the order came in: what changed it since is in no journal."""
    count = order.hold // market.hold_units(order.side, 1)
    if order.side == "sell":
        return count
    return count // price if count % price == 0 else quantity


def _void_amendments(stored: Stored) -> Iterator[Repair]:
    known = {order.id for order in stored.orders}
    for each in stored.amendments:
        if each.order_id not in known:
            gone = Delete(schema.amendment(each.user, each.command), require=(Present(),))
            yield repair("amendments", each.command, "none: its order is gone", "an amendment", gone)


# --- wallets ------------------------------------------------------------------------------------


def wallet_repairs(stored: Stored, rebuilt: Rebuilt) -> Iterator[Repair]:
    """One write per user. A balance below zero is written as it is: what is missing is not found yet."""
    accounts = {*stored.balances, *rebuilt.balances}
    for user in sorted({each.owner for each in accounts if each.bucket in ("available", "held")}):
        wanted, found = _numbers(user, rebuilt.balances), _numbers(user, stored.balances)
        changed = {
            n: wanted.get(n, 0) for n in sorted({*wanted, *found}) if wanted.get(n, 0) != found.get(n, 0)
        }
        if changed:
            there = {name: found.get(name, 0) for name in changed}
            yield repair(
                "wallets", user, changed, there, set_units(schema.wallet(UserId(user)), changed, found)
            )


def _numbers(user: str, balances: Mapping[Account, Mapping[str, int]]) -> dict[str, int]:
    available = balances.get(Account(user, "available"), {})
    held = balances.get(Account(user, "held"), {})
    return {
        **{schema.available_attribute(asset): units for asset, units in available.items()},
        **{schema.held_attribute(asset): units for asset, units in held.items()},
    }


# --- ledgers ------------------------------------------------------------------------------------


def _ledger_repairs(stored: Stored, rebuilt: Rebuilt) -> Iterator[Repair]:
    """A credit is its own and only record."""
    found = {key: each for key, each in stored.ledger.items() if not isinstance(each, CreditEntry)}
    wanted: dict[Key, Entry] = {**rebuilt.written, **_money_entries(stored)}
    for key in sorted({*wanted, *found}):
        if wanted.get(key) == found.get(key):
            continue
        entry = wanted.get(key)
        write = Delete(key, require=(Present(),)) if entry is None else put_back(key, entry)
        yield repair("entries", f"{key.pk} {key.sk}", entry or "none", found.get(key, "missing"), write)


def _money_entries(stored: Stored) -> dict[Key, Entry]:
    custody = stored.custody
    known: list[tuple[str, MoneyEntry]] = [(c.user, c.entry) for c in custody.credits if c.user]
    known += [(each.user, each.entry) for each in custody.adjustments if each.state == "posted"]
    known += [(each.user, _paid(each)) for each in stored.withdrawals if each.state == "landed"]
    return {key_of(UserId(user), entry): entry for user, entry in known}


def _paid(found: Withdrawal) -> WithdrawalEntry:
    return WithdrawalEntry(found.updated_ms, found.asset, found.units, found.id, found.to, found.block)


def _deposit_repairs(stored: Stored) -> Iterator[Repair]:
    """The list of deposits that a user sees."""
    wanted: dict[Key, dict[str, Value]] = {
        schema.deposit(UserId(c.user), c.moment, c.block, c.operation): {
            "asset": c.asset,
            "units": c.units,
            "block": c.block,
            "operation": c.operation,
        }
        for c in stored.custody.credits
        if c.user
    }
    found = {key for key in stored.others if key.sk.startswith(schema.DEPOSIT_PREFIX)}
    for key in sorted(found - wanted.keys()):
        gone = Delete(key, require=(Present(),))
        yield repair("deposits", f"{key.pk} {key.sk}", "none: the chain will tell", "a deposit", gone)
    for key in sorted(wanted.keys() - found):
        yield repair("deposits", f"{key.pk} {key.sk}", "a deposit", "none", Put(key, wanted[key]))
