"""What became of a unit of money? The chain of its records, from any id that somebody knows.

An order and its fills; a trade and its two orders; a ledger entry and what made it; a deposit from its
block to the wallet; a withdrawal from the request to its block. Reads only.
"""

import argparse
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.answer import Answer
from infra.ops.command import Commands, add_user, command
from infra.ops.trace.record import Chain
from infra.ops.trace.resolve import resolve

_ID = "qwertyuiopasdfghjklzxcvbnm"
_BLOCK = "0123456789ABCDEF" * 4


def add_commands(commands: Commands) -> None:
    trace = command(
        commands,
        "trace",
        run_trace,
        "every record of a unit of money, by the id of an order, a trade, a ledger entry, a deposit,"
        " a withdrawal, a block or an address",
        f"trace {_ID}",
        "trace KTA/USDT#17",
        f"trace {_BLOCK}",
        "trace my-own-id --user keeta_aab...",
        "trace L#1800000030000#KTA/USDT#000000000012#000 --user keeta_aab...",
    )
    trace.add_argument(
        "id", help="MARKET#NUMBER for a trade; a client's own id is found quickest with --user"
    )
    add_user(trace)


def run_trace(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound."""
    chains = resolve(house, options.id.strip(), options.user.address if options.user else None)
    if not chains:
        raise NotFound(f"nothing is known by {options.id}")
    value = {"id": options.id, "chains": [_value(chain) for chain in chains]}
    return answer.show(options, Answer(value, [line for chain in chains for line in _lines(chain)]))


def _value(chain: Chain) -> dict[str, Any]:
    records = [
        {"time": iso(each.time_ms) if each.time_ms else None, **each._asdict(), "key": each.at}
        for each in chain.in_order
    ]
    return {"subject": chain.subject, "id": chain.id, "user": chain.user, "records": records}


def _lines(chain: Chain) -> list[str]:
    rows = [
        {
            "time": iso(each.time_ms) if each.time_ms else "",
            "record": each.kind,
            "says": each.says,
            "at": each.at,
        }
        for each in chain.in_order
    ]
    title = f"{chain.subject} {chain.id}" + (f" of {chain.user}" if chain.user else "")
    return [title, *(f"  {line}" for line in answer.table(rows))]
