"""How is a command declared? A name, what it does, examples, and the words that it shares with others."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from chalicelib import listing
from chalicelib.errors import NotFound
from chalicelib.ids import MarketId
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.market import Market
from chalicelib.wiring import Exchange

Run: TypeAlias = Callable[[Exchange, argparse.Namespace], int]
Parser: TypeAlias = argparse.ArgumentParser
if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object


def group(commands: Commands, name: str, text: str) -> Commands:
    """A word that has commands below it."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="COMMAND")


def command(commands: Commands, name: str, run: Run, text: str, *examples: str) -> Parser:
    """`examples` are whole lines as they are typed, without `cex-ops`."""
    told = "\n".join(("examples:", *(f"  cex-ops {example}" for example in examples)))
    parser: Parser = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog=told if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="the answer for programs")
    parser.set_defaults(run=run, command=parser.prog.partition(" ")[2])
    return parser


def add_market(parser: Parser, *, optional: bool = False) -> None:
    names = sorted(listing.markets(local=True))
    text = "BASE/QUOTE; all of them unless it is given" if optional else "BASE/QUOTE"
    nargs = "?" if optional else None
    parser.add_argument("market", help=text, choices=names, metavar="MARKET", nargs=nargs)


def market_of(house: Exchange, name: str) -> Market:
    """Raises NotFound for one that this stage has not."""
    found = house.markets.get(MarketId(name))
    if found is None:
        raise NotFound(f"{name} is not listed at stage {house.stage}")
    return found


def add_user(parser: Parser) -> None:
    text = "whose it is; without it every account is looked through"
    parser.add_argument("--user", type=keeta_account, metavar="ADDRESS", help=text)


def signing_key(given: str) -> Account:
    """An argument that must be the address of a key, which can sign."""
    account = keeta_account(given)
    if not account.key_type.signs:
        raise argparse.ArgumentTypeError(f"{given} is no key: it can not sign")
    return account


def keeta_account(given: str) -> Account:
    """An argument that must be a Keeta address."""
    try:
        return Account.from_address(given)
    except KeetaError as error:
        raise argparse.ArgumentTypeError(f"{given} is no Keeta address: {error.detail}") from None
