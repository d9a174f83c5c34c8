"""Coins that come in."""

from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.values import PAGE_DEFAULT, Cursor, DecimalText, Limit, Time, amount, cursor
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.withdrawals.reading import deposits_of
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

_CURSOR = schema.DEPOSIT_PREFIX + r"[0-9]{13}#[0-9a-f]{64}#[0-9]{5}"


class DepositsQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None


class AddressAnswer(BaseModel):
    address: str = Field(description="a storage account on Keeta that is this user's alone")
    network: str
    tokens: dict[str, str] = Field(description="what is credited: the token account of each token")


class Deposit(BaseModel):
    token: str
    amount: DecimalText
    status: Literal["credited"]
    block: str = Field(description="hash of the block on Keeta")
    operation: int = Field(description="which operation of that block, from 0")
    time: Time


class DepositsAnswer(BaseModel):
    deposits: list[Deposit]
    next: str | None


@endpoint(
    routes,
    "GET",
    "/deposits/address",
    answer=AddressAnswer,
    refuses=("no_address_free", "too_many_addresses"),
)
def get_address(call: Call[Nothing, NoQuery]) -> AddressAnswer:
    """Where to send coins to; always the same address."""
    treasury = exchange().treasury
    address = treasury.addresses.of(call.session.user, call.source)
    tokens = {symbol: token.address for symbol, token in treasury.tokens.items()}
    return AddressAnswer(address=address, network=exchange().network, tokens=tokens)


@endpoint(routes, "GET", "/deposits", query=DepositsQuery, answer=DepositsAnswer, refuses=("invalid_cursor",))
def list_deposits(call: Call[Nothing, DepositsQuery]) -> DepositsAnswer:
    """One's own deposits, newest first."""
    before = cursor(call.query.before, _CURSOR)
    page = deposits_of(exchange().store, call.session.user, before, call.query.limit)
    return DepositsAnswer(deposits=[_deposit(item) for item in page.items], next=page.next)


def _deposit(item: Item) -> Deposit:
    asset, units = str(item["asset"]), int(str(item["units"]))
    return Deposit(
        token=asset,
        amount=amount(asset, units),
        status="credited",
        block=str(item["block"]).upper(),
        operation=int(str(item["operation"])),
        time=iso(int(str(item["sk"]).split("#")[1])),
    )
