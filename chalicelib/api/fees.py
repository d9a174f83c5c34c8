"""What trading costs."""

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, endpoint
from chalicelib.api.order_answer import rate
from chalicelib.api.values import DecimalText, amount
from chalicelib.ids import UserId
from chalicelib.market import Market
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class FeeTier(BaseModel):
    volume: DecimalText = Field(description="quote that one must have traded within 30 days")
    maker_fee: DecimalText
    taker_fee: DecimalText


class MarketFees(BaseModel):
    market: str
    volume: DecimalText = Field(description="quote that one traded within 30 days, counted within the hour")
    maker_fee: DecimalText = Field(description="rate that an order placed now is promised")
    taker_fee: DecimalText
    tiers: list[FeeTier]


class FeesAnswer(BaseModel):
    fees: list[MarketFees]


@endpoint(routes, "GET", "/fees", answer=FeesAnswer)
def list_fees(call: Call[Nothing, NoQuery]) -> FeesAnswer:
    """One's own fee rates, by market."""
    user = call.session.user
    return FeesAnswer(fees=[_fees(market, user) for market in exchange().markets.values()])


def fee_tiers(market: Market) -> list[FeeTier]:
    """All of them, the one for everybody first."""
    return [
        FeeTier(
            volume=amount(market.quote.symbol, volume),
            maker_fee=rate(rates.maker_ppm),
            taker_fee=rate(rates.taker_ppm),
        )
        for volume, rates in market.tier_rates
    ]


def _fees(market: Market, user: UserId) -> MarketFees:
    volume = exchange().intake.tiers.volume(user, market)
    rates = market.rates(volume)
    return MarketFees(
        market=market.id,
        volume=amount(market.quote.symbol, volume),
        maker_fee=rate(rates.maker_ppm),
        taker_fee=rate(rates.taker_ppm),
        tiers=fee_tiers(market),
    )
