"""Which fields do several operations share, and what must be true of each?"""

from enum import IntEnum
from typing import NamedTuple

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock, Malformed
from chalicelib.keeta.limits import AMOUNT_MAX, Limits
from chalicelib.keeta.reader import Reader


class Adjust(IntEnum):
    """How a change is applied to what is there."""

    ADD = 0
    SUBTRACT = 1
    SET = 2


class Context(NamedTuple):
    """Where an operation stands: in which block, and at which place among its operations."""

    account: Account
    previous: bytes
    place: int
    limits: Limits


def read_account(fields: Reader) -> Account:
    return Account.from_ktk(fields.octets())


def read_adjust(fields: Reader) -> Adjust:
    try:
        return Adjust(fields.integer())
    except ValueError:
        raise Malformed("no such method of adjusting") from None


def write_account(account: Account) -> bytes:
    return der.octets(account.ktk)


def check_amount(amount: int) -> None:
    """The network of 0.14.12 takes zero, and a negative amount steals; neither is an amount."""
    if amount <= 0:
        raise InvalidBlock("an amount that is not positive", code="BLOCK_AMOUNT_BELOW_ZERO")
    if amount > AMOUNT_MAX:
        raise InvalidBlock("an amount above any supply", code="BLOCK_SUPPLY_INVALID")


def check_token(token: Account) -> None:
    if token.key_type is not KeyType.TOKEN:
        raise InvalidBlock("only a token has amounts", code="BLOCK_CANNOT_SEND_NON_TOKEN")


def check_receiver(to: Account, token: Account) -> None:
    if to.key_type is KeyType.TOKEN and to != token:
        raise InvalidBlock("a token account holds only itself", code="BLOCK_TOKEN_RECEIVE_DIFFERS")
