"""What did a stretch of work ask of AWS? Counted at the client, call by call."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.flows.schema import MARKETS

_WRITES = {"PutItem": 1, "UpdateItem": 1, "DeleteItem": 1}


@dataclass
class Count:
    """`writes` and `reads` are calls, `items` are written; units are the store's own count.

    `market_units`: write units of the markets' own table, where a journal is one partition key.
    `bytes_out` of requests, `bytes_in` of answers, both of DynamoDB; `messages` and
    `message_bytes` are what the queue was sent.
    """

    writes: int = 0
    reads: int = 0
    items: int = 0
    write_units: float = 0.0
    market_units: float = 0.0
    read_units: float = 0.0
    bytes_out: int = 0
    bytes_in: int = 0
    messages: int = 0
    message_bytes: int = 0


@dataclass
class Meter:
    """Listens to every DynamoDB call of one client."""

    now: Count = field(default_factory=Count)

    def attach(self, client: Any) -> None:
        events = client.meta.events
        events.register("provide-client-params.dynamodb", self._ask)
        events.register("before-send.dynamodb", self._send)
        events.register("after-call.dynamodb", self._answered)

    def sent(self, message: str) -> None:
        self.now.messages += 1
        self.now.message_bytes += len(message)

    def take(self) -> Count:
        """The count since the last time."""
        taken, self.now = self.now, Count()
        return taken

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params = {**params, "ReturnConsumedCapacity": "TOTAL"}
        self.now.items += _WRITES.get(model.name, len(params.get("TransactItems", ())))
        return params

    def _send(self, request: Any, **_: Any) -> None:
        self.now.bytes_out += len(request.body or b"")

    def _answered(self, http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        tables = consumed if isinstance(consumed, list) else [consumed]
        units = sum(table["CapacityUnits"] for table in tables)
        self.now.bytes_in += len(http_response.content)
        if model.name in _WRITES or model.name == "TransactWriteItems":
            self.now.writes += 1
            self.now.write_units += units
            self.now.market_units += sum(
                table["CapacityUnits"] for table in tables if table["TableName"].endswith(MARKETS)
            )
        else:
            self.now.reads += 1
            self.now.read_units += units
