"""Whatever is thrown at a route: is there ever a 5xx, or a balance that changes?"""

import json
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.plan import Put
from chalicelib.flows.records.wallets import balances
from chalicelib.keeta.account import Account, KeyType
from tests.api.contract import Route, routes
from tests.api.world import Answer, Json, World

EXAMPLES = 15
# Most of what can go wrong goes wrong in bodies.
EXAMPLES_WITH_BODY = 80
ROUTES = routes()
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "BREW", "")
SEEN: Counter[tuple[str, int]] = Counter()

any_text = st.text(max_size=20)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)
# Half of what can go wrong hides behind values that are nearly right.
NUMBERS = ["0.5", "10", "2", "0.00001", "-1", "1e5", "0.0", "1.1", "9" * 40]
NAMES = ["KTA/USDT", "BTC/USD", "KTA-USDT", "USDT", "buy", "sell", "limit", "market", "loss", "entry"]
NAMES += ["gtc", "gtt", "ioc", "fok", "postonly", "cn", "co", "cb", "dc", "2099-01-31T12:00:00.000Z"]
IDS = ["a" * 26, "a" * 25 + "\n", "1769860800000#" + "a" * 26, "L#", "~", "\0", ""]
nearly = st.sampled_from([*NUMBERS, *NAMES, *IDS])
IN_BODIES = ["market", "side", "price", "quantity", "tif", "client_order_id", "wait", "id", "token", "amount"]
IN_BODIES += ["type", "funds", "expires_at", "stop", "stop_price", "self_trade", "seconds", "commands"]
field = st.sampled_from([*IN_BODIES, "pubkey", "signature", "nonce", "limit", "before", "levels"])
# Requests that are good, or would be with the right names in them.
ORDER = {"side": "buy", "price": "0.5", "quantity": "10"}
GOOD = {
    "/orders/place": {"market": "KTA/USDT", **ORDER, "wait": 0},
    "/orders/cancel": {"id": "a" * 26, "wait": 0},
    "/orders/cancel-all": {"market": "KTA/USDT", "wait": 0},
    "/orders/cancel-all-after": {"market": "KTA/USDT", "seconds": 60, "wait": 0},
    "/orders/reduce": {"id": "a" * 26, "quantity": "5", "wait": 0},
    "/orders/replace": {"id": "a" * 26, "price": "0.4", "wait": 0},
    "/orders/batch": {
        "market": "KTA/USDT",
        "commands": [{"place": ORDER}, {"cancel": {"id": "a" * 26}}],
        "wait": 0,
    },
    "/auth/challenge": {},
    "/auth/verify": {"pubkey": "keeta_x", "signature": "A" * 86 + "=="},
    "/auth/logout": {},
    "/withdrawals/request": {"token": "KTA", "amount": "1", "to": "keeta_x"},
    "/address-book/add": {"address": "keeta_x"},
    "/address-book/remove": {"address": "keeta_x"},
    "/address-book/only": {"only": True},
    "/withdrawals/cancel": {"id": "a" * 26},
}
escapes = st.sampled_from(
    ["%00", "%2F", "%ff", "%", "%zz", "%E2%98%83", "\N{SNOWMAN}", "\0", "\r\n", "..", ";", "#", ""]
)
part = st.lists(any_text | nearly | escapes, min_size=1, max_size=3).map("".join)


queries = st.lists(st.tuples(field | any_text, nearly | any_text | escapes), min_size=1, max_size=3).map(
    lambda pairs: "?" + "&".join(f"{name}={value}" for name, value in pairs)
)
headers = st.dictionaries(
    st.sampled_from(["Content-Type", "Accept", "Authorization", "X-Any", "Host", "Content-Encoding"]),
    st.sampled_from(["application/json", "text/plain", "*/*", "application/octet-stream", "image/png", ""])
    | st.text(st.characters(max_codepoint=255), max_size=20)
    | st.text(max_size=8).map("Bearer {}.e30.x".format),
    min_size=1,
    max_size=2,
)


@st.composite
def paths(draw: st.DrawFn, path: str) -> str:
    for name in ("{id}", "{market}", "{client_order_id}"):
        path = path.replace(name, draw(part).replace("/", "").replace("?", ""))
    return path if draw(st.integers(0, 7)) else "/" + draw(part)


@st.composite
def bodies(draw: st.DrawFn, good: dict[str, Json]) -> bytes:
    """A good body with one or two fields spoiled, one that is cut, or no such body at all."""
    match draw(st.integers(0, 9)):
        case 3:
            return draw(st.binary(max_size=60))
        case 5:
            return json.dumps(draw(any_json)).encode()
        case 7:
            written = json.dumps(good).encode()
            end = draw(st.sampled_from([b"", b"}", b"\xff", b"\0"]))
            return written[: draw(st.integers(0, len(written)))] + end
    spoiled = {}
    for _ in range(draw(st.integers(1, 2))):
        name = draw(any_text | field) if not good or draw(st.integers(0, 9)) == 3 else draw(own(good))
        spoiled[name] = draw(any_json) if draw(st.integers(0, 4)) == 3 else draw(nearly)
    return json.dumps(good | spoiled).encode()


def own(good: dict[str, Json]) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(good))


class Thrown(NamedTuple):
    """A request; all but one or two of its parts are good."""

    method: str
    line: str
    body: bytes
    headers: dict[str, str]
    has_token: bool


@st.composite
def rubbish(draw: st.DrawFn, route: Route) -> Thrown:
    parts = st.sampled_from(["method", "path", "query", "headers", "token", *["body"] * 5])
    spoiled = {draw(parts)} if draw(st.integers(0, 3)) else {draw(parts), draw(parts)}
    good = GOOD.get(route.path, {})
    path = route.path.replace("{id}", "a" * 26).replace("{market}", "KTA-USDT")
    path = path.replace("{client_order_id}", "mine")
    return Thrown(
        method=draw(st.sampled_from(METHODS)) if "method" in spoiled else route.method,
        line=(draw(paths(route.path)) if "path" in spoiled else path)
        + (draw(queries) if "query" in spoiled else ""),
        body=draw(bodies(good)) if "body" in spoiled else json.dumps(good).encode(),
        headers=draw(headers) if "headers" in spoiled else {},
        has_token="token" not in spoiled,
    )


class Watched:
    """An exchange with one rich user, and what he owned when it was last looked at."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trader = world.trader(USDT="1000000", KTA="1000000")
        self.trader.place("buy", "0.4", "100")
        waiting = Account(KeyType.STORAGE, bytes(32)).address
        free = Put(table.free_address(waiting), {"run": 1})
        world.store.commit((free, open_account(waiting, "user")))
        assert self.trader.get("/deposits/address").body["address"] == waiting
        self.writes, self.totals = world.store.writes, self.count()

    def count(self) -> Counter[str]:
        """Units by token, available and held together; of all wallets, since his is the only one."""
        wallets = [item for (_, sk), item in self.world.everything().items() if sk == schema.WALLET_SK]
        return sum(
            (Counter({row.asset: row.total}) for wallet in wallets for row in balances(wallet)), Counter()
        )

    def check(self, answer: Answer, thrown: Thrown) -> None:
        self.world.pump()
        if answer.status != 200 or thrown.method != "POST":
            assert self.world.store.writes == self.writes
        if self.world.store.writes == self.writes:
            return
        found = self.count()
        # An order or a cancel may be a good one by chance: then money is held or freed, and no more.
        assert found == self.totals
        self.writes, self.totals = self.world.store.writes, found


@pytest.fixture(scope="module")
def watched(shared_world: World) -> Watched:
    return Watched(shared_world)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_rubbish_is_never_our_fault_and_never_moves_money(watched: Watched, route: Route) -> None:
    examples = EXAMPLES_WITH_BODY if GOOD.get(route.path) else EXAMPLES

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(thrown=rubbish(route))
    def throw(thrown: Thrown) -> None:
        throw_at(watched, route, thrown)

    throw()


def throw_at(watched: Watched, route: Route, thrown: Thrown) -> None:
    trader = watched.trader
    answer = watched.world.request(
        thrown.method,
        thrown.line,
        raw=thrown.body,
        jwt=trader.jwt if thrown.has_token else None,
        headers=thrown.headers,
    )
    SEEN[route.name, answer.status] += 1
    event(f"status {answer.status}")
    assert answer.status < 500
    watched.check(answer, thrown)
    if route.name == "log_out" and answer.status == 200:
        trader.jwt = trader.sign_in().body["jwt"]


def test_the_rubbish_was_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """Looks at what the test above has seen."""
    if {name for name, _ in SEEN} != {route.name for route in ROUTES}:
        pytest.skip("the rubbish was not thrown at all of them")
    by_status = Counter(status for _, status in SEEN.elements())
    with capsys.disabled():
        print("\nrubbish, by status:", dict(sorted(by_status.items())))
    assert set(by_status) >= {200, 400, 401, 404, 415}
