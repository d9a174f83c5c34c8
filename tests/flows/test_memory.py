"""Is the store in memory the DynamoDB that the adapter speaks to?

The same plans and reads go to both: to `MemoryStore`, and through `DynamoStore` to moto.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.errors import ConditionFailed, StoreError, WriteRefused
from chalicelib.flows import schema
from chalicelib.flows.plan import (
    Absent,
    AtLeast,
    AtMost,
    Delete,
    Equals,
    Item,
    OneOf,
    Plan,
    Present,
    Put,
    Update,
)
from chalicelib.flows.schema import BY_USER, TABLES, Key, table_name
from infra.resources import table_attributes
from tests import backends

from .limits import DIGITS_MAX, ITEM_BYTES_MAX, item_bytes
from .memory import MemoryStore

# An attribute is always of one kind: moto breaks down where a number is compared with text.
names = st.sampled_from(("a", "b", "name"))
counts = st.sampled_from(("n", "m"))
numbers = st.integers(-3, 3)
words = st.sampled_from(("x", "y", ""))
values = st.one_of(words, st.binary(max_size=2), st.lists(numbers, max_size=2))
conditions = st.one_of(
    st.just(Absent()),
    st.just(Present()),
    st.builds(Equals, names, values),
    st.builds(Equals, counts, numbers),
    st.builds(AtLeast, counts, numbers),
    st.builds(AtMost, counts, numbers),
    st.builds(OneOf, names, st.just(("x", "y"))),
)
requires = st.lists(conditions, max_size=2).map(tuple)
sums = st.dictionaries(counts, numbers, max_size=2)
attributes = st.builds(
    lambda texts, sums: {**texts, **sums}, st.dictionaries(names, values, max_size=2), sums
)
indexed = st.fixed_dictionaries(
    {"owner": st.sampled_from(("ann", "ben")), "created_id": st.sampled_from(("1", "2"))}
)
items = st.one_of(attributes, st.builds(lambda some, index: {**some, **index}, attributes, indexed))


@st.composite
def writes(draw: st.DrawFn, key: Key) -> Any:
    kind = draw(st.sampled_from(("put", "put", "update", "update", "delete")))
    require = draw(requires) if draw(st.booleans()) else ()
    if kind == "put":
        return Put(key, draw(items), require)
    if kind == "delete":
        return Delete(key, require)
    to_set = draw(attributes)
    to_add = {name: units for name, units in draw(sums).items() if name not in to_set}
    if not to_set and not to_add:
        to_set = {"name": "x"}
    return Update(key, to_set, to_add, require)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    keys = [Key(schema.ACCOUNTS, pk, sk) for pk in "pq" for sk in ("1", "2")]
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
    return tuple(draw(writes(key)) for key in chosen)


@pytest.fixture
def dynamo() -> Iterator[DynamoStore]:
    with backends.locked_moto():
        client = backends.moto_dynamodb()
        for table in TABLES:
            client.create_table(TableName=table_name("test", table.name), **table_attributes(table))
        yield DynamoStore(client, "test")


def told(store: MemoryStore | DynamoStore, plan: Plan) -> object:
    try:
        store.commit(plan)
    except ConditionFailed as fault:
        return "condition", fault.failed
    except StoreError as fault:
        return type(fault).__name__
    return "done"


def seen(store: MemoryStore | DynamoStore) -> object:
    """All that can be read. Whether a full last page names a next one differs: DynamoDB does, moto not."""
    partitions = [
        walk(store, pk, limit, newest_first)
        for pk in "pq"
        for limit in (1, 9)
        for newest_first in (False, True)
    ]
    indexes = [
        store.index_page(schema.ACCOUNTS, BY_USER, user, bounds, 9, newest_first=False)
        for user in ("ann", "ben")
        for bounds in (("0", "9"), ("1", "1"), ("2", "3"))
    ]
    keys = [Key(schema.ACCOUNTS, pk, sk) for pk in "pq" for sk in ("1", "2")]
    unordered = (*(items for items, _ in indexes), store.get_many(keys), store.scan(schema.ACCOUNTS))
    return partitions, [sorted(repr(sorted(item.items())) for item in items) for items in unordered]


def walk(store: MemoryStore | DynamoStore, pk: str, limit: int, newest_first: bool) -> list[Item]:
    found: list[Item] = []
    after: str | None = None
    while True:
        first = Key(schema.ACCOUNTS, pk, "1")
        page = store.page(first, "2", limit, newest_first=newest_first, after=after)
        found += page.items
        if page.next is None:
            return found
        after = page.next


def test_plans_are_answered_and_carried_out_alike(dynamo: DynamoStore) -> None:
    answers: Counter[str] = Counter()

    @settings(max_examples=25, deadline=None)
    @given(st.lists(plans(), min_size=4, max_size=6))
    def agree(day: list[Plan]) -> None:
        memory = MemoryStore()
        for item in list(dynamo.scan(schema.ACCOUNTS)):
            dynamo.commit((Delete(Key(schema.ACCOUNTS, str(item["pk"]), str(item["sk"]))),))
        for plan in day:
            answer = told(memory, plan)
            assert answer == told(dynamo, plan)
            answers[answer if isinstance(answer, str) else "condition"] += 1
        assert seen(memory) == seen(dynamo)

    agree()
    assert answers["done"] > 20
    assert answers["condition"] > 5


# --- what moto does not refuse, though DynamoDB does -------------------------------------------

KEY = Key(schema.ACCOUNTS, "p", "1")


def refused(*plan: Any) -> bool:
    store = MemoryStore()
    try:
        store.commit(plan)
    except WriteRefused:
        return store.illegal != [] and store.get(KEY) is None
    return False


def test_more_than_a_hundred_writes_are_refused() -> None:
    puts = [Put(Key(schema.ACCOUNTS, "p", str(n)), {"a": 1}) for n in range(101)]
    assert refused(*puts)
    assert not refused(*puts[:100])


def test_touching_an_item_twice_is_refused() -> None:
    assert refused(Put(KEY, {"a": 1}), Delete(KEY))


def test_a_plan_of_nothing_is_refused() -> None:
    assert refused()
    assert refused(Update(KEY))


@pytest.mark.parametrize("value", [10**DIGITS_MAX - 1, 10**60, -(10**DIGITS_MAX) + 1])
def test_a_number_of_38_digits_is_kept(value: int) -> None:
    store = MemoryStore()
    store.commit((Put(KEY, {"a": value}),))
    assert store.get(KEY) == {"pk": "p", "sk": "1", "a": value}


@pytest.mark.parametrize("value", [10**DIGITS_MAX + 1, 10**126, True, None, 1.5, (1, 2), {1}])
def test_what_can_not_be_stored_is_refused(value: Any) -> None:
    assert refused(Put(KEY, {"a": value}))


def test_a_sum_of_too_many_digits_is_refused_and_changes_nothing() -> None:
    store = MemoryStore()
    store.commit((Put(KEY, {"a": 10**DIGITS_MAX - 1}),))
    with pytest.raises(WriteRefused):
        store.commit((Update(KEY, add={"a": 2}),))
    assert store.get(KEY) == {"pk": "p", "sk": "1", "a": 10**DIGITS_MAX - 1}


def test_an_item_holds_400_kb_with_its_names() -> None:
    item = {"pk": "p", "sk": "1", "a": b""}
    room = ITEM_BYTES_MAX - item_bytes(item)
    assert not refused(Put(KEY, {"a": bytes(room)}))
    assert refused(Put(KEY, {"a": bytes(room + 1)}))


def test_an_index_key_is_text_that_is_not_empty() -> None:
    assert refused(Put(KEY, {"owner": "", "created_id": "1"}))
    assert refused(Put(KEY, {"owner": 1, "created_id": "1"}))


def test_what_is_read_can_be_changed_without_changing_the_store() -> None:
    store = MemoryStore()
    store.commit((Put(KEY, {"a": [1]}),))
    read: Any = store.get(KEY)
    read["a"].append(2)
    assert store.get(KEY) == {"pk": "p", "sk": "1", "a": [1]}
