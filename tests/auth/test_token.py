"""Does a token prove what it says, and does any other text prove nothing?"""

from contextlib import suppress

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auth.token import LEEWAY_S, LIFE_S, Session, TokenKeys, issue, read
from chalicelib.errors import NotAuthenticated
from chalicelib.ids import UserId

NOW_S = 1_769_860_800
OLD, NEW = "o" * 64, "n" * 64
KEYS = TokenKeys("exchange.example", "old", {"old": OLD})
ROTATED = TokenKeys("exchange.example", "new", {"old": OLD, "new": NEW})
ALICE = UserId("keeta_alice")


def refusal(keys: TokenKeys, token: str, now_s: int = NOW_S) -> str:
    with pytest.raises(NotAuthenticated) as refused:
        read(keys, token, now_s * 1000)
    return refused.value.code


def token(keys: TokenKeys = KEYS) -> str:
    return issue(keys, ALICE, "id-1", NOW_S * 1000)


def test_a_token_names_its_key_and_says_who_until_when_for_whom() -> None:
    assert jwt.get_unverified_header(token()) == {"alg": "HS256", "kid": "old", "typ": "JWT"}
    claims = jwt.decode(token(), options={"verify_signature": False})
    assert claims == {
        "iss": "exchange.example",
        "aud": "exchange.example/api",
        "sub": ALICE,
        "iat": NOW_S,
        "exp": NOW_S + LIFE_S,
        "jti": "id-1",
    }


@given(st.text(min_size=1), st.text(min_size=1), st.integers(0, 10**13))
def test_what_was_issued_is_read_back(user: str, token_id: str, now_ms: int) -> None:
    issued = issue(KEYS, UserId(user), token_id, now_ms)
    assert read(KEYS, issued, now_ms) == Session(UserId(user), token_id, now_ms // 1000 + LIFE_S)


@pytest.mark.parametrize("late_s", [-LEEWAY_S, 0, LIFE_S - 1])
def test_a_token_is_good_for_its_life(late_s: int) -> None:
    assert read(KEYS, token(), (NOW_S + late_s) * 1000).user == ALICE


@pytest.mark.parametrize("late_s", [-LEEWAY_S - 1, LIFE_S, LIFE_S + LEEWAY_S])
def test_a_token_is_good_for_no_longer(late_s: int) -> None:
    assert refusal(KEYS, token(), NOW_S + late_s) == "token_expired"


def test_after_a_rotation_old_tokens_are_read_and_new_ones_signed_with_the_new_key() -> None:
    assert read(ROTATED, token(), NOW_S * 1000).user == ALICE
    assert jwt.get_unverified_header(token(ROTATED))["kid"] == "new"
    assert refusal(KEYS, token(ROTATED)) == "invalid_token"
    assert refusal(ROTATED._replace(secrets={"new": NEW}), token()) == "invalid_token"


def test_a_key_id_is_no_choice_of_secret() -> None:
    swapped = TokenKeys("exchange.example", "old", {"old": NEW, "new": OLD})
    assert refusal(swapped, token()) == "invalid_token"


@pytest.mark.parametrize("issuer", ["exchange.evil", "", "exchange.example/api"])
def test_a_token_of_another_issuer_proves_nothing(issuer: str) -> None:
    assert refusal(KEYS, token(KEYS._replace(issuer=issuer))) == "invalid_token"


def test_an_unsigned_token_proves_nothing() -> None:
    head, claims, _ = token().split(".")
    for algorithm in ("none", "None", "NONE"):
        bare = jwt.utils.base64url_encode(
            f'{{"alg":"{algorithm}","kid":"old","typ":"JWT"}}'.encode()
        ).decode()
        assert refusal(KEYS, f"{bare}.{claims}.") == "invalid_token"
    assert refusal(KEYS, f"{head}.{claims}.") == "invalid_token"


rubbish = st.text(max_size=60) | st.lists(
    st.text(max_size=20) | st.binary(max_size=40).map(lambda raw: jwt.utils.base64url_encode(raw).decode()),
    min_size=3,
    max_size=3,
).map(".".join)


@given(rubbish)
def test_rubbish_proves_nothing(text: str) -> None:
    assert refusal(KEYS, text) == "invalid_token"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_claims_of_any_shape_prove_nothing(value: object) -> None:
    for claim in ("sub", "jti", "exp", "iat", "iss", "aud"):
        claims = {**jwt.decode(token(), options={"verify_signature": False}), claim: value}
        try:
            odd = jwt.encode(claims, OLD, "HS256", headers={"kid": "old"})
        except TypeError:
            continue
        with suppress(NotAuthenticated):
            session = read(KEYS, odd, NOW_S * 1000)
            assert claim not in ("iss", "aud") or value in (KEYS.issuer, KEYS.audience, [KEYS.audience])
            assert isinstance(session.user, str)
            assert isinstance(session.token_id, str)
