"""Is a challenge answered by its key's holder alone, while it is open?"""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auth.challenge import (
    OPEN_MS,
    SKEW_MS_MAX,
    Challenge,
    answered,
    signature_bytes,
    signing_account,
)
from chalicelib.errors import InvalidInput, NotAuthenticated
from chalicelib.ids import UserId
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import BadSignature
from chalicelib.keeta.signature import PrivateKey, sign

NOW_MS = 1_769_860_800_000
SEQUENCE, OCTETS, UTF8 = 0x30, 0x04, 0x0C
ALICE, BOB = (PrivateKey(KeyType.ED25519, bytes([n]) * 32) for n in (1, 2))
NAMED = Challenge("n1", "exchange.example", "main", NOW_MS, UserId(ALICE.account.address))
UNNAMED = NAMED._replace(nonce="n2", address=None)

words = st.text(max_size=40).filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text))
challenges = st.builds(
    Challenge,
    nonce=words,
    domain=words,
    network=words,
    issued_ms=st.integers(0, 4 * 10**12),
    address=st.none(),
)


def answer(key: PrivateKey, challenge: Challenge) -> bytes:
    return sign(key, challenge.message(key.account))


def short_der(data: bytes) -> list[tuple[int, bytes]]:
    """Tags and contents, where every content is shorter than 128 bytes."""
    found = []
    while data:
        tag, length = data[:2]
        found.append((tag, data[2 : 2 + length]))
        data = data[2 + length :]
    return found


def test_the_statement_says_who_signs_what_for_whom_where_and_when() -> None:
    ((tag, content),) = short_der(NAMED.message(ALICE.account))
    assert tag == SEQUENCE
    assert short_der(content) == [
        (UTF8, b"n1"),
        (UTF8, b"2026-01-31T12:00:00.000Z"),
        (OCTETS, ALICE.account.ktk),
        (UTF8, b"exchange.example"),
        (UTF8, b"LOGIN"),
        (UTF8, b"n1"),
        (UTF8, b"main"),
    ]


@given(challenges)
def test_no_statement_is_as_short_as_the_hash_of_a_block(challenge: Challenge) -> None:
    assert len(challenge.message(ALICE.account)) > len(digest(b""))


@given(challenges, challenges)
def test_two_challenges_never_share_their_statement(one: Challenge, other: Challenge) -> None:
    same = one.message(ALICE.account) == other.message(ALICE.account)
    assert same == (one == other)


def test_the_right_challenge_is_found_among_several() -> None:
    challenges = [NAMED._replace(nonce=f"n{i}") for i in range(5)]
    for challenge in challenges:
        assert answered(challenges, ALICE.account, answer(ALICE, challenge), NOW_MS) == challenge


def test_a_challenge_of_nobody_is_answered_by_anybody_and_one_of_alice_by_alice() -> None:
    assert answered([UNNAMED], BOB.account, answer(BOB, UNNAMED), NOW_MS) == UNNAMED
    with pytest.raises(BadSignature):
        NAMED.check(BOB.account, answer(BOB, NAMED))
    with pytest.raises(NotAuthenticated, match="does not answer"):
        answered([NAMED], BOB.account, answer(BOB, NAMED), NOW_MS)


@pytest.mark.parametrize(
    ("late_ms", "is_open"),
    [(-SKEW_MS_MAX - 1, False), (-SKEW_MS_MAX, True), (0, True), (OPEN_MS - 1, True), (OPEN_MS, False)],
)
def test_a_challenge_is_open_from_a_minute_before_it_was_issued_until_it_expires(
    late_ms: int, is_open: bool
) -> None:
    assert NAMED.is_open(NOW_MS + late_ms) == is_open
    if not is_open:
        with pytest.raises(NotAuthenticated) as refused:
            answered([NAMED], ALICE.account, answer(ALICE, NAMED), NOW_MS + late_ms)
        assert refused.value.code == "no_open_challenge"


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_is_read_from_its_base64(raw: bytes) -> None:
    assert signature_bytes(base64.b64encode(raw).decode()) == raw


@given(
    st.text()
    | st.binary(max_size=99).map(lambda raw: base64.b64encode(raw).decode())
    | st.text("Aa/+=", max_size=99)
)
def test_of_all_texts_only_the_base64_of_64_bytes_is_a_signature(text: str) -> None:
    fault = None
    try:
        assert base64.b64encode(signature_bytes(text)).decode() == text
    except InvalidInput as refused:
        fault = refused.code, refused.field
    assert fault in (None, ("invalid_signature", "signature"))


@given(st.text())
def test_no_other_text_is_a_signing_account(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        signing_account(text)
    assert (refused.value.code, refused.value.field) == ("invalid_address", "pubkey")
