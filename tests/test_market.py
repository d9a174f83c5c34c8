"""Is a market refused whose numbers do not come out whole, and is every other one exact?"""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import listing
from chalicelib.errors import BelowMinimum, CexError, InvalidInput, MisconfiguredMarket
from chalicelib.market import COUNT_MAX, PPM, Asset, Market, Tier
from chalicelib.money import UNITS_MAX, format_units, parse_units

KTA_USDT = listing.MARKETS["KTA/USDT"]
LISTED = pytest.mark.parametrize("market", listing.MARKETS.values(), ids=lambda market: market.id)

assets = st.builds(Asset, symbol=st.sampled_from(["AAA", "BBB"]), decimals=st.integers(0, 18))
# One of something, times ten to a power: what ticks and lots look like, and some odd ones.
steps = st.builds(format_units, st.sampled_from([1, 2, 5, 25, 125, 3, 7]), st.integers(0, 12))


@st.composite
def markets(draw: st.DrawFn) -> Market | None:
    base, quote, tick, lot = draw(assets), draw(assets), draw(steps), draw(steps)
    try:
        return Market(base, quote, tick, lot, minimum_notional="0", maker_fee="0", taker_fee="0")
    except MisconfiguredMarket:
        return None


good_markets = markets().filter(lambda market: market is not None)
counts = st.integers(1, 10**9)


def refusal(market: Market, **changed: Any) -> str:
    with pytest.raises(CexError) as refused:
        replace(market, **changed)
    return refused.value.code


# --- which markets there can be -----------------------------------------------------------------


@given(assets, assets, steps, steps)
def test_a_market_is_refused_exactly_when_its_smallest_notional_or_its_lot_is_not_whole(
    base: Asset, quote: Asset, tick: str, lot: str
) -> None:
    lot_units = Fraction(lot) * 10**base.decimals
    step = Fraction(tick) * Fraction(lot) * 10**quote.decimals
    try:
        market = Market(base, quote, tick, lot, minimum_notional="0", maker_fee="0", taker_fee="0")
    except MisconfiguredMarket:
        assert step.denominator != 1 or lot_units.denominator != 1
    else:
        assert (market.step_units, market.lot_units) == (step, lot_units)


@pytest.mark.parametrize(
    "changed",
    [
        {"tick": "0"},
        {"lot": "0"},
        {"tick": "0.00000001"},
        {"lot": "0.00000001", "tick": "0.1"},
        {"maker_fee": "1"},
        {"taker_fee": "1.5"},
    ],
    ids=str,
)
def test_a_market_that_contradicts_itself_can_not_be_listed(changed: dict[str, str]) -> None:
    assert refusal(KTA_USDT, **changed) == "misconfigured_market"


@pytest.mark.parametrize(
    "changed",
    [
        {"tick": "-0.1"},
        {"lot": "x"},
        {"lot": "0.0000000000000000001"},
        {"maker_fee": "-0.1"},
        {"taker_fee": "0.0000001"},
        {"tick": ""},
    ],
    ids=str,
)
def test_a_market_whose_numbers_are_none_can_not_be_listed(changed: dict[str, str]) -> None:
    assert refusal(KTA_USDT, **changed)


@pytest.mark.parametrize("minimum", ["x", "-1", "0.0000001", ""])
def test_a_minimum_that_is_no_number_is_refused_at_the_start(minimum: str) -> None:
    assert refusal(KTA_USDT, minimum_notional=minimum)


@LISTED
def test_every_listed_market_has_names_of_its_own(market: Market) -> None:
    assert listing.MARKETS[market.id] is market
    assert market.id == f"{market.base.symbol}/{market.quote.symbol}"
    assert [other for other in listing.MARKETS.values() if other.slug == market.slug] == [market]
    assert {market.base, market.quote} <= set(listing.ASSETS.values())


@LISTED
def test_a_listed_market_is_exact_and_its_smallest_order_fits_a_wallet(market: Market) -> None:
    assert Fraction(market.tick) * Fraction(market.lot) * 10**market.quote.decimals == market.step_units >= 1
    assert market.minimum_units < UNITS_MAX
    assert market.band_ppm == 0 or market.collar_ppm <= market.band_ppm


@LISTED
def test_who_trades_more_never_pays_more(market: Market) -> None:
    tiers = market.tier_rates
    assert tiers[0][0] == 0
    for (less, dear), (more, cheap) in pairwise(tiers):
        assert less < more
        assert all(0 <= rate <= before < PPM for before, rate in zip(dear, cheap, strict=True))


TIERED = replace(KTA_USDT, tiers=(Tier("1000", "0.0005", "0.001"), Tier("2000", "0", "0.0005")))


@pytest.mark.parametrize(
    ("volume", "rates"),
    [
        ("0", (1_000, 2_000)),
        ("999.999999", (1_000, 2_000)),
        ("1000", (500, 1_000)),
        ("1999.999999", (500, 1_000)),
        ("2000", (0, 500)),
        ("1000000", (0, 500)),
    ],
)
def test_a_tier_begins_at_its_volume(volume: str, rates: tuple[int, int]) -> None:
    assert TIERED.rates(parse_units(volume, TIERED.quote.decimals)) == rates


@pytest.mark.parametrize(
    "changed",
    [
        {"tiers": (Tier("2000", "0", "0"), Tier("1000", "0", "0"))},
        {"tiers": (Tier("1000", "0", "0"), Tier("1000", "0", "0"))},
        {"tiers": (Tier("0", "0", "0"),)},
        {"tiers": (Tier("1000", "1", "0"),)},
        {"tiers": (Tier("1000", "0", "-0.1"),)},
        {"tiers": (Tier("x", "0", "0"),)},
        {"band": "1"},
        {"band": "-0.1"},
        {"band": "0.0000001"},
        {"collar": "1"},
        {"collar": "five"},
        {"open_orders_max": 0},
    ],
    ids=str,
)
def test_a_market_with_tiers_bands_or_limits_that_make_no_sense_is_refused(changed: Any) -> None:
    assert refusal(KTA_USDT, **changed) == "misconfigured_market"


def test_markets_for_developers_are_for_developers_only() -> None:
    assert set(listing.markets(local=True)) == set(listing.MARKETS)
    assert set(listing.markets(local=False)) == {"USDX/USDT", "KTA/USDT"}


def test_an_unknown_token_is_told_so() -> None:
    assert listing.asset("KTA") == listing.KTA
    with pytest.raises(InvalidInput) as refused:
        listing.asset("kta")
    assert (refused.value.code, refused.value.field) == ("unknown_token", "token")


# --- prices and quantities ----------------------------------------------------------------------


@given(good_markets, counts, counts)
def test_prices_and_quantities_that_were_written_are_read_back(market: Market, ticks: int, lots: int) -> None:
    assert market.parse_price(market.format_price(ticks)) == ticks
    assert market.parse_quantity(market.format_quantity(lots)) == lots


@given(good_markets, counts, counts)
def test_price_times_quantity_is_exactly_the_notional(market: Market, ticks: int, lots: int) -> None:
    price, quantity = Fraction(market.format_price(ticks)), Fraction(market.format_quantity(lots))
    assert price == ticks * Fraction(market.tick)
    assert quantity == lots * Fraction(market.lot)
    assert market.quote_units(ticks, lots) == price * quantity * 10**market.quote.decimals
    assert market.base_units(lots) == quantity * 10**market.base.decimals


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "not_positive"),
        ("0.00005", "off_tick"),
        ("0.00000000000000001", "off_tick"),
        ("-1", "invalid_number"),
        ("1e4", "invalid_number"),
        ("900719925474.0993", "number_too_large"),
        ("9" * 40, "number_too_large"),
    ],
)
def test_a_price_that_is_none_names_its_field(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        KTA_USDT.parse_price(text)
    assert (refused.value.code, refused.value.field) == (code, "price")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "not_positive"),
        ("0.005", "off_lot"),
        ("0.0000000000000000001", "off_lot"),
        ("+1", "invalid_number"),
        ("90071992547409.93", "number_too_large"),
        ("9" * 40, "number_too_large"),
    ],
)
def test_a_quantity_that_is_none_names_its_field(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        KTA_USDT.parse_quantity(text)
    assert (refused.value.code, refused.value.field) == (code, "quantity")


def test_the_largest_counts_are_read() -> None:
    market = listing.MARKETS["USDX/USDT"]
    assert market.parse_price(market.format_price(COUNT_MAX)) == COUNT_MAX
    assert market.parse_quantity(market.format_quantity(COUNT_MAX)) == COUNT_MAX


def test_an_order_is_worth_at_least_the_minimum_and_at_most_what_a_wallet_holds() -> None:
    ticks, lots = KTA_USDT.parse_price("0.5"), KTA_USDT.parse_quantity("2")
    KTA_USDT.require_size(ticks, lots)
    with pytest.raises(BelowMinimum):
        KTA_USDT.require_size(ticks, lots - 1)
    with pytest.raises(InvalidInput) as refused:
        KTA_USDT.require_size(COUNT_MAX, COUNT_MAX)
    assert (refused.value.code, refused.value.field) == ("number_too_large", "quantity")
