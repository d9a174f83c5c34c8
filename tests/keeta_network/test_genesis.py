"""What is there before anybody has done anything?"""

from __future__ import annotations

import base64
import json

import httpx

from chalicelib import listing
from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Start

WHOLE = 1_000_000_000


def state(network: LocalNetwork, address: str) -> dict[str, object]:
    api = network.description["representatives"][0]["api"]
    answer: dict[str, object] = httpx.get(f"{api}/node/ledger/account/{address}").json()
    return answer


def test_the_tokens_of_our_markets_exist_with_our_decimals(one: LocalNetwork) -> None:
    settled = {
        asset
        for market in listing.MARKETS.values()
        if not market.local
        for asset in (market.base, market.quote)
    }
    tokens = one.description["tokens"]
    assert {symbol: token["decimals"] for symbol, token in tokens.items()} == {
        asset.symbol: asset.decimals for asset in settled
    }
    for symbol, token in tokens.items():
        info = state(one, token["address"])["info"]
        assert isinstance(info, dict)
        assert info["name"] == symbol
        assert json.loads(base64.b64decode(info["metadata"])) == {"decimalPlaces": token["decimals"]}


def test_kta_is_the_base_token(one: LocalNetwork) -> None:
    assert one.description["tokens"]["KTA"]["address"] == one.description["network"]["base_token"]


def test_treasury_and_faucet_hold_plenty_of_every_token(start: Start) -> None:
    network = start()
    tokens = network.description["tokens"]
    plenty = {token["address"]: f"0x{WHOLE * 10 ** token['decimals']:X}" for token in tokens.values()}
    for role in ("treasury", "faucet"):
        balances = state(network, network.description["accounts"][role]["address"])["balances"]
        assert isinstance(balances, list)
        assert {each["token"]: each["balance"] for each in balances} == plenty


def test_every_start_makes_the_same_network(one: LocalNetwork, start: Start) -> None:
    again = start(controls=True).description
    for part in ("network", "tokens", "accounts", "genesis"):
        assert again[part] == one.description[part]


def test_the_description_can_be_read_from_a_file(start: Start, tmp_path) -> None:
    network = start(state=tmp_path)
    assert json.loads((tmp_path / "network.json").read_text()) == network.description
    assert network.description["controls"] is None
