"""What did users ask the markets for, and what was refused, in figures and in ids?"""

from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.telemetry.emf import Measure, Meter
from chalicelib.adapters.telemetry.log import LogObserver
from chalicelib.errors import CexError
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.intake.desk import Maker, OrderIntake, Outcome
from chalicelib.flows.intake.place_order import PlaceWish
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.ids import MarketId, UserId


class WatchedIntake(OrderIntake):
    """The same desk, with somebody who counts and writes down ids."""

    def __init__(self, meter: Meter, observer: LogObserver, *parts: Any) -> None:
        super().__init__(*parts)
        self._meter = meter
        self._observer = observer

    def batch(self, user: UserId, view: MarketView, makers: Sequence[Maker], wait_ms: int) -> list[Outcome]:
        places: set[int] = set()

        def noted(number: int, maker: Maker) -> Maker:
            def make(visit: Visit) -> Wish:
                wish = maker(visit)
                places.update([number] if isinstance(wish, PlaceWish) else [])
                return wish

            return make

        outcomes = super().batch(user, view, [noted(*each) for each in enumerate(makers)], wait_ms)
        self._count(view.market.id, user, outcomes, places)
        return outcomes

    def _count(self, market: MarketId, user: UserId, outcomes: list[Outcome], places: set[int]) -> None:
        refused = [each for each in outcomes if isinstance(each, CexError)]
        orders: list[str] = [each.record.id for each in outcomes if not isinstance(each, CexError)]
        self._observer.note(
            "commands_taken",
            market=market,
            user=user,
            orders=orders,
            refused=[f"{each.code}: {each.detail}" for each in refused],
        )
        accepted = sum(not isinstance(outcomes[number], CexError) for number in places)
        self._meter.measure(
            *([Measure("OrdersAccepted", accepted, (market,))] if accepted else []),
            *(Measure("OrdersRefused", 1, (market, each.code)) for each in refused),
        )
