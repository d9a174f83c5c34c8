"""What is an asset and a market, and when is a market well formed?

A price counts ticks and a quantity counts lots. The tick and the lot are chosen so that
one lot at one tick is a whole number of quote units; so every notional is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

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
class Tier:
    """Fee rates of whoever traded at least `volume` quote within 30 days, as fractions."""

    volume: str
    maker_fee: str
    taker_fee: str


class Rates(NamedTuple):
    """Parts per million of what a side receives."""

    maker_ppm: int
    taker_ppm: int


@dataclass(frozen=True)
class Market:
    """One order book. Decimal strings are in whole tokens, as people write them.

    tick: price step, in quote per one base. lot: quantity step, in base.
    minimum_notional: smallest price x quantity, in quote.
    maker_fee, taker_fee: fraction of what that side receives, e.g. "0.001".
    tiers: lower rates for those who trade more, in the order of their volumes.
    band: how far from the last price an order's price may lie, as a fraction; "0": anywhere.
    collar: how far from the best price a market order may trade, as a fraction.
    open_orders_max: of one user.
    local: listed on a developer's machine only.
    delisted: traded no more; what happened there is still read, and counted.
    """

    base: Asset
    quote: Asset
    tick: str
    lot: str
    minimum_notional: str
    maker_fee: str
    taker_fee: str
    tiers: tuple[Tier, ...] = ()
    band: str = "0"
    collar: str = "0.05"
    open_orders_max: int = 500
    local: bool = False
    delisted: bool = False

    def __post_init__(self) -> None:
        try:
            exact = self._tick_units * self.lot_units
            rates = [rate for _, each in self.tier_rates for rate in each]
            fractions = (self.band_ppm, self.collar_ppm)
            _ = self.minimum_units
        except InvalidInput as error:
            raise MisconfiguredMarket(f"{self.id}: {error.detail}") from None
        if self._tick_units <= 0 or self.lot_units <= 0:
            raise MisconfiguredMarket(f"{self.id}: tick and lot must be above zero")
        if exact % scale(self._price_scale + self.base.decimals):
            raise MisconfiguredMarket(f"{self.id}: tick x lot is not a whole quote unit")
        if max(rates) >= PPM:
            raise MisconfiguredMarket(f"{self.id}: a fee rate must lie in [0, 1)")
        if max(fractions) >= PPM:
            raise MisconfiguredMarket(f"{self.id}: band and collar must lie in [0, 1)")
        volumes = [volume for volume, _ in self.tier_rates]
        if volumes != sorted(set(volumes)):
            raise MisconfiguredMarket(f"{self.id}: tiers must stand in the order of their volumes")
        if self.open_orders_max < 1:
            raise MisconfiguredMarket(f"{self.id}: nobody could have an open order")

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
    def tier_rates(self) -> tuple[tuple[int, Rates], ...]:
        """Fee rates by 30-day volume in quote units, the entry tier (volume 0) first."""
        tiers = (Tier("0", self.maker_fee, self.taker_fee), *self.tiers)
        return tuple(
            (
                parse_units(tier.volume, self.quote.decimals),
                Rates(parse_units(tier.maker_fee, 6), parse_units(tier.taker_fee, 6)),
            )
            for tier in tiers
        )

    def rates(self, volume: int) -> Rates:
        """Of somebody who traded so many quote units within 30 days."""
        return [rates for least, rates in self.tier_rates if least <= volume][-1]

    @cached_property
    def band_ppm(self) -> int:
        return parse_units(self.band, 6)

    @cached_property
    def collar_ppm(self) -> int:
        return parse_units(self.collar, 6)

    @property
    def terms(self) -> str:
        """What stored prices and quantities depend on. It never changes for a listed market."""
        return f"{self.tick}x{self.lot}"

    def received(self, side: str) -> Asset:
        """What a trade gives that side, and what its fee is taken from."""
        return self.base if side == "buy" else self.quote

    def held(self, side: str) -> Asset:
        """What that side gives, and what its open orders hold."""
        return self.quote if side == "buy" else self.base

    def base_units(self, lots: int) -> int:
        return lots * self.lot_units

    def quote_units(self, ticks: int, lots: int) -> int:
        return ticks * lots * self.step_units

    def hold_units(self, side: str, count: int) -> int:
        """Units of a hold that counts lots (for a sell) or ticks x lots (for a buy)."""
        return count * (self.step_units if side == "buy" else self.lot_units)

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
