"""What is an asset and a market, and when is a market well formed?

A price counts ticks and a quantity counts lots. The tick and the lot are chosen so that
one lot at one tick is a whole number of quote units; so every notional is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.errors import BelowMinimum, InvalidInput, MisconfiguredMarket
from chalicelib.ids import MarketId
from chalicelib.money import UNITS_MAX, format_units, parse_units, scale

# Fee rates are whole parts per million of what a side receives.
PPM = 1_000_000

# A price or quantity has at most so many ticks or lots: both stay machine integers.
COUNT_MAX = 2**53


@dataclass(frozen=True)
class Asset:
    """One token. `tokens` are its Keeta token accounts by network; none for play assets."""

    symbol: str
    decimals: int
    tokens: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Market:
    """One order book. Decimal strings are in whole tokens, as people write them.

    tick: price step, in quote per one base. lot: quantity step, in base.
    minimum_notional: smallest price x quantity, in quote.
    maker_fee, taker_fee: fraction of what that side receives, e.g. "0.001".
    local: listed on a developer's machine only.
    """

    base: Asset
    quote: Asset
    tick: str
    lot: str
    minimum_notional: str
    maker_fee: str
    taker_fee: str
    local: bool = False

    def __post_init__(self) -> None:
        try:
            exact = self._tick_units * self.lot_units
            rates = (self.maker_ppm, self.taker_ppm)
            _ = self.minimum_units
        except InvalidInput as error:
            raise MisconfiguredMarket(f"{self.id}: {error.detail}") from None
        if self._tick_units <= 0 or self.lot_units <= 0:
            raise MisconfiguredMarket(f"{self.id}: tick and lot must be above zero")
        if exact % scale(self._price_scale + self.base.decimals):
            raise MisconfiguredMarket(f"{self.id}: tick x lot is not a whole quote unit")
        if max(rates) >= PPM:
            raise MisconfiguredMarket(f"{self.id}: a fee rate must lie in [0, 1)")

    @cached_property
    def id(self) -> MarketId:
        return MarketId(f"{self.base.symbol}/{self.quote.symbol}")

    @cached_property
    def slug(self) -> str:
        """The id where a slash cannot stand: queue names, paths, function names."""
        return f"{self.base.symbol}-{self.quote.symbol}".lower()

    @cached_property
    def lot_units(self) -> int:
        """Base units in one lot."""
        return parse_units(self.lot, self.base.decimals)

    @cached_property
    def _price_scale(self) -> int:
        return len(self.tick.partition(".")[2])

    @cached_property
    def _tick_units(self) -> int:
        """One tick in units of 10**-(price scale + quote decimals) quote."""
        return parse_units(self.tick, self._price_scale) * scale(self.quote.decimals)

    @cached_property
    def step_units(self) -> int:
        """Quote units that one lot costs at a price of one tick."""
        return self._tick_units * self.lot_units // scale(self._price_scale + self.base.decimals)

    @cached_property
    def minimum_units(self) -> int:
        return parse_units(self.minimum_notional, self.quote.decimals)

    @cached_property
    def maker_ppm(self) -> int:
        return parse_units(self.maker_fee, 6)

    @cached_property
    def taker_ppm(self) -> int:
        return parse_units(self.taker_fee, 6)

    @property
    def terms(self) -> str:
        """What stored prices and quantities depend on. It never changes for a listed market."""
        return f"{self.tick}x{self.lot}"

    def received(self, side: str) -> Asset:
        """What a trade gives that side, and what its fee is taken from."""
        return self.base if side == "buy" else self.quote

    def base_units(self, lots: int) -> int:
        return lots * self.lot_units

    def quote_units(self, ticks: int, lots: int) -> int:
        return ticks * lots * self.step_units

    def parse_price(self, text: str) -> int:
        """Ticks. Raises InvalidInput (field "price")."""
        return self._parse_count(text, "price", self.tick, self._price_scale, "off_tick")

    def parse_quantity(self, text: str) -> int:
        """Lots. Raises InvalidInput (field "quantity")."""
        return self._parse_count(text, "quantity", self.lot, self.base.decimals, "off_lot")

    def format_price(self, ticks: int) -> str:
        return format_units(ticks * parse_units(self.tick, self._price_scale), self._price_scale)

    def format_quantity(self, lots: int) -> str:
        return format_units(self.base_units(lots), self.base.decimals)

    def require_size(self, ticks: int, lots: int) -> None:
        """Raises BelowMinimum or InvalidInput when the notional is out of bounds."""
        notional = self.quote_units(ticks, lots)
        if notional < self.minimum_units:
            raise BelowMinimum(
                f"price x quantity is below {self.minimum_notional} {self.quote.symbol}", field="quantity"
            )
        if max(notional, self.base_units(lots)) > UNITS_MAX:
            raise InvalidInput("price x quantity is too large", code="number_too_large", field="quantity")

    def _parse_count(self, text: str, field: str, step: str, decimals: int, code: str) -> int:
        try:
            units = parse_units(text, decimals)
        except InvalidInput as error:
            too_fine = error.code == "too_many_decimals"
            raise InvalidInput(error.detail, code=code if too_fine else error.code, field=field) from None
        if units == 0:
            raise InvalidInput("must be above zero", code="not_positive", field=field)
        count, rest = divmod(units, parse_units(step, decimals))
        if rest:
            raise InvalidInput(f"not a multiple of {step}", code=code, field=field)
        if count > COUNT_MAX:
            raise InvalidInput("number too large", code="number_too_large", field=field)
        return count
