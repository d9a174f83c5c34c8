"""What can an operator do about a market? Say which commands it takes, end it, and write down its book."""

import argparse

from chalicelib.engine.events import Mode
from chalicelib.flows.records.commands import SetMode
from chalicelib.flows.upkeep.checks import UNSEEN_MS_MAX
from chalicelib.ids import CommandId
from chalicelib.keeta.moment import iso
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, add_market, command, group, market_of
from infra.ops.sending import ACCEPT_MS, cancel_all_of, carry_out, open_counts

MODES: tuple[tuple[str, Mode, str], ...] = (
    ("halt", "halted", "match nothing and cancel nothing until it is resumed"),
    ("resume", "open", "take every command again"),
    ("cancel-only", "cancel_only", "take cancels and nothing else"),
    ("post-only", "post_only", "take cancels, and orders that rest"),
)


def add_commands(commands: Commands) -> None:
    markets = group(commands, "markets", "say which commands a market takes, or end it")
    for name, mode, text in MODES:
        examples = [f'markets {name} KTA/USDT --reason "drill"']
        if mode == "open":
            examples.append('markets resume KTA/USDT --reference 1.02 --reason "price was carried away"')
        parser = command(markets, name, run_mode, text, *examples)
        add_market(parser)
        band = "the price band lies around this from now on"
        parser.add_argument("--reference", metavar="PRICE", help=band)
        add_action(parser)
        parser.set_defaults(mode=mode)
    delist = command(
        markets,
        "delist",
        run_delist,
        "take no more orders, and cancel all that are open; may be begun again",
        'markets delist KTA/USDT --reason "token is withdrawn"',
        'markets delist KTA/USDT --reason "token is withdrawn" --yes',
    )
    add_market(delist)
    add_action(delist, moves_money=True)
    snapshot = command(
        commands, "snapshot", run_snapshot, "write down a market's book now", "snapshot KTA/USDT"
    )
    add_market(snapshot)
    add_action(snapshot, reason="asked for")


def run_mode(house: Exchange, options: argparse.Namespace) -> int:
    """0 when the market took the command, 1 when it refused it or did not come to it in time."""
    market = market_of(house, options.market)
    reference = market.parse_price(options.reference) if options.reference else 0

    def act() -> Answer:
        return _moded(house, market, options.mode, options.reason, reference)

    return perform(house, options, market.id, f"make {market.id} {spoken(options.mode)}", act)


def run_delist(house: Exchange, options: argparse.Namespace) -> int:
    """0 when no order is left, 1 when there are some: then it is begun again."""
    market = market_of(house, options.market)
    counts = open_counts(house.views[market.id])
    told = f"{sum(counts.values())} open orders of {len(counts)} users"
    would = f"make {market.id} cancel-only for good, and cancel {told}"
    return perform(house, options, market.id, would, lambda: _delisted(house, market, options.reason))


def run_snapshot(house: Exchange, options: argparse.Namespace) -> int:
    market = market_of(house, options.market)

    def act() -> Answer:
        made = house.folder.run(market, always=True)
        told = "its book is written down" if made else "nothing has happened since the last one"
        return Answer({"market": market.id, "made": made}, [f"{market.id}: {told}"])

    return perform(house, options, market.id, f"write down the book of {market.id}", act)


def _moded(house: Exchange, market: Market, mode: Mode, reason: str, reference: int = 0) -> Answer:
    until_ms = house.timer.now_ms() + ACCEPT_MS
    wanted = SetMode(CommandId(f"mode-{house.ids.uuid()}"), mode, reason, until_ms, reference)
    why = carry_out(house, market, wanted)
    with house.views[market.id].current() as replica:
        now, said = replica.book.mode, replica.book.mode_reason
    value = {"market": market.id, "mode": now, "reason": said}
    lines = [f"{market.id} is {spoken(now)}{': ' + said if said else ''}"]
    if why is None:
        return Answer(value, lines)
    return Answer({**value, "not_done": why}, [*lines, f"not done: {why}"], answer.NOT_WELL)


def _delisted(house: Exchange, market: Market, reason: str) -> Answer:
    closed = _moded(house, market, "cancel_only", reason)
    if closed.code != answer.DONE:
        return closed
    left = cancel_all_of(house, market, list(open_counts(house.views[market.id])))
    if left:
        lines = [f"{left} orders are still open; do it again"]
        return Answer({"market": market.id, "left": left}, lines, answer.NOT_WELL)
    house.folder.run(market, always=True)
    # By then the sweeper has ended what was promised and never reached the book.
    after = iso(house.timer.now_ms() + UNSEEN_MS_MAX)
    lines = [
        f"{market.id} has no orders and takes none",
        f"next: delisted=True in chalicelib/listing.py, and deploy, not before {after}",
    ]
    return Answer({"market": market.id, "left": 0, "deploy_after": after}, lines)


def spoken(mode: str) -> str:
    return mode.replace("_", "-")
