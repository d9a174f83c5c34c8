"""What can an operator do about a market? Say which commands it takes."""

import argparse

from chalicelib.engine.events import Mode
from chalicelib.flows.records.commands import SetMode
from chalicelib.ids import CommandId, MarketId
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, add_market, command, group

# A command to a market that waits longer than this in the queue is not carried out. A halt is
# wanted most while there is a backlog, so that is long; but while a refusal is remembered.
ACCEPT_MS = 6 * 60_000

MODES: tuple[tuple[str, Mode, str], ...] = (
    ("halt", "halted", "match nothing and cancel nothing until it is resumed"),
    ("resume", "open", "take every command again"),
    ("cancel-only", "cancel_only", "take cancels and nothing else"),
    ("post-only", "post_only", "take cancels, and orders that rest"),
)


def add_commands(commands: Commands) -> None:
    markets = group(commands, "markets", "say which commands a market takes")
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


def run_mode(house: Exchange, options: argparse.Namespace) -> int:
    """0 when the market took the command, 1 when it refused it or did not come to it in time."""
    market = house.markets[MarketId(options.market)]
    command = _set_mode(house, market, options)
    return perform(
        house, options, market.id, f"make {market.id} {options.mode}", lambda: _sent(house, market, command)
    )


def _sent(house: Exchange, market: Market, command: SetMode) -> Answer:
    house.queue.send(market, [command])
    view = house.views[market.id]
    done = view.wait_until(lambda replica: command.id in replica.done, ACCEPT_MS)
    with view.current() as replica:
        mode, reason = replica.book.mode, replica.book.mode_reason
        refused = replica.refused.get(command.id)
    value = {"market": market.id, "mode": mode, "reason": reason}
    lines = [f"{market.id} is {spoken(mode)}{': ' + reason if reason else ''}"]
    if done and refused is None:
        return Answer(value, lines)
    why = refused or "the market has not come to it"
    return Answer({**value, "not_done": why}, [*lines, f"not done: {why}"], answer.NOT_WELL)


def _set_mode(house: Exchange, market: Market, options: argparse.Namespace) -> SetMode:
    """Raises InvalidInput for a reference that is no price of this market."""
    reference = market.parse_price(options.reference) if options.reference else 0
    until_ms = house.timer.now_ms() + ACCEPT_MS
    command_id = CommandId(f"mode-{house.ids.uuid()}")
    return SetMode(command_id, options.mode, options.reason, until_ms, reference)


def spoken(mode: str) -> str:
    return mode.replace("_", "-")
