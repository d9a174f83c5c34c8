"""Who am I at the local exchange? Makes a Keeta key, signs in with it and prints the token.

    TOKEN=$(python -m infra.traders.login --fund USDT=1000 --fund KTA=100)
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8400/balances

The key is forgotten when the program ends: it is for trying things out.
"""

import argparse
import sys
from decimal import Decimal

import httpx

from infra.local.state import default_state
from infra.traders.api import Api, Refused
from infra.traders.client import Trader
from infra.traders.wallet import new_wallet


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="of the exchange (default: the one that runs on this machine)")
    parser.add_argument("--fund", action="append", default=[], metavar="TOKEN=AMOUNT", help="from the faucet")
    options = parser.parse_args()
    url = options.url or (default_state().described() or {}).get("url")
    if url is None:
        print("no exchange runs here; start one with `make run`", file=sys.stderr)
        return 1
    try:
        print(sign_in(url, options.fund))
    except (Refused, httpx.TransportError) as failure:
        print(f"{url}: {failure}", file=sys.stderr)
        return 1
    return 0


def sign_in(url: str, funds: list[str]) -> str:
    """The token of a fresh trader who has got these funds. Raises Refused."""
    with Api(url) as api:
        trader = Trader(api, "you", new_wallet())
        trader.sign_in()
        for fund in funds:
            token, _, amount = fund.partition("=")
            trader.take_from_faucet(token, Decimal(amount))
        return trader.jwt


if __name__ == "__main__":
    sys.exit(main())
