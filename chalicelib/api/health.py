"""Is the exchange there?"""

from chalice.app import Blueprint
from pydantic import BaseModel

from chalicelib.api.endpoint import Call, NoQuery, Nothing, endpoint
from chalicelib.api.values import Time
from chalicelib.flows import schema
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class HealthAnswer(BaseModel):
    status: str
    stage: str
    time: Time


@endpoint(routes, "GET", "/health", answer=HealthAnswer, private=False)
def get_health(_: Call[Nothing, NoQuery]) -> HealthAnswer:
    """Whether the exchange can read its store."""
    for market in exchange().markets:
        exchange().store.get(schema.sweep_cursor(market))
    return HealthAnswer(status="ok", stage=exchange().stage, time=iso(exchange().timer.now_ms()))
