"""Which users are owed more than lies at their own addresses, and since when?"""

import argparse
from collections.abc import Iterator
from typing import Any

from chalicelib.flows.custody import table
from chalicelib.flows.proof.owed import behind
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.answer import Answer
from infra.ops.command import Commands, command
from infra.ops.money import amount

PAGE = 100


def add_commands(commands: Commands) -> None:
    text = "users who are owed more than lies at their addresses; who waits longest comes first"
    command(commands, "arrears", run_arrears, text, "arrears", "arrears --json")


def run_arrears(house: Exchange, options: argparse.Namespace) -> int:
    """Trades move what is owed at once, coins only when they are netted: being behind is no trouble, being
    behind for long is. Since when, the reconciliation writes down."""
    found = sorted(_behind(house), key=lambda each: each["since"] or "~")
    rows = [
        {**each, "owed": ", ".join(f"{n} {asset}" for asset, n in each["owed"].items())} for each in found
    ]
    return answer.show(options, Answer({"users": found}, answer.table(rows) or ["nobody"]))


def _behind(house: Exchange) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = house.store.page(table.rolled_address("0"), "~", PAGE, after=after)
        for item, units in zip(
            page.items, behind(house.store, page.items, house.treasury.tokens), strict=True
        ):
            since_ms = int(str(item.get("behind_ms", 0)))
            if units:
                yield {
                    "user": str(item["owner"]),
                    "address": str(item["sk"]),
                    "owed": {asset: amount(asset, n) for asset, n in sorted(units.items())},
                    "since": iso(since_ms) if since_ms else "",
                }
        if page.next is None:
            return
        after = page.next
