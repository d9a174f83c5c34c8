"""Play money, on a developer's machine."""

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib import listing
from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.values import DecimalText, amount, positive_units
from chalicelib.errors import NotFound
from chalicelib.flows.faucet import credit
from chalicelib.money import Amount
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class FaucetRequest(Request):
    token: str = Field(max_length=20)
    amount: DecimalText


class FaucetAnswer(BaseModel):
    token: str
    amount: DecimalText


@endpoint(
    routes,
    "POST",
    "/local/faucet",
    body=FaucetRequest,
    answer=FaucetAnswer,
    refuses=(
        "no_faucet",
        "unknown_token",
        "invalid_number",
        "too_many_decimals",
        "number_too_large",
        "not_positive",
    ),
)
def give(call: Call[FaucetRequest, NoQuery]) -> FaucetAnswer:
    """Credit play money from the account called "faucet" (local stages only)."""
    if not exchange().has_faucet:
        raise NotFound("no faucet here", code="no_faucet")
    asset = listing.asset(call.body.token)
    given = Amount(asset.symbol, positive_units(call.body.amount, asset, "amount"))
    plan = credit(call.session.user, given, exchange().ids.uuid(), exchange().timer.now_ms())
    exchange().store.commit(plan)
    return FaucetAnswer(token=asset.symbol, amount=amount(*given))
