"""The dead man's switch: all one's orders of a market are canceled unless one is heard of again."""

from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.place import InMarket
from chalicelib.api.values import WAIT_MS_DEFAULT, MarketName, Time, WaitMs, market_named
from chalicelib.errors import InvalidInput
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

SECONDS_MIN, SECONDS_MAX = 5, 3_600


class CancelAllAfterRequest(InMarket):
    seconds: Annotated[int, Field(ge=0, le=SECONDS_MAX)] = Field(
        description=f"0 turns it off; else from {SECONDS_MIN}"
    )
    wait: WaitMs = WAIT_MS_DEFAULT


class CancelAllAfterQuery(Query):
    market: MarketName


class CancelAllAfterState(BaseModel):
    market: str
    cancels_at: Time | None = Field(description="when all one's orders are canceled, unless it is set anew")


class CancelAllAfterAnswer(CancelAllAfterState):
    status: Literal["done", "pending"] = Field(description="done: it is in force")


@endpoint(
    routes,
    "POST",
    "/orders/cancel-all-after",
    body=CancelAllAfterRequest,
    answer=CancelAllAfterAnswer,
    refuses=("unknown_market", "market_halted", "late", "failed", "rate_limited", "outcome_unknown"),
)
def cancel_all_orders_after(call: Call[CancelAllAfterRequest, NoQuery]) -> CancelAllAfterAnswer:
    """Have all one's orders of a market canceled, unless one asks again in time: a dead man's switch."""
    user, market = call.session.user, market_named(call.body.market)
    if 0 < call.body.seconds < SECONDS_MIN:
        raise InvalidInput(f"0, or at least {SECONDS_MIN}", code="invalid_value", field="seconds")
    exchange().rate_limit.admit(user)
    view = exchange().views[market.id]
    report = exchange().cancel_alls.cancel_all_after(user, view, 1000 * call.body.seconds, call.body.wait)
    return CancelAllAfterAnswer(
        market=market.id,
        cancels_at=_time(report.deadline_ms),
        status="done" if report.is_done else "pending",
    )


@endpoint(
    routes,
    "GET",
    "/orders/cancel-all-after",
    query=CancelAllAfterQuery,
    answer=CancelAllAfterState,
    refuses=("unknown_market",),
)
def get_cancel_all_after(call: Call[Nothing, CancelAllAfterQuery]) -> CancelAllAfterState:
    """Whether the switch is in force in a market now, and when it goes off."""
    market = market_named(call.query.market)
    with exchange().views[market.id].current() as replica:
        deadline_ms = replica.book.timers.get(call.session.user, 0)
    return CancelAllAfterState(market=market.id, cancels_at=_time(deadline_ms))


def _time(deadline_ms: int) -> str | None:
    return iso(deadline_ms) if deadline_ms else None
