"""Is the one list that a developer edits right about the networks it names?"""

from dataclasses import replace

import pytest

from chalicelib import listing
from chalicelib.errors import MisconfiguredMarket
from chalicelib.ids import MarketId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.network import NETWORKS
from chalicelib.market import Asset, Market


def test_every_token_is_a_token_account_on_a_network_that_exists() -> None:
    for asset in listing.ASSETS.values():
        for alias, address in asset.tokens.items():
            assert alias in NETWORKS
            assert Account.from_address(address).key_type is KeyType.TOKEN


def test_kta_is_the_base_token_of_every_network_it_is_listed_on() -> None:
    for alias, address in listing.KTA.tokens.items():
        assert NETWORKS[alias].base_token.address == address


def test_what_can_be_deposited_can_be_paid_out() -> None:
    for alias in NETWORKS:
        assert set(listing.tokens(alias)) <= set(listing.PAYOUTS)
    stuck = Asset("STUCK", decimals=2, tokens={"dev": listing.USDT.tokens["dev"]})
    with pytest.raises(MisconfiguredMarket, match="STUCK can be deposited"):
        listing.require_payouts([*listing.ASSETS.values(), stuck], listing.PAYOUTS)
    listing.require_payouts([Asset("POINTS", decimals=2)], listing.PAYOUTS)


def test_the_first_markets_are_listed_everywhere_and_play_markets_only_locally() -> None:
    assert set(listing.markets(local=False)) == {"USDX/USDT", "KTA/USDT"}
    assert set(listing.markets(local=True)) == {"USDX/USDT", "KTA/USDT", "BTC/USD"}


def test_a_delisted_market_takes_no_orders_and_stays_known(monkeypatch: pytest.MonkeyPatch) -> None:
    kta = MarketId("KTA/USDT")
    monkeypatch.setitem(listing.MARKETS, kta, replace(listing.MARKETS[kta], delisted=True))
    assert set(listing.markets(local=False)) == {"USDX/USDT"}
    assert set(listing.every_market(local=False)) == {"USDX/USDT", "KTA/USDT"}


@pytest.mark.parametrize(
    ("tick", "lot"), [("0.0001", "0.001"), ("0.00001", "0.01"), ("0", "1"), ("1", "0"), ("0.0003", "0.001")]
)
def test_a_market_whose_smallest_trade_is_not_a_whole_quote_unit_is_refused(tick: str, lot: str) -> None:
    base, quote = Asset("AAA", decimals=3), Asset("BBB", decimals=6)
    Market(base, quote, "0.001", "0.001", "0", "0", "0")
    with pytest.raises(MisconfiguredMarket):
        Market(base, quote, tick, lot, "0", "0", "0")
