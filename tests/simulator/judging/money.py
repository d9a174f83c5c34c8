"""What must everybody have in the end, by the twin's trades alone? To the last unit.

It shares nothing with the ledger of the house: what was paid in, plus what the trades
brought, is what the wallets must say; what is held is what the twin's book still reserves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.flows import schema
from chalicelib.ids import MarketId
from chalicelib.market import Market
from tests.engine.twin_matching import hold

from .facts import Facts
from .sequential import Sequential

# (user, asset): units.
Units = Counter[tuple[str, str]]


def wrong_balances(facts: Facts, markets: Mapping[MarketId, Sequential]) -> Iterator[str]:
    total, held = _paid_in(facts), Units()
    for market_id, sequential in markets.items():
        market = facts.run.cloud.markets[market_id]
        for trade in sequential.trades:
            _exchange(facts, total, market, trade)
        for order in sequential.twin.open:
            _hold(held, market, order["user"], order["side"], hold(order))
    stored = _stored(facts)
    for user, asset in sorted({*total, *held, *stored}):
        wanted = (total[user, asset] - held[user, asset], held[user, asset])
        found = stored.get((user, asset), (0, 0))
        if wanted != found:
            yield f"{user} should have {wanted} {asset} available and held, and has {found}"


def _exchange(facts: Facts, total: Units, market: Market, trade: tuple[Any, ...]) -> None:
    """Both sides give, and receive less the fee that their order was promised."""
    _, maker_id, maker, taker_id, taker, side, price, lots, *_ = trade
    maker_ppm, taker_ppm = facts.orders[maker_id].maker_ppm, facts.orders[taker_id].taker_ppm
    base, quote = lots * market.lot_units, price * lots * market.step_units
    for user, buys, ppm in ((maker, side == "sell", maker_ppm), (taker, side == "buy", taker_ppm)):
        gained, given = (base, quote) if buys else (quote, base)
        gain, gift = (market.base, market.quote) if buys else (market.quote, market.base)
        total[user, gain.symbol] += gained - _fee(gained, ppm)
        total[user, gift.symbol] -= given


def _fee(units: int, ppm: int) -> int:
    """Rounded up."""
    return (units * ppm + 999_999) // 1_000_000


def _hold(held: Units, market: Market, user: str, side: str, count: int) -> None:
    if side == "sell":
        held[user, market.base.symbol] += count * market.lot_units
    else:
        held[user, market.quote.symbol] += count * market.step_units


def _paid_in(facts: Facts) -> Units:
    paid = Units()
    for item in facts.accounts:
        if item.get("kind") == "credit":
            paid[str(item["pk"]), str(item["asset"])] += int(str(item["units"]))
    return paid


def _stored(facts: Facts) -> dict[tuple[str, str], tuple[int, int]]:
    stored = {}
    for item in facts.accounts:
        user = str(item["pk"])
        if item["sk"] == schema.WALLET_SK:
            for asset in {name[2:] for name in item if name[:2] in ("a_", "h_")}:
                available, held = (int(str(item.get(bucket + asset, 0))) for bucket in ("a_", "h_"))
                stored[user, asset] = (available, held)
    return stored
