"""Which assets and markets does this exchange list? This is the one file to edit.

To list a market: add its assets, add the market, deploy. The tick and the lot of a
listed market never change, since orders and books count in them; list a new one instead.
"""

from chalicelib.errors import InvalidInput
from chalicelib.ids import MarketId
from chalicelib.market import Asset, Market

# Token addresses are those of the network the exchange settles on; they are filled in
# per network when settlement is configured, and no code before that reads them.
USDT = Asset("USDT", decimals=6)
USDX = Asset("USDX", decimals=6)
KTA = Asset("KTA", decimals=18)

# A recorded flow of another venue replays into a market of its own: cents x satoshi.
BTC = Asset("BTC", decimals=8)
USD = Asset("USD", decimals=10)

ASSETS = {asset.symbol: asset for asset in (USDT, USDX, KTA, BTC, USD)}

MARKETS: dict[MarketId, Market] = {
    market.id: market
    for market in (
        Market(USDX, USDT, "0.0001", "0.01", minimum_notional="1", maker_fee="0.0002", taker_fee="0.0005"),
        Market(KTA, USDT, "0.0001", "0.01", minimum_notional="1", maker_fee="0.001", taker_fee="0.002"),
        Market(BTC, USD, "0.01", "0.00000001", "0", maker_fee="0", taker_fee="0", local=True),
    )
}


def markets(*, local: bool) -> dict[MarketId, Market]:
    """The markets of a stage; those for developers only where `local`."""
    return {market_id: market for market_id, market in MARKETS.items() if local or not market.local}


def asset(symbol: str) -> Asset:
    """The listed asset. Raises InvalidInput (field "token")."""
    try:
        return ASSETS[symbol]
    except KeyError:
        raise InvalidInput("unknown token", code="unknown_token", field="token") from None
