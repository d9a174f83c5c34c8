"""What may be paid out of a token?"""

from dataclasses import dataclass
from functools import cached_property

from chalicelib.errors import InvalidInput, MisconfiguredMarket
from chalicelib.market import Asset
from chalicelib.money import parse_units


@dataclass(frozen=True)
class PayoutTerms:
    """Decimal strings in whole tokens. The network's own fees are paid by the house.

    minimum: of one withdrawal. user_day, all_day: what one user, and all together, may ask for on one
    day (UTC). approval_above: from here on two people have to approve. reach: the most that the operator's
    key should be able to send; the settlement takes what is above it to the vault.
    """

    asset: Asset
    minimum: str
    user_day: str
    all_day: str
    approval_above: str
    reach: str

    def __post_init__(self) -> None:
        try:
            ordered = 0 < self.minimum_units <= self.user_day_units <= self.all_day_units
        except InvalidInput as error:
            raise MisconfiguredMarket(f"{self.asset.symbol}: {error.detail}") from None
        if not ordered or self.approval_units <= 0 or self.reach_units < self.minimum_units:
            raise MisconfiguredMarket(f"{self.asset.symbol}: limits that nothing can pass")

    @cached_property
    def minimum_units(self) -> int:
        return self._units(self.minimum)

    @cached_property
    def user_day_units(self) -> int:
        return self._units(self.user_day)

    @cached_property
    def all_day_units(self) -> int:
        return self._units(self.all_day)

    @cached_property
    def approval_units(self) -> int:
        return self._units(self.approval_above)

    @cached_property
    def reach_units(self) -> int:
        return self._units(self.reach)

    def _units(self, text: str) -> int:
        return parse_units(text, self.asset.decimals)
