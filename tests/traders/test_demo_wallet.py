"""Is the scripts' wallet a Keeta wallet, and does it sign nothing but a login at its exchange?"""

import ast
from pathlib import Path

import pytest

from chalicelib.keeta.account import Account
from chalicelib.keeta.sign_data import sign_data_message
from chalicelib.keeta.signature import verify
from infra import traders
from infra.traders.wallet import Ed25519Key, Secp256k1Key, Secp256r1Key, Statement, Wallet, WillNotSign

KINDS = (Ed25519Key, Secp256k1Key, Secp256r1Key)
TIME = "2026-01-31T12:00:00.000Z"
NONCE = "0b6f5b0e-7f0f-4d05-9a3c-2f6f0f8f7a11"
SCRIPTS = sorted(Path(traders.__file__).parent.glob("*.py"))


def challenge(wallet, *, domain="localhost", purpose="LOGIN", nonce=NONCE, network="dev", message=None):
    """What an exchange sends; its bytes fit its items unless others are given."""
    items = (domain, purpose, nonce, network)
    true = sign_data_message(NONCE, TIME, Account.from_address(wallet.address), items)
    return Statement(NONCE, TIME, items, true if message is None else message)


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_spelled_as_the_network_spells_it(kind):
    key = kind()
    account = Account.from_address(Wallet(key).address)
    assert (account.key_type, account.key) == (key.key_type, key.public)


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_is_signed_so_that_the_network_would_believe_it(kind):
    wallet = Wallet(kind())
    statement = challenge(wallet)
    verify(Account.from_address(wallet.address), statement.message, wallet.answer(statement))


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "exchange.example"},
        {"purpose": "WITHDRAW"},
        {"nonce": "another"},
        {"network": "main"},
    ],
)
def test_a_wallet_does_not_sign_for_anything_else(wrong):
    wallet = Wallet(Ed25519Key())
    with pytest.raises(WillNotSign, match="not a login"):
        wallet.answer(challenge(wallet, **wrong))


def test_a_wallet_does_not_sign_bytes_that_are_not_the_statement_shown():
    wallet, other = Wallet(Ed25519Key()), Wallet(Ed25519Key())
    for message in (bytes(32), b"", challenge(other).message, challenge(wallet).message + b"\0"):
        with pytest.raises(WillNotSign, match="not the statement"):
            wallet.answer(challenge(wallet, message=message))


def test_a_long_statement_is_spelled_with_a_long_length():
    wallet = Wallet(Ed25519Key(), domain="d" * 200)
    statement = challenge(wallet, domain="d" * 200)
    verify(Account.from_address(wallet.address), statement.message, wallet.answer(statement))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_scripts_know_nothing_of_the_exchange_but_its_protocol(script):
    source = script.read_text()
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
    }
    ours = {name for name in imported if name.partition(".")[0] in ("chalicelib", "app", "infra", "tests")}
    # These know where a stack on this machine listens, and where Node is; nothing else.
    allowed = {"infra.local.state", "infra.local.keeta.process"}
    assert all(name.startswith("infra.traders") or name in allowed for name in ours)
