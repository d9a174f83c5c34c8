"""Did every order get the fee rates of what its owner had traded, as far as that was counted?"""

from collections import Counter
from collections.abc import Iterator, Mapping

from chalicelib.adapters.attributes import decode_item
from chalicelib.flows import schema
from chalicelib.flows.intake.fee_tier import REMEMBER_MS
from chalicelib.flows.records.volumes import days_of
from chalicelib.ids import MarketId, UserId
from chalicelib.market import Rates
from tests.simulator.services.refusals import Wire

from .facts import Facts
from .sequential import Sequential


def wrong_rates(facts: Facts) -> Iterator[str]:
    """Whoever asks knows a volume that was right at most so long ago."""
    for request in facts.run.history:
        record = facts.orders.get(request.order_id) if request.order_id else None
        if request.wanted is None or record is None or record.request_id not in request.uuids:
            continue
        first_us = request.began_us - REMEMBER_MS * 1_000
        market = facts.run.cloud.markets[record.market]
        volumes = _volumes(facts, record.user, record.market, first_us, request.ended_us)
        lawful = {market.rates(volume) for volume in volumes}
        if Rates(record.maker_ppm, record.taker_ppm) not in lawful:
            yield f"{record.id} has {record.maker_ppm, record.taker_ppm}, expected one of {lawful}"


def _volumes(facts: Facts, user: UserId, market: MarketId, first_us: int, last_us: int) -> list[int]:
    """All that the stored volume was in that time."""
    key, before, during = schema.volume(user, market), 0, list[int]()
    for at_us, written, item in facts.run.cloud.volumes:
        if written == key and at_us <= last_us:
            if at_us < first_us:
                before = _sum(item)
            else:
                during.append(_sum(item))
    return [before, *during]


def wrong_volumes(facts: Facts, markets: Mapping[MarketId, Sequential]) -> Iterator[str]:
    """When all is counted: what the twin's trades come to, for both who traded."""
    for market_id, sequential in markets.items():
        market, traded = facts.run.cloud.markets[market_id], Counter[UserId]()
        for _, _, maker, _, taker, _, price, lots, *_ in sequential.trades:
            for user in (maker, taker):
                traded[user] += market.quote_units(price, lots)
        for user, units in traded.items():
            counted = sum(days_of(facts.store.get(schema.volume(user, market_id))).values())
            if counted != units:
                yield f"{user} traded {units} in {market_id}, and {counted} were counted"


def _sum(item: Wire) -> int:
    return sum(days_of(decode_item(item)).values())
