"""What do all commands of one request need to know of their user and their market?

It is looked up once, however many commands there are, and only when one of them asks.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chalicelib.engine.admission import Rules, refusal
from chalicelib.engine.order import LimitOrder, Stop
from chalicelib.flows import schema
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.gate import require_open
from chalicelib.flows.intake.fee_tier import FeeTiers
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.plan import Item
from chalicelib.flows.ports import Identifiers, OrderReader, Reader, Timer
from chalicelib.ids import UserId
from chalicelib.market import Market, Rates

# A time at which no order has expired: when one does, is asked elsewhere.
_NEVER_EXPIRES = 0


class Tools(NamedTuple):
    reader: Reader
    orders: OrderReader
    timer: Timer
    ids: Identifiers
    tiers: FeeTiers


@dataclass
class Visit:
    """One request of one user in one market."""

    tools: Tools
    user: UserId
    view: MarketView

    @property
    def market(self) -> Market:
        return self.view.market

    @property
    def now_ms(self) -> int:
        return self.tools.timer.now_ms()

    @cached_property
    def rates(self) -> Rates:
        return self.tools.tiers.rates(self.user, self.market)

    @cached_property
    def _gate(self) -> Item | None:
        return self.tools.reader.get(schema.gate(self.user))

    def require_open_gate(self) -> None:
        """Raises RateLimited while the user's wallet is kept quiet."""
        require_open(self._gate, self.now_ms)

    def require_admission(
        self,
        order: LimitOrder,
        field: str,
        stop: Stop | None = None,
        stop_price: int = 0,
        *,
        is_new: bool = True,
    ) -> None:
        """Raises what the matcher would say to this order now; MarketClosed (`field`), CommandRefused.

        Who is let in by a book of a moment ago is let in: the matcher looks again. Nobody is
        turned away by one.
        """
        # One that is there already does not become one more.
        open_orders_max = self.market.open_orders_max + (not is_new)
        rules = Rules(self.market.band_ppm, open_orders_max)
        with self.view.recent() as replica:
            reason = refusal(replica.book, order, rules, stop, stop_price, now_ms=_NEVER_EXPIRES)
        if reason is not None:
            with self.view.current() as replica:
                reason = refusal(replica.book, order, rules, stop, stop_price, now_ms=_NEVER_EXPIRES)
        if reason is not None:
            raise refused(reason, field)

    def require_not_halted(self, field: str) -> None:
        """Raises MarketClosed."""
        with self.view.recent() as replica:
            halted = replica.book.mode == "halted"
        if halted:
            raise refused("market_halted", field)
