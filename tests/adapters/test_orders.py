"""Are orders and what was held to change them found where they were put, on every stand-in?"""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chalicelib import listing
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.orders import DynamoOrders
from chalicelib.errors import ConditionFailed
from chalicelib.flows import schema
from chalicelib.flows.intake.place_order import OrderRequest, new_record
from chalicelib.flows.plan import Equals, Put, Update
from chalicelib.flows.ports import AmendmentKey, OrderKey, OrderPage
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import CommandId, MarketId, OrderId, UserId, order_id_from_request
from infra.local import provision

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MARKET = listing.MARKETS[MarketId("KTA/USDT")]
USER = UserId("keeta_user")
MINUTE = 30_000_000
START_MS = MINUTE * 60_000


@pytest.fixture
def store(any_dynamodb: "DynamoDBClient", prefix: str) -> DynamoStore:
    provision.create_tables(any_dynamodb, prefix)
    return DynamoStore(any_dynamodb, prefix)


def order(number: int, after_ms: int) -> OrderRecord:
    request = OrderRequest(MARKET, "buy", 10_000, 100, "gtc", "")
    order_id = OrderId(f"order{number}")
    return new_record(USER, request, 10_000, MARKET.rates(0), order_id, "request", START_MS + after_ms)


def amendment(number: int, after_ms: int, extra: int = 7) -> Amendment:
    command, order_id = CommandId(f"r-{number}"), OrderId("order1")
    return Amendment(command, USER, MARKET.id, order_id, 10_100, 90, extra, START_MS + after_ms)


def put(store: DynamoStore, *things: OrderRecord | Amendment) -> None:
    for thing in things:
        key = (
            schema.order(USER, thing.id)
            if isinstance(thing, OrderRecord)
            else schema.amendment(USER, thing.command)
        )
        store.commit((Put(key, thing.to_item()),))


def pages(orders: DynamoOrders, limit: int) -> list[OrderPage]:
    """Every page of the minute, part by part."""
    found: list[OrderPage] = []
    for part in range(schema.MINUTE_PARTS):
        page = orders.of_minute(MARKET.id, MINUTE, part, None, limit)
        found.append(page)
        while page.next is not None:
            page = orders.of_minute(MARKET.id, MINUTE, part, page.next, limit)
            found.append(page)
    return found


def test_the_orders_of_a_minute_are_spread_over_all_its_parts() -> None:
    names = [order_id_from_request(USER, str(number)) for number in range(800)]
    counts = Counter(schema.minute_part(name) for name in names)
    assert set(counts) == set(range(schema.MINUTE_PARTS))
    assert max(counts.values()) < 2 * min(counts.values())


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_orders_and_amendments_of_a_minute_are_all_found_and_told_apart(
    store: DynamoStore, limit: int
) -> None:
    put(store, order(1, 0), amendment(1, 10), order(2, 20), amendment(2, 59_999), order(3, 60_000))
    found = pages(DynamoOrders(store), limit)
    assert sorted(key for page in found for key in page.keys) == [
        OrderKey(USER, OrderId("order1")),
        OrderKey(USER, OrderId("order2")),
    ]
    assert sorted(key for page in found for key in page.amendments) == [
        AmendmentKey(USER, CommandId("r-1")),
        AmendmentKey(USER, CommandId("r-2")),
    ]


def test_in_the_list_of_a_users_orders_no_amendment_stands(store: DynamoStore) -> None:
    put(store, order(1, 0), amendment(1, 10))
    page = DynamoOrders(store).of_user(USER, None, 10)
    assert page == OrderPage([OrderKey(USER, OrderId("order1"))], None)


def test_amendments_are_read_back_as_they_were_and_in_the_order_asked_for(store: DynamoStore) -> None:
    first, second = amendment(1, 10), amendment(2, 5, extra=0)
    put(store, first, second)
    keys = [AmendmentKey(USER, CommandId(f"r-{number}")) for number in (2, 9, 1)]
    assert DynamoOrders(store).amendments(keys) == [second, first]


def test_an_order_waits_for_one_replace_at_a_time(store: DynamoStore) -> None:
    """What the plans of intake and matcher rest on: nothing is an empty text, not an absent one."""
    put(store, order(1, 0))
    key = schema.order(USER, OrderId("order1"))
    mark = Update(key, set={"replacing": "r-1", "extra": 7}, require=(Equals("replacing", ""),))
    store.commit((mark,))
    with pytest.raises(ConditionFailed):
        store.commit((mark,))
    store.commit((Update(key, set={"replacing": "", "extra": 0}, require=(Equals("replacing", "r-1"),)),))
    found = DynamoOrders(store).get(USER, OrderId("order1"))
    assert found == order(1, 0)
