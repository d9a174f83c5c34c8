"""Which assets and markets does this exchange list? This is the one file to edit.

To list a market: add its assets, add the market, deploy. The tick and the lot of a
listed market never change, since orders and books count in them; list a new one instead.

To delist one: `cex-ops markets delist`, then `delisted=True` here, and deploy. It is never removed
from this file: the ledger, the audit and the fees of the house go on reading what happened there.
"""

from collections.abc import Collection, Iterable

from chalicelib.errors import InvalidInput, MisconfiguredMarket
from chalicelib.ids import MarketId
from chalicelib.market import Asset, Market, Tier
from chalicelib.terms import PayoutTerms

# KTA is the base token of each network. "dev" is the network on a developer's machine. A
# token goes live on another network when its account there is written down here.
KTA = Asset(
    "KTA",
    decimals=18,
    tokens={
        "main": "keeta_anqdilpazdekdu4acw65fj7smltcp26wbrildkqtszqvverljpwpezmd44ssg",
        "test": "keeta_anyiff4v34alvumupagmdyosydeq24lc4def5mrpmmyhx3j6vj2uucckeqn52",
        "dev": "keeta_apu6f45bkxmtrpfvvegxwprpegh4s5xngfzvn765kcue63cadbykor4r5uvqw",
    },
)
USDT = Asset(
    "USDT",
    decimals=6,
    tokens={"dev": "keeta_angqospawx3b456q3fzepeqpfskuakqr36myhnpzyut7amrwdirkgww5pfgzm"},
)
USDX = Asset(
    "USDX",
    decimals=6,
    tokens={"dev": "keeta_aniiuqzqtwml35ufdxg2p2ac3iu3h26elzchli5fbkrtnnx6ttighszuzwe7q"},
)

# A recorded flow of another venue replays into a market of its own: cents x satoshi.
BTC = Asset(
    "BTC",
    decimals=8,
    tokens={"dev": "keeta_apy7dhe2mou64ramz2j4pt744l2dqepmta27ukx6m74avkfjqbrfhmm5xhvw4"},
)
USD = Asset(
    "USD",
    decimals=10,
    tokens={"dev": "keeta_amquafsxsa3sty52rltoexdvlr3c32ltdhuf34724bz5yv7yz6gs4lrenqrw4"},
)

ASSETS = {asset.symbol: asset for asset in (USDT, USDX, KTA, BTC, USD)}

# What may be paid out of each token, in whole tokens.
PAYOUTS = {
    terms.asset.symbol: terms
    for terms in (
        PayoutTerms(
            KTA,
            minimum="0.01",
            user_day="1000000",
            all_day="10000000",
            approval_above="250000",
            reach="2500000",
        ),
        PayoutTerms(
            USDT,
            minimum="0.1",
            user_day="500000",
            all_day="5000000",
            approval_above="100000",
            reach="1000000",
        ),
        PayoutTerms(
            USDX,
            minimum="0.1",
            user_day="500000",
            all_day="5000000",
            approval_above="100000",
            reach="1000000",
        ),
        # Of developers: as good as without limits.
        PayoutTerms(BTC, "0.00000001", "1000000", "10000000", approval_above="1000000", reach="1000000"),
        PayoutTerms(USD, "0.01", "100000000000", "1000000000000", "100000000000", reach="100000000000"),
    )
}


def require_payouts(assets: Iterable[Asset], paid_out: Collection[str]) -> None:
    """Raises MisconfiguredMarket for a token that would come in and never go out."""
    for each in assets:
        if each.tokens and each.symbol not in paid_out:
            raise MisconfiguredMarket(f"{each.symbol} can be deposited and has no PayoutTerms")


require_payouts(ASSETS.values(), PAYOUTS)

# What one user may ask for on one day (UTC) and not take back: the house pays the network for each.
WITHDRAWALS_PER_DAY = 50

# Storage accounts that coins may be paid out to, such as those of other exchanges: whoever owns one can
# refuse what is sent there, so they are looked at before they are listed.
DESTINATIONS: frozenset[str] = frozenset()

MARKETS: dict[MarketId, Market] = {
    market.id: market
    for market in (
        # One dollar for another: a price far from one is a mistake.
        Market(
            USDX,
            USDT,
            tick="0.0001",
            lot="0.01",
            minimum_notional="1",
            maker_fee="0.0002",
            taker_fee="0.0005",
            tiers=(Tier("1000000", "0.0001", "0.0003"), Tier("10000000", "0", "0.0002")),
            band="0.2",
            collar="0.01",
        ),
        Market(
            KTA,
            USDT,
            tick="0.0001",
            lot="0.01",
            minimum_notional="1",
            maker_fee="0.001",
            taker_fee="0.002",
            tiers=(
                Tier("100000", "0.0008", "0.0016"),
                Tier("1000000", "0.0005", "0.0012"),
                Tier("10000000", "0.0002", "0.0008"),
            ),
            band="0.5",
            collar="0.05",
        ),
        Market(BTC, USD, "0.01", "0.00000001", "0", maker_fee="0", taker_fee="0", local=True),
    )
}


def every_market(*, local: bool) -> dict[MarketId, Market]:
    """The markets that a stage has or had; those for developers only where `local`."""
    return {market_id: market for market_id, market in MARKETS.items() if local or not market.local}


def markets(*, local: bool) -> dict[MarketId, Market]:
    """Those of them where orders are taken."""
    found = every_market(local=local)
    return {market_id: market for market_id, market in found.items() if not market.delisted}


def tokens(network: str) -> dict[str, str]:
    """The token account of every asset that is live on a network, by symbol."""
    return {symbol: each.tokens[network] for symbol, each in ASSETS.items() if network in each.tokens}


def asset(symbol: str) -> Asset:
    """The listed asset. Raises InvalidInput (field "token")."""
    try:
        return ASSETS[symbol]
    except KeyError:
        raise InvalidInput("unknown token", code="unknown_token", field="token") from None
