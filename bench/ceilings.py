"""How much can one market take, and one account, by AWS's published limits?

    python -m bench.ceilings

Arithmetic over what `bench.costs` counted (run that first) and the limits below, each with the
page that names it. What AWS does not publish, the time of a write, is an assumption and says so.
"""

from typing import Any, NamedTuple

from bench import report
from chalicelib.flows.schema import MINUTE_PARTS

AWS = "https://docs.aws.amazon.com"
BATCH = 10  # messages of one group that Lambda hands over at once; the most for a FIFO queue
COMMANDS = 20  # commands in one request


class Limit(NamedTuple):
    """Per second, and where it is written."""

    per_second: int
    source: str


# Each of the three calls (send, receive, delete), into one message group however the queue is set.
QUEUE_CALLS = Limit(300, f"{AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html")
# Of one function, for each unit of its concurrency limit.
INVOCATIONS = Limit(10, f"{AWS}/lambda/latest/dg/gettingstarted-limits.html#api-requests")
# Of one partition; an item, or what one key of an index takes at a time, can not be spread over more.
PARTITION_UNITS = Limit(1_000, f"{AWS}/amazondynamodb/latest/developerguide/bp-partition-key-design.html")
# Of one table on demand, and of each of its indexes; AWS raises it on request.
TABLE_UNITS = Limit(40_000, f"{AWS}/amazondynamodb/latest/developerguide/ServiceQuotas.html")

# Assumptions: what a step takes as its function sees it, CPU and the way to the store included.
PLAIN_STEP_MS = 10
TRANSACTION_STEP_MS = 25
# Two indexes: each order is one more unit in either.
INDEX_UNITS = 2
TRANSACTED = 2  # a unit in a transaction counts twice

HEADS = ("limit", "orders that rest", "20 in a request", "orders that fill one")


class Wall(NamedTuple):
    """How many orders of each kind a limit allows a second."""

    name: str
    rest: float
    together: float
    fill: float

    def cells(self) -> list[str]:
        return [self.name, *(f"{each:,.0f}" for each in self[1:])]


def main() -> None:
    print(__doc__.split("\n\n")[0] + "\n")
    found = report.kept("costs")
    if found is None:
        print("`python -m bench.costs` has not counted anything yet.")
        return
    costs = {cost["name"]: cost for cost in found["costs"]}
    markets, accounts = walls_of_a_market(costs), walls_of_an_account(costs)
    print("One market, per second\n")
    report.table(HEADS, [wall.cells() for wall in markets])
    print("\nOne account on AWS, all markets, per second\n")
    report.table(HEADS, [wall.cells() for wall in accounts])
    report.keep("ceilings", {"market": markets, "account": accounts})


def walls_of_a_market(costs: dict[str, Any]) -> list[Wall]:
    rest, together, fill = three(costs)
    sends, journal = QUEUE_CALLS.per_second, PARTITION_UNITS.per_second
    steps, transactions = 1_000 / PLAIN_STEP_MS, 1_000 / TRANSACTION_STEP_MS
    invoked, received = INVOCATIONS.per_second * BATCH, sends * BATCH
    walls = [
        Wall("matcher, one reserved: 10 runs", invoked, COMMANDS * invoked, invoked),
        Wall("queue: 300 sends", sends, COMMANDS * sends, sends),
        Wall(
            f"matcher: steps of {PLAIN_STEP_MS} and {TRANSACTION_STEP_MS} ms",
            *(BATCH * steps, COMMANDS * BATCH * steps, BATCH * transactions),
        ),
        Wall(f"index by minute: {MINUTE_PARTS} keys", *[journal * MINUTE_PARTS] * 3),
        Wall("journal: one key", *(journal / each["market_units"] for each in (rest, together, fill))),
        Wall("queue: 300 receives of ten", received, COMMANDS * received, received),
    ]
    return sorted(walls, key=lambda wall: wall.rest)


def walls_of_an_account(costs: dict[str, Any]) -> list[Wall]:
    units, wallet = TABLE_UNITS.per_second, PARTITION_UNITS.per_second / TRANSACTED
    bare = [each["write_units"][0] - each["market_units"] - INDEX_UNITS for each in three(costs)]
    return [
        Wall("table of accounts: 40,000 units", *(units / each for each in bare)),
        Wall("one user: 500 transactions", wallet, COMMANDS * wallet, wallet / 2),
    ]


def three(costs: dict[str, Any]) -> list[dict[str, Any]]:
    names = (
        "order that rests, ten at once",
        "order that rests, 20 in one request",
        "order that fills one maker, ten at once",
    )
    return [costs[name] for name in names]


if __name__ == "__main__":
    main()
