"""Who gets a token for a Keeta key, over HTTP? Its holder, once for each challenge, and nobody else."""

import base64

import pytest

from chalicelib.auth.challenge import OPEN_MS, SKEW_MS_MAX
from chalicelib.flows import schema
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.sign_data import sign_data_message
from tests.api.world import Json, Trader, World
from tests.keeta.vectors import table

SIGNERS = [KeyType.ED25519, KeyType.SECP256K1, KeyType.SECP256R1]
K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
# Points of order 1, 2, 4 and 8: whoever names one as his key can sign anything without a secret.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
NO_CHALLENGE = (401, "no_open_challenge", None)
BAD_SIGNATURE = (401, "bad_signature", None)


@pytest.fixture
def world(cold_world: World) -> World:
    """Everybody in these tests is new, so what one test leaves is nothing to the next."""
    return cold_world


@pytest.fixture
def alice(world: World) -> Trader:
    return world.stranger()


@pytest.fixture
def mallory(world: World) -> Trader:
    return world.stranger()


def statement(trader: Trader, challenge: Json, **changed: Json) -> bytes:
    """The bytes to sign, made from the answer's parts as a wallet makes them."""
    parts = {**challenge, **changed}
    return sign_data_message(parts["nonce"], parts["timestamp"], trader.key.account, tuple(parts["items"]))


def verify(world: World, pubkey: str, signature: str, **other: Json) -> tuple[int, str, str | None]:
    return world.post("/auth/verify", {"pubkey": pubkey, "signature": signature, **other}).refusal


# --- who gets in ----------------------------------------------------------------------------


@pytest.mark.parametrize("key_type", SIGNERS)
def test_the_holder_of_a_key_of_any_kind_gets_a_token_for_its_address(
    world: World, key_type: KeyType
) -> None:
    trader = world.stranger(key_type)
    signed_in = trader.sign_in()
    assert (signed_in.status, signed_in.body["user_id"]) == (200, trader.address)
    trader.jwt = signed_in.body["jwt"]
    assert trader.get("/balances").status == 200


def test_the_statement_names_domain_purpose_challenge_and_network_and_is_no_hash(alice: Trader) -> None:
    challenge = alice.challenge()
    assert challenge["items"] == ["exchange.example", "LOGIN", challenge["nonce"], "test"]
    message = base64.b64decode(challenge["message"])
    assert message == statement(alice, challenge)
    assert len(message) > 32


def test_every_challenge_is_another_one(world: World, alice: Trader) -> None:
    nonces = {world.post("/auth/challenge", {}).body["nonce"] for _ in range(20)}
    for _ in range(20):
        challenge = alice.challenge()
        nonces.add(challenge["nonce"])
        alice.answer(challenge)
    assert len(nonces) == 40


def test_a_challenge_asked_for_without_a_key_is_answered_by_its_nonce(world: World, alice: Trader) -> None:
    challenge = world.post("/auth/challenge", {}).body
    assert challenge["message"] is None
    signature = alice.sign(statement(alice, challenge))
    assert verify(world, alice.address, signature) == NO_CHALLENGE
    named = {"pubkey": alice.address, "signature": signature, "nonce": challenge["nonce"]}
    assert world.post("/auth/verify", named).body["user_id"] == alice.address
    assert world.post("/auth/verify", named).refusal == NO_CHALLENGE


def test_a_challenge_given_to_a_key_may_be_named_too(alice: Trader) -> None:
    challenge = alice.challenge()
    assert alice.answer(challenge, nonce=challenge["nonce"]).status == 200


# --- who does not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [row for row in table("accounts", "spellings") if not row["canonical"]],
    ids=lambda row: row["text"][:12],
)
def test_of_the_spellings_that_the_sdk_reads_only_the_canonical_one_signs_in(world: World, row: Json) -> None:
    assert row["same"]
    refused = (400, "invalid_address", "pubkey")
    assert world.post("/auth/challenge", {"pubkey": row["text"]}).refusal == refused
    assert verify(world, row["text"], base64.b64encode(bytes(64)).decode()) == refused


@pytest.mark.parametrize(
    "respell",
    [
        str.upper,
        lambda address: "keeta_" + address[6:].upper(),
        lambda address: address.replace("keeta_", "tyblocks_"),
        lambda address: "keeta_" + address[6:].replace("o", "0", 1),
        lambda address: "keeta_" + address[6:].replace("l", "1", 1),
        lambda address: "keeta_" + address[6:].replace("b", "8", 1),
        lambda address: address + " ",
        lambda address: address + "=",
        lambda address: address[:-1],
        lambda address: address.removeprefix("keeta_"),
        lambda address: "",
    ],
)
def test_a_signature_under_another_spelling_is_refused(world: World, respell) -> None:
    trader = next(who for who in iter(world.stranger, None) if {"o", "l", "b"} < set(who.address[6:]))
    spelled = respell(trader.address)
    assert spelled != trader.address
    signature = trader.sign(base64.b64decode(trader.challenge()["message"]))
    assert verify(world, spelled, signature) == (400, "invalid_address", "pubkey")


@pytest.mark.parametrize("kind", [KeyType.NETWORK, KeyType.TOKEN, KeyType.STORAGE, KeyType.MULTISIG])
def test_an_account_without_a_key_can_not_sign_in(world: World, kind: KeyType) -> None:
    address = Account(kind, b"\x07" * 32).address
    refused = (400, "account_cannot_sign", "pubkey")
    assert world.post("/auth/challenge", {"pubkey": address}).refusal == refused
    assert verify(world, address, base64.b64encode(bytes(64)).decode()) == refused


@pytest.mark.parametrize("key", SMALL_ORDER)
@pytest.mark.parametrize("r", ["0100000000000000000000000000000000000000000000000000000000000000", None])
def test_a_small_order_key_for_which_anybody_could_sign_is_refused(
    world: World, key: str, r: str | None
) -> None:
    account = Account(KeyType.ED25519, bytes.fromhex(key))
    assert world.post("/auth/challenge", {"pubkey": account.address}).status == 200
    forged = bytes.fromhex(r or key) + bytes(32)
    assert verify(world, account.address, base64.b64encode(forged).decode()) == BAD_SIGNATURE


def test_the_high_s_twin_of_a_secp256k1_signature_is_refused_and_uses_nothing_up(world: World) -> None:
    trader = world.stranger(KeyType.SECP256K1)
    challenge = trader.challenge()
    signed = base64.b64decode(trader.sign(base64.b64decode(challenge["message"])))
    high_s = (K1_ORDER - int.from_bytes(signed[32:], "big")).to_bytes(32, "big")
    assert verify(world, trader.address, base64.b64encode(signed[:32] + high_s).decode()) == BAD_SIGNATURE
    assert trader.answer(challenge).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        lambda c: {"items": [*c["items"][:3], "main"]},
        lambda c: {"items": ["exchange.evil", *c["items"][1:]]},
        lambda c: {"items": [c["items"][0], "WITHDRAW", *c["items"][2:]]},
        lambda c: {"items": [*c["items"][:2], "another", c["items"][3]]},
        lambda c: {"items": c["items"][:3]},
        lambda c: {"items": [*c["items"], "more"]},
        lambda c: {"nonce": "another"},
        lambda c: {"timestamp": "2020-01-01T00:00:00.000Z"},
    ],
    ids=["network", "domain", "purpose", "id", "fewer", "more", "nonce", "time"],
)
def test_a_signature_of_another_statement_is_refused(world: World, alice: Trader, changed) -> None:
    challenge = alice.challenge()
    signature = alice.sign(statement(alice, challenge, **changed(challenge)))
    assert verify(world, alice.address, signature) == BAD_SIGNATURE


def test_a_signature_of_the_bare_nonce_is_refused(world: World, alice: Trader) -> None:
    nonce = alice.challenge()["nonce"]
    for message in (nonce.encode(), nonce.replace("-", "").encode(), bytes.fromhex(nonce.replace("-", ""))):
        assert verify(world, alice.address, alice.sign(message)) == BAD_SIGNATURE


def test_a_statement_for_one_key_is_no_good_for_another(world: World, alice: Trader, mallory: Trader) -> None:
    challenge = alice.challenge()
    signature = mallory.sign(base64.b64decode(challenge["message"]))
    assert verify(world, alice.address, signature) == BAD_SIGNATURE
    assert verify(world, mallory.address, signature) == NO_CHALLENGE
    assert verify(world, mallory.address, signature, nonce=challenge["nonce"]) == NO_CHALLENGE


@pytest.mark.parametrize(
    "signature", ["", "AAAA", "A" * 86, "A" * 84, "*" * 88, "A" * 85 + "===", "é" * 20, "A" * 100]
)
def test_what_is_not_64_bytes_in_base64_is_no_signature(world: World, alice: Trader, signature: str) -> None:
    alice.challenge()
    assert verify(world, alice.address, signature) == (400, "invalid_signature", "signature")


def test_a_signature_has_one_spelling(world: World, alice: Trader) -> None:
    challenge = alice.challenge()
    signature = alice.sign(base64.b64decode(challenge["message"]))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    with_spare_bits = signature[:85] + alphabet[alphabet.index(signature[85]) + 1] + "=="
    assert base64.b64decode(with_spare_bits) == base64.b64decode(signature)
    assert verify(world, alice.address, with_spare_bits) == (400, "invalid_signature", "signature")


@pytest.mark.parametrize("nonce", ["", "x" * 101])
def test_a_nonce_that_none_of_ours_can_be_is_refused(world: World, alice: Trader, nonce: str) -> None:
    signature = base64.b64encode(bytes(64)).decode()
    assert verify(world, alice.address, signature, nonce=nonce) == (400, "invalid_value", "nonce")


def test_a_nonce_of_no_challenge_opens_nothing(world: World, alice: Trader) -> None:
    signature = base64.b64encode(bytes(64)).decode()
    for nonce in ("x", "~", "\0", "C#", alice.address, "\N{SNOWMAN}" * 100):
        assert verify(world, alice.address, signature, nonce=nonce) == NO_CHALLENGE


# --- once, and in time ----------------------------------------------------------------------


def test_a_challenge_is_answered_once(alice: Trader) -> None:
    challenge = alice.challenge()
    assert alice.answer(challenge).status == 200
    assert alice.answer(challenge).refusal == NO_CHALLENGE
    assert alice.answer(challenge, nonce=challenge["nonce"]).refusal == NO_CHALLENGE


def test_a_challenge_is_open_until_it_expires(world: World, alice: Trader) -> None:
    challenge = alice.challenge()
    world.clock.ms += OPEN_MS
    assert alice.answer(challenge).refusal == NO_CHALLENGE
    world.clock.ms -= 1
    assert alice.answer(challenge).status == 200


def test_clocks_that_disagree_by_a_minute_do_no_harm_but_no_more(world: World, alice: Trader) -> None:
    challenge = alice.challenge()
    world.clock.ms -= SKEW_MS_MAX + 1
    assert alice.answer(challenge).refusal == NO_CHALLENGE
    world.clock.ms += 1
    assert alice.answer(challenge).status == 200


def test_who_asks_in_anothers_name_pushes_nothing_out(world: World, alice: Trader) -> None:
    challenge = alice.challenge()
    for _ in range(100):
        world.post("/auth/challenge", {"pubkey": alice.address})
    open_now = [item for item in world.store.scan(schema.AUTH) if item["pk"] == f"C#{alice.address}"]
    assert len(open_now) == 1
    assert alice.answer(challenge).status == 200


def test_who_asks_all_day_in_anothers_name_does_not_lock_him_out(world: World, alice: Trader) -> None:
    for _ in range(25):
        world.post("/auth/challenge", {"pubkey": alice.address})
        world.clock.ms += OPEN_MS // 2
    assert alice.sign_in().status == 200
