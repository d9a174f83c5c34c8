"""A DynamoDB in memory: what does a client get for what it asks?

It knows the calls and arguments that our adapters use, and refuses the rest. Transactions
are carried out in two moments: between them their items are locked, and whoever else writes
one of them meets a TransactionConflict. Source: DynamoDB API reference and developer guide,
"Transactions", "Quotas".
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.adapters.attributes import decode, decode_item
from chalicelib.flows import plan as plans
from chalicelib.flows.plan import Write
from chalicelib.flows.schema import Key
from tests.flows.limits import IllegalPlan, require_lawful, require_size

from . import expressions
from .expressions import Changes, Invalid, Node, Terms
from .refusals import Wire, canceled, invalid, refusal
from .tables import INDEXES, Follow, Range, Tables

TOKEN_LIFE_US = 10 * 60 * 1_000_000
BATCH_GET_MAX = 100
_EXPRESSIONS = {"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"}
_WRITES = {
    "Put": {"TableName", "Item", *_EXPRESSIONS},
    "Update": {"TableName", "Key", "UpdateExpression", *_EXPRESSIONS},
    "Delete": {"TableName", "Key", *_EXPRESSIONS},
}


class DynamoDb:
    """`landed` is told of every write that was carried out: the key and the item, None when gone.

    `illegal` names what can never work: the mistake is in the code that asked for it.
    """

    def __init__(self, prefix: str, now_us: Callable[[], int], follow: Follow) -> None:
        self._prefix = prefix + "-"
        self._now_us = now_us
        self.tables = Tables(follow)
        self.landed: Callable[[Key, Wire | None], None] = lambda key, item: None
        self.illegal: list[str] = []
        self.locked: set[Key] = set()
        self._tokens: dict[str, tuple[int, str]] = {}

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Wire:
        """At one moment. Raises ClientError."""
        try:
            answer: Wire = getattr(self, operation)(**arguments)
        except (Invalid, IllegalPlan) as error:
            self.illegal.append(f"{operation}: {error}")
            raise invalid(operation, str(error)) from error
        return answer

    # --- writing ------------------------------------------------------------------------------

    def lock(self, operation: str, arguments: Mapping[str, Any]) -> list[Key]:
        """The items of a transaction that begins. Raises ClientError for what another one has."""
        if self._is_known(arguments.get("ClientRequestToken", "")):
            return []  # it was carried out before, and is only told of again
        if operation == "transact_write_items":
            keys = [self._key(request) for write in arguments["TransactItems"] for request in write.values()]
            if any(key in self.locked for key in keys):
                conflict = ["TransactionConflict" if key in self.locked else "None" for key in keys]
                raise canceled(conflict)
            self.locked.update(keys)
            return keys
        if operation in ("put_item", "update_item", "delete_item") and self._key(arguments) in self.locked:
            raise refusal(operation, "TransactionConflictException")
        return []

    def unlock(self, keys: list[Key]) -> None:
        self.locked.difference_update(keys)

    def transact_write_items(self, TransactItems: list[Wire], ClientRequestToken: str | None = None) -> Wire:
        if ClientRequestToken is not None and self._is_done(ClientRequestToken, repr(TransactItems)):
            return {}
        requests = [request for write in TransactItems for request in write.items()]
        writes = [self._write(kind, request) for kind, request in requests]
        require_lawful(tuple(writes))
        failed = [not self._condition_holds(request) for _, request in requests]
        if any(failed):
            raise canceled(["ConditionalCheckFailed" if each else "None" for each in failed])
        self._carry_out([(self._key(request), self._after(kind, request)) for kind, request in requests])
        if ClientRequestToken is not None:
            self._tokens[ClientRequestToken] = (self._now_us(), repr(TransactItems))
        return {}

    def put_item(self, **request: Any) -> Wire:
        return self._one("Put", request)

    def update_item(self, **request: Any) -> Wire:
        return self._one("Update", request)

    def delete_item(self, **request: Any) -> Wire:
        return self._one("Delete", request)

    def _one(self, kind: str, request: Wire) -> Wire:
        require_lawful((self._write(kind, request),))
        if not self._condition_holds(request):
            raise refusal(kind + "Item", "ConditionalCheckFailedException")
        self._carry_out([(self._key(request), self._after(kind, request))])
        return {}

    def _is_known(self, token: str) -> bool:
        at_us, _ = self._tokens.get(token, (-TOKEN_LIFE_US, ""))
        return self._now_us() - at_us <= TOKEN_LIFE_US

    def _is_done(self, token: str, content: str) -> bool:
        """Whether the very same transaction was carried out within ten minutes."""
        if not self._is_known(token):
            return False
        if self._tokens[token][1] != content:
            raise refusal("TransactWriteItems", "IdempotentParameterMismatchException")
        return True

    def _carry_out(self, after: list[tuple[Key, Wire | None]]) -> None:
        require_size([(key, decode_item(item)) for key, item in after if item is not None])
        for key, item in after:
            self.tables.write(key, item)
            self.landed(key, item)

    def _condition_holds(self, request: Wire) -> bool:
        item, terms = self.tables.read(self._key(request)), Terms(request)
        return all(expressions.holds(node, item, terms) for node in _condition_of(request))

    def _after(self, kind: str, request: Wire) -> Wire | None:
        if kind == "Put":
            return dict(request["Item"])
        if kind == "Delete":
            return None
        before = self.tables.read(self._key(request)) or request["Key"]
        return expressions.updated(expressions.update(request["UpdateExpression"]), before, Terms(request))

    def _write(self, kind: str, request: Wire) -> Write:
        """The request as a value that `limits` can judge. Raises Invalid for what we never send."""
        if unknown := request.keys() - _WRITES[kind]:
            raise Invalid(f"{kind} with {sorted(unknown)}")
        key, terms = self._key(request), Terms(request)
        changes = expressions.update(request["UpdateExpression"]) if kind == "Update" else Changes((), ())
        terms.require(*_condition_of(request), changes)
        if kind == "Put":
            item = decode_item(request["Item"])
            return plans.Put(key, {name: value for name, value in item.items() if name not in ("pk", "sk")})
        if kind == "Delete":
            return plans.Delete(key)
        set_, add = ({terms.name(n): decode(terms.value(v)) for n, v in part} for part in changes)
        return plans.Update(key, set_, add)  # type: ignore[arg-type]

    def _key(self, request: Mapping[str, Any]) -> Key:
        names = request["Item"] if "Item" in request else request["Key"]
        return Key(self._table(request["TableName"]), names["pk"]["S"], names["sk"]["S"])

    def _table(self, name: str) -> str:
        if not name.startswith(self._prefix):
            raise refusal("any", "ResourceNotFoundException", name)
        return name.removeprefix(self._prefix)

    # --- reading ------------------------------------------------------------------------------

    def get_item(self, TableName: str, Key: Wire, ConsistentRead: bool) -> Wire:
        if not ConsistentRead:
            raise Invalid("we read consistently")
        item = self.tables.read(self._key({"TableName": TableName, "Key": Key}))
        return {} if item is None else {"Item": dict(item)}

    def batch_get_item(self, RequestItems: dict[str, Wire]) -> Wire:
        """Backwards, since DynamoDB promises no order."""
        answers: dict[str, list[Wire]] = {}
        for name, request in RequestItems.items():
            keys = [self._key({"TableName": name, "Key": key}) for key in request["Keys"]]
            if not 0 < len(keys) <= BATCH_GET_MAX or len(set(keys)) < len(keys):
                raise Invalid(f"{len(keys)} keys in one batch, or one twice")
            if request.keys() != {"Keys", "ConsistentRead"}:
                raise Invalid(f"a batch with {sorted(request)}")
            found = [self.tables.read(key) for key in reversed(keys)]
            answers[name] = [dict(item) for item in found if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(
        self, TableName: str, KeyConditionExpression: str, ScanIndexForward: bool, Limit: int, **more: Any
    ) -> Wire:
        index, start = more.pop("IndexName", None), more.pop("ExclusiveStartKey", None)
        if more.pop("ConsistentRead", False) == (index is not None):
            raise Invalid("tables are read consistently, and an index can not be")
        if more.keys() - _EXPRESSIONS or Limit < 1 or (index and start):
            raise Invalid(f"a query with {sorted(more)}, limit {Limit}, from {start}")
        table, terms = self._table(TableName), Terms(more)
        names = INDEXES[table, index][1:] if index else ("pk", "sk")
        pk, low, high = _bounds(expressions.condition(KeyConditionExpression), names, terms)
        wanted = Range(low, high, not ScanIndexForward, Limit)
        if index:
            items, place = self.tables.index_page(table, index, pk, wanted)
            last = place and (place[1], place[2])
        else:
            items, sk = self.tables.page(table, pk, _after_start(wanted, pk, start))
            last = sk and (pk, sk)
        return _page(items, last)

    def scan(self, TableName: str, ConsistentRead: bool, ExclusiveStartKey: Wire | None = None) -> Wire:
        if not ConsistentRead:
            raise Invalid("we read consistently")
        after = ExclusiveStartKey and (ExclusiveStartKey["pk"]["S"], ExclusiveStartKey["sk"]["S"])
        items, last = self.tables.scan(self._table(TableName), after)  # type: ignore[arg-type]
        return _page(items, last)


def _condition_of(request: Wire) -> list[Node]:
    """One, or none."""
    return [expressions.condition(request[name]) for name in ("ConditionExpression",) if name in request]


def _page(items: list[Wire], last: Any) -> Wire:
    """`last`: partition and sort key where to go on."""
    answer: Wire = {"Items": [dict(item) for item in items], "Count": len(items)}
    if last is not None:
        answer["LastEvaluatedKey"] = {"pk": {"S": last[0]}, "sk": {"S": last[1]}}
    return answer


def _bounds(node: Node, names: tuple[str, ...], terms: Terms) -> tuple[str, str, str]:
    """Partition and range of a key condition. Raises Invalid."""
    kind, *parts = node
    if kind != "and" or [part[0] for part in parts] != ["=", "between"]:
        raise Invalid("a key condition of another form than ours")
    terms.require(node)
    (_, pk_name, pk), (_, sk_name, low, high) = parts
    if (terms.name(pk_name), terms.name(sk_name)) != names:
        raise Invalid(f"the key is {names}")
    values = [terms.value(token)["S"] for token in (pk, low, high)]
    if values[1] > values[2] or not values[0]:
        raise Invalid("the upper bound is below the lower one, or the partition has no name")
    return values[0], values[1], values[2]


def _after_start(wanted: Range, pk: str, start: Wire | None) -> Range:
    if start is None:
        return wanted
    if start["pk"]["S"] != pk or not wanted.low <= start["sk"]["S"] <= wanted.high:
        raise Invalid("the provided starting key is outside the query boundaries")
    return wanted._replace(after=start["sk"]["S"])
