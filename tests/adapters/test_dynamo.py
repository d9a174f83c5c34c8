"""Does a Plan mean on every stand-in for DynamoDB what `plan` says it means?"""

import threading
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.errors import ConditionFailed, StoreUnavailable, WriteRefused
from chalicelib.flows import schema
from chalicelib.flows.plan import (
    Absent,
    AtLeast,
    AtMost,
    Condition,
    Delete,
    Equals,
    Item,
    OneOf,
    Present,
    Put,
    Update,
)
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId, OrderId, UserId
from infra.local import provision
from infra.local.clients import dynamodb_client
from tests.flows.clock import ManualTimer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def store(any_dynamodb: "DynamoDBClient", prefix: str) -> DynamoStore:
    provision.create_tables(any_dynamodb, prefix)
    return DynamoStore(any_dynamodb, prefix)


def key(sk: str, pk: str = "somebody") -> Key:
    return Key(schema.ACCOUNTS, pk, sk)


def test_what_is_put_is_read_back_whole(store: DynamoStore) -> None:
    item: Item = {"text": "ä", "number": -12, "bytes": b"\0\xff", "list": [1, "two"], "map": {"a": 1}}
    store.commit((Put(key("A"), item),))
    assert store.get(key("A")) == {"pk": "somebody", "sk": "A", **item}
    assert store.get(key("B")) is None


def test_an_update_sets_and_adds_and_counts_an_absent_number_as_zero(store: DynamoStore) -> None:
    store.commit((Update(key("A"), set={"status": "open"}, add={"left": 5}),))
    store.commit((Update(key("A"), set={"status": "done"}, add={"left": -7, "more": 1}),))
    assert store.get(key("A")) == {"pk": "somebody", "sk": "A", "status": "done", "left": -2, "more": 1}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Present(), True),
        (Absent(), False),
        (Equals("status", "open"), True),
        (Equals("status", "done"), False),
        (Equals("missing", "open"), False),
        (AtLeast("left", 5), True),
        (AtLeast("left", 6), False),
        (AtLeast("missing", -1), False),
        (AtMost("left", 5), True),
        (AtMost("left", 4), False),
        (AtMost("missing", 0), True),
        (OneOf("status", ("done", "open")), True),
        (OneOf("status", ("done",)), False),
    ],
)
@pytest.mark.parametrize("company", [0, 1], ids=["alone", "in a transaction"])
def test_a_condition_decides_whether_anything_is_written(
    store: DynamoStore, condition: Condition, holds: bool, company: int
) -> None:
    store.commit((Put(key("A"), {"status": "open", "left": 5}),))
    others = [Put(key(f"other{i}"), {}) for i in range(company)]
    plan = (*others, Update(key("A"), add={"left": 1}, require=(condition,)))
    if holds:
        store.commit(plan)
    else:
        with pytest.raises(ConditionFailed) as refused:
            store.commit(plan)
        assert refused.value.failed == (company,)
    item = store.get(key("A"))
    assert item is not None
    assert item["left"] == (6 if holds else 5)
    assert (store.get(key("other0")) is not None) == (holds and company == 1)


def test_all_false_conditions_of_a_transaction_are_named(store: DynamoStore) -> None:
    store.commit((Put(key("A"), {}),))
    plan = (
        Put(key("A"), {}, require=(Absent(),)),
        Put(key("B"), {}),
        Delete(key("C"), require=(Present(),)),
    )
    with pytest.raises(ConditionFailed) as refused:
        store.commit(plan)
    assert refused.value.failed == (0, 2)
    assert store.get(key("B")) is None


def test_what_can_never_be_written_is_refused(store: DynamoStore) -> None:
    with pytest.raises(WriteRefused):
        store.commit((Put(key("A"), {"much": "x" * 410_000}),))
    twice = (Put(key("A"), {}), Update(key("A"), set={"a": 1}))
    with pytest.raises(WriteRefused):
        store.commit(twice)
    assert store.get(key("A")) is None


def test_pages_follow_each_other_in_both_directions_without_holes(store: DynamoStore) -> None:
    names = [f"J{number:02d}" for number in range(7)]
    for name in (*names, "K"):
        store.commit((Put(key(name), {}),))
    for newest_first in (False, True):
        found: list[str] = []
        after = None
        while True:
            page = store.page(key("J"), "J~", 3, newest_first=newest_first, after=after)
            found += [str(item["sk"]) for item in page.items]
            after = page.next
            if after is None:
                break
        assert found == (names[::-1] if newest_first else names)


def test_an_index_is_paged_within_bounds(store: DynamoStore) -> None:
    user, market = UserId("keeta_user"), MarketId("KTA/USDT")
    for number in range(5):
        order_id = OrderId(f"order{number}")
        keys: Item = {
            "owner": user,
            "created_id": schema.created_id(1_000 + number, order_id),
            "market_minute": schema.market_minute(market, 0, 0),
        }
        store.commit((Put(schema.order(user, order_id), keys),))
    items, more = store.index_page(schema.ACCOUNTS, schema.BY_USER, user, ("0", "~"), 2, newest_first=True)
    assert [item["sk"] for item in items] == ["O#order4", "O#order3"]
    assert more
    bounds = (schema.created_id(1_003, OrderId("order3")), "~")
    pk = schema.market_minute(market, 0, 0)
    items, more = store.index_page(schema.ACCOUNTS, schema.BY_MINUTE, pk, bounds, 10, newest_first=False)
    assert [item["sk"] for item in items] == ["O#order3", "O#order4"]
    assert not more


def test_many_items_are_read_in_as_many_batches_as_it_takes(store: DynamoStore) -> None:
    keys = [key(f"O#{number}") for number in range(150)]
    for one in keys[:120]:
        store.commit((Put(one, {}),))
    assert {item["sk"] for item in store.get_many(keys)} == {one.sk for one in keys[:120]}


def test_a_scan_finds_every_item(store: DynamoStore) -> None:
    for number in range(20):
        store.commit((Put(key("A", pk=f"user{number}"), {"padding": "x" * 1000}),))
    assert len(list(store.scan(schema.ACCOUNTS))) == 20


def test_nobody_answering_is_an_unknown_outcome(prefix: str) -> None:
    nobody = DynamoStore(dynamodb_client("http://127.0.0.1:9"), prefix)
    with pytest.raises(StoreUnavailable):
        nobody.commit((Put(key("A"), {}),))
    with pytest.raises(StoreUnavailable):
        nobody.get(key("A"))


def test_sums_are_exact_to_the_last_of_38_digits(dynoxide_endpoint: str, prefix: str) -> None:
    client = dynamodb_client(dynoxide_endpoint)
    provision.create_tables(client, prefix)
    store = DynamoStore(client, prefix)
    large = 10**37 + 1
    store.commit((Update(key("W"), add={"a_KTA": large}),))
    store.commit((Update(key("W"), add={"a_KTA": 2 * large}),))
    store.commit((Update(key("W"), add={"a_KTA": -1}, require=(AtLeast("a_KTA", 3 * large),)),))
    assert (store.get(key("W")) or {})["a_KTA"] == 3 * large - 1


def test_of_many_writers_of_one_journal_number_exactly_one_wins(dynoxide_endpoint: str, prefix: str) -> None:
    client = dynamodb_client(dynoxide_endpoint)
    provision.create_tables(client, prefix)
    store = DynamoStore(client, prefix)
    outcomes: list[str] = []

    def write(writer: int) -> None:
        fence = Put(schema.journal_entry(MarketId("KTA/USDT"), 1), {"by": writer}, require=(Absent(),))
        try:
            store.commit((fence, Update(key("W"), add={"won": 1})))
            outcomes.append("won")
        except ConditionFailed as lost:
            outcomes.append(f"lost {lost.failed}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost (0,)"] * 7 + ["won"]
    assert (store.get(key("W")) or {})["won"] == 1


class Throttled:
    """A client that leaves everything out of every batch."""

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": RequestItems}


def test_what_was_left_out_of_a_batch_is_asked_for_again_later_and_later(prefix: str) -> None:
    timer = ManualTimer()
    store = DynamoStore(Throttled(), prefix, timer)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        list(store.get_many([key("A")]))
    assert timer.paused == [20, 40, 80, 160]
