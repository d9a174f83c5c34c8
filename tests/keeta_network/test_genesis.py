"""What is there before anybody has done anything?"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chalicelib import listing
from infra.local.keeta.process import LocalNetwork, Options

WHOLE = 1_000_000_000


def state(network: LocalNetwork, address: str) -> dict[str, object]:
    api = network.description["representatives"][0]["api"]
    answer: dict[str, object] = httpx.get(f"{api}/node/ledger/account/{address}").json()
    return answer


def test_the_tokens_of_our_markets_exist_with_our_decimals(one: LocalNetwork) -> None:
    settled = set(listing.ASSETS.values())
    tokens = one.description["tokens"]
    assert {symbol: token["decimals"] for symbol, token in tokens.items()} == {
        asset.symbol: asset.decimals for asset in settled
    }
    assert {symbol: token["address"] for symbol, token in tokens.items()} == {
        asset.symbol: asset.tokens["dev"] for asset in settled
    }
    for symbol, token in tokens.items():
        info = state(one, token["address"])["info"]
        assert isinstance(info, dict)
        assert info["name"] == symbol
        assert json.loads(base64.b64decode(info["metadata"])) == {"decimalPlaces": token["decimals"]}


def test_kta_is_the_base_token(one: LocalNetwork) -> None:
    assert one.description["tokens"]["KTA"]["address"] == one.description["network"]["base_token"]


@pytest.fixture(scope="module")
def fresh(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalNetwork, Path]]:
    """A network nobody has used, and its folder."""
    folder = tmp_path_factory.mktemp("keeta")
    with LocalNetwork.start(Options(state=folder)) as network:
        yield network, folder


def test_treasury_and_faucet_hold_plenty_of_every_token(fresh: tuple[LocalNetwork, Path]) -> None:
    network, _ = fresh
    tokens = network.description["tokens"]
    plenty = {token["address"]: f"0x{WHOLE * 10 ** token['decimals']:X}" for token in tokens.values()}
    for role in ("treasury", "faucet"):
        balances = state(network, network.description["accounts"][role]["address"])["balances"]
        assert isinstance(balances, list)
        assert {each["token"]: each["balance"] for each in balances} == plenty


def test_every_start_makes_the_same_network(one: LocalNetwork, fresh: tuple[LocalNetwork, Path]) -> None:
    for part in ("network", "tokens", "accounts", "genesis"):
        assert fresh[0].description[part] == one.description[part]


def test_the_addresses_are_those_written_down_elsewhere(one: LocalNetwork) -> None:
    assert one.description["network"] == {
        "alias": "dev",
        "id": "0x444556",
        "address": "keeta_akj6mn2iy3tcru6pl3klqoyncu5yp2ja44ms4guzokd3n6ktikg7idot3so7a",
        "base_token": "keeta_apu6f45bkxmtrpfvvegxwprpegh4s5xngfzvn765kcue63cadbykor4r5uvqw",
    }
    assert one.description["genesis"] == "9979279D1BC322D3E3274ABA63294ADA6B73A9F6E1712DB40411C4D297C13E5B"


def test_the_description_can_be_read_from_a_file(fresh: tuple[LocalNetwork, Path]) -> None:
    network, folder = fresh
    assert json.loads((folder / "network.json").read_text()) == network.description
    assert network.description["controls"] is None
