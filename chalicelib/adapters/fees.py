"""What has the house earned? Every market's journal carries the sum."""

from collections.abc import Iterable, Mapping

from chalicelib.flows.book.view import MarketView


class EarnedFees:
    def __init__(self, views: Iterable[MarketView]) -> None:
        self._views = views

    def earned(self) -> Mapping[str, int]:
        """Units by asset."""
        fees: dict[str, int] = {}
        for view in self._views:
            with view.current() as replica:
                for asset, units in replica.fees.items():
                    fees[asset] = fees.get(asset, 0) + units
        return fees
