"""Which tokens are believed, over HTTP, and until when?"""

import base64

import jwt
import pytest

from chalicelib.auth.token import LIFE_S
from tests.api import contract
from tests.api.contract import Route
from tests.api.world import SECRET_A, SECRET_B, Json, Trader, World


@pytest.fixture
def world(cold_world: World) -> World:
    return cold_world


@pytest.fixture
def alice(world: World) -> Trader:
    return world.stranger()


def forged(
    trader: Trader, secret: str = SECRET_A, kid: str | None = "a", algorithm: str = "HS256", **claims: Json
) -> str:
    """A token like a good one, but for what is named; None leaves a claim out."""
    now_s = trader.world.clock.ms // 1000
    good = {
        "iss": "exchange.example",
        "aud": "exchange.example/api",
        "sub": trader.address,
        "iat": now_s,
        "exp": now_s + LIFE_S,
        "jti": "some-id",
    }
    whole = {name: value for name, value in (good | claims).items() if value is not None}
    return jwt.encode(whole, secret, algorithm, headers={} if kid is None else {"kid": kid})


def test_the_forger_of_these_tests_can_make_a_good_token(alice: Trader) -> None:
    assert alice.world.get("/balances", forged(alice)).status == 200


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"iss": "exchange.evil"}, "invalid_token"),
        ({"iss": None}, "invalid_token"),
        ({"aud": "exchange.example/admin"}, "invalid_token"),
        ({"aud": None}, "invalid_token"),
        ({"sub": None}, "invalid_token"),
        ({"sub": 5}, "invalid_token"),
        ({"jti": None}, "invalid_token"),
        ({"iat": None}, "invalid_token"),
        ({"exp": None}, "invalid_token"),
        ({"exp": "tomorrow"}, "invalid_token"),
        ({"exp": 1}, "token_expired"),
        ({"iat": 10**12}, "token_expired"),
        ({"kid": "z"}, "invalid_token"),
        ({"kid": None}, "invalid_token"),
        ({"kid": ""}, "invalid_token"),
        ({"secret": SECRET_B}, "invalid_token"),
        ({"secret": "", "algorithm": "none"}, "invalid_token"),
        ({"algorithm": "HS512"}, "invalid_token"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_that_we_did_not_issue_or_that_is_over_proves_nothing(
    alice: Trader, how: Json, code: str
) -> None:
    refused = alice.world.get("/balances", forged(alice, **how))
    assert refused.refusal == (401, code, None)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_with_any_character_changed_proves_nothing(alice: Trader) -> None:
    good = forged(alice)
    for place in (*range(0, len(good), 7), len(good) - 2):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert alice.world.get("/balances", changed).refusal == (401, "invalid_token", None)


@pytest.mark.parametrize(
    "value",
    ["Bearer ", "Bearer", "", "Basic YTpi", "bearer:x", "Token x", "\t"],
)
def test_without_a_bearer_token_nobody_is_known(world: World, value: str) -> None:
    refused = world.request("GET", "/balances", headers={"Authorization": value})
    assert refused.refusal == (401, "missing_token", None)


def test_a_header_nested_too_deep_to_read_is_no_token(world: World) -> None:
    head = base64.urlsafe_b64encode(b"[" * 6_000).decode().rstrip("=")
    assert world.get("/balances", f"{head}.e30.AAAA").refusal == (401, "invalid_token", None)


@pytest.mark.parametrize(
    "route", [each for each in contract.routes() if each.private], ids=lambda each: each.name
)
def test_every_private_route_asks_for_a_token_before_it_reads_anything_else(
    world: World, route: Route
) -> None:
    path = route.path.replace("{id}", "a" * 26)
    assert world.request(route.method, path, raw=b"{").refusal == (401, "missing_token", None)
    assert world.request(route.method, path, jwt="x.y.z").refusal == (401, "invalid_token", None)


def test_only_signing_in_the_markets_and_the_health_are_for_strangers() -> None:
    public = {each.path for each in contract.routes() if not each.private}
    assert {path for path in public if not path.startswith("/markets")} == {
        "/auth/challenge",
        "/auth/verify",
        "/health",
    }


def test_a_token_expires(world: World, alice: Trader) -> None:
    signed_in = alice.sign_in().body
    world.clock.ms += LIFE_S * 1000 - 1000
    assert world.get("/balances", signed_in["jwt"]).status == 200
    world.clock.ms += 1000
    assert world.get("/balances", signed_in["jwt"]).refusal == (401, "token_expired", None)


def test_signing_keys_can_be_rotated(world: World, alice: Trader) -> None:
    old = alice.sign_in().body["jwt"]
    world.restart({"current": "b", "keys": {"a": SECRET_A, "b": SECRET_B}})
    new = alice.sign_in().body["jwt"]
    assert [jwt.get_unverified_header(token)["kid"] for token in (old, new)] == ["a", "b"]
    assert [world.get("/balances", token).status for token in (old, new)] == [200, 200]
    world.restart({"current": "b", "keys": {"b": SECRET_B}})
    assert [world.get("/balances", token).status for token in (old, new)] == [401, 200]


def test_a_warm_process_learns_of_a_new_key_from_its_first_token(world: World, alice: Trader) -> None:
    old = alice.sign_in().body["jwt"]
    world.write_secrets({"current": "b", "keys": {"a": SECRET_A, "b": SECRET_B}})
    new = forged(alice, secret=SECRET_B, kid="b")
    assert [world.get("/balances", token).status for token in (old, new)] == [200, 200]


def test_a_key_that_was_taken_away_is_soon_believed_no_more(world: World, alice: Trader) -> None:
    old = alice.sign_in().body["jwt"]
    world.write_secrets({"current": "b", "keys": {"b": SECRET_B}})
    world.clock.ms += 10 * 60_000
    assert world.get("/balances", old).refusal == (401, "invalid_token", None)


def test_logging_out_ends_this_token_and_no_other(world: World, alice: Trader) -> None:
    one, other = (alice.sign_in().body["jwt"] for _ in range(2))
    assert world.post("/auth/logout", {}, one).body == {"status": "ok"}
    assert world.get("/balances", one).refusal == (401, "token_revoked", None)
    assert world.post("/auth/logout", {}, one).refusal == (401, "token_revoked", None)
    assert world.get("/balances", other).status == 200
