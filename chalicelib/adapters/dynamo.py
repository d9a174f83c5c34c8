"""How does a Plan become one DynamoDB transaction, and how is an item read?

Every read is consistent. A Plan of one write goes as a plain write, which is half the
price of a transaction and just as atomic.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.attributes import decode_item
from chalicelib.adapters.dynamo_errors import translate
from chalicelib.adapters.expressions import key_attributes, operation, request
from chalicelib.adapters.system import SystemTimer
from chalicelib.errors import StoreUnavailable
from chalicelib.flows.plan import Item, Plan, Put, Update
from chalicelib.flows.ports import Page, Timer
from chalicelib.flows.schema import Index, Key, table_name

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# DynamoDB's own limit on one BatchGetItem.
BATCH_GET_MAX = 100
BATCH_GET_TRIES_MAX = 5
# What a throttled table left out of a batch is asked for again after this, each time after twice as long.
BATCH_GET_PAUSE_MS = 20


class DynamoStore:
    """Writer and Reader over the tables called `prefix`-something."""

    def __init__(self, client: "DynamoDBClient", prefix: str, timer: Timer | None = None) -> None:
        self._client: Any = client
        self._prefix = prefix
        self._timer: Timer = timer or SystemTimer()

    def commit(self, plan: Plan) -> None:
        """All or nothing. Raises ConditionFailed, WriteContention, WriteRefused, StoreUnavailable."""
        if len(plan) > 1:
            writes = [{operation(write): request(write, self._prefix)} for write in plan]
            self._call("transact_write_items", TransactItems=writes)
            return
        (write,) = plan
        method = (
            "put_item"
            if isinstance(write, Put)
            else "update_item"
            if isinstance(write, Update)
            else "delete_item"
        )
        self._call(method, **request(write, self._prefix))

    def get(self, key: Key) -> Item | None:
        answer = self._call(
            "get_item",
            TableName=table_name(self._prefix, key.table),
            Key=key_attributes(key),
            ConsistentRead=True,
        )
        item = answer.get("Item")
        return decode_item(item) if item else None

    def get_many(self, keys: list[Key]) -> Iterator[Item]:
        """Items of one table that exist, in no particular order. Raises StoreUnavailable."""
        for start in range(0, len(keys), BATCH_GET_MAX):
            yield from self._get_batch(keys[start : start + BATCH_GET_MAX])

    def page(
        self, first: Key, last_sk: str, limit: int, *, newest_first: bool = False, after: str | None = None
    ) -> Page:
        """Items of one partition with sort keys from `first.sk` to `last_sk`, both included.

        `after` is where an earlier page ended.
        """
        start = {"ExclusiveStartKey": key_attributes(first._replace(sk=after))} if after else {}
        answer = self._call(
            "query",
            TableName=table_name(self._prefix, first.table),
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": first.pk},
                ":first": {"S": first.sk},
                ":last": {"S": last_sk},
            },
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            Limit=limit,
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        return Page([decode_item(item) for item in answer["Items"]], last["sk"]["S"] if last else None)

    def index_page(
        self, table: str, index: Index, pk: str, bounds: tuple[str, str], limit: int, *, newest_first: bool
    ) -> tuple[list[Item], bool]:
        """Keys of one index partition with sort keys inside `bounds`, and whether there are more.

        An index can not be read consistently: it follows its table within milliseconds.
        """
        answer = self._call(
            "query",
            TableName=table_name(self._prefix, table),
            IndexName=index.name,
            KeyConditionExpression="#pk = :pk AND #sk BETWEEN :first AND :last",
            ExpressionAttributeNames={"#pk": index.pk, "#sk": index.sk},
            ExpressionAttributeValues={
                ":pk": {"S": pk},
                ":first": {"S": bounds[0]},
                ":last": {"S": bounds[1]},
            },
            ScanIndexForward=not newest_first,
            Limit=limit,
        )
        return [decode_item(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def scan(self, table: str) -> Iterator[Item]:
        """Every item of a table, consistently one by one but not at one moment."""
        start: dict[str, Any] = {}
        while True:
            answer = self._call(
                "scan", TableName=table_name(self._prefix, table), ConsistentRead=True, **start
            )
            yield from map(decode_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _get_batch(self, keys: Iterable[Key]) -> Iterator[Item]:
        wanted: dict[str, Any] = {}
        for key in keys:
            table = wanted.setdefault(
                table_name(self._prefix, key.table), {"Keys": [], "ConsistentRead": True}
            )
            table["Keys"].append(key_attributes(key))
        for number in range(BATCH_GET_TRIES_MAX):
            if number:
                self._timer.pause(BATCH_GET_PAUSE_MS * 2 ** (number - 1))
            answer = self._call("batch_get_item", RequestItems=wanted)
            for items in answer["Responses"].values():
                yield from map(decode_item, items)
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return
        raise StoreUnavailable("a batch of reads was never answered whole")

    def _call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, method)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise translate(error) from error
