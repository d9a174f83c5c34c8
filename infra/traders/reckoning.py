"""Do fills, fees and credits explain what a trader owns? Uses only what the trader can read himself."""

from decimal import Decimal

from infra.traders.api import Answer
from infra.traders.client import Trader
from infra.traders.story import equal

# Fees are rounded up to the token's smallest unit, and the coarsest token has six decimals.
_COARSEST_UNIT = Decimal("0.000001")


def reckon(trader: Trader, terms: Answer, paid_in: dict[str, Decimal]) -> None:
    """Raises Unexpected unless balances, fills, ledger and the listed fees of one market agree."""
    fills = list(trader.fills())
    totals = {token: Decimal(balance["total"]) for token, balance in trader.balances().items()}
    for token in (terms["base"], terms["quote"]):
        owned = paid_in.get(token, Decimal(0)) + sum(_change(fill, token, terms) for fill in fills)
        equal(f"{trader.name}'s {token} by fills", totals.get(token, Decimal(0)), owned)
    equal(
        f"{trader.name}'s ledger", _ledger(trader), {token: total for token, total in totals.items() if total}
    )
    for fill in fills:
        _check_fee(trader, fill, terms)


def _change(fill: Answer, token: str, terms: Answer) -> Decimal:
    sign = 1 if fill["side"] == "buy" else -1
    fee = Decimal(fill["fee"]) if fill["fee_token"] == token else Decimal(0)
    if token == terms["base"]:
        return sign * Decimal(fill["quantity"]) - fee
    return -sign * Decimal(fill["notional"]) - fee


def _ledger(trader: Trader) -> dict[str, Decimal]:
    """What all entries add up to, by token."""
    sums: dict[str, Decimal] = {}
    for entry in trader.ledger():
        for change in entry["changes"]:
            sums[change["token"]] = sums.get(change["token"], Decimal(0)) + Decimal(change["amount"])
    return {token: total for token, total in sums.items() if total}


def _check_fee(trader: Trader, fill: Answer, terms: Answer) -> None:
    received = Decimal(fill["quantity"] if fill["side"] == "buy" else fill["notional"])
    fee = received * Decimal(terms[f"{fill['role']}_fee"])
    rounded_up = 0 <= Decimal(fill["fee"]) - fee < _COARSEST_UNIT
    equal(f"{trader.name} pays the listed fee on trade {fill['trade_id']}", rounded_up, True)
