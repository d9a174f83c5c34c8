"""Does the demo day go well on the real exchange, and badly on one that lies?"""

import io
import json
import subprocess
import sys
from decimal import Decimal

import pytest

from infra.local.ports import any_free
from infra.local.state import State
from infra.local.supervisor import Stack
from infra.traders import audited, demo
from infra.traders.api import Api
from infra.traders.client import Trader
from infra.traders.day import MARKET
from infra.traders.terminal import Terminal
from infra.traders.wallet import new_wallet
from tests.traders.conftest import paying
from tests.traders.liar import Liar


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(State(tmp_path_factory.mktemp("day")), any_free) as running, paying(running):
        yield running


def live(stack):
    """A whole day, as `make demo` runs it."""
    words = [sys.executable, "-m", "infra.traders.demo", "--url", stack.url]
    return subprocess.run(words, env=stack.process_environment(), capture_output=True, text=True, check=False)


def order_at(api, side, price, quantity):
    """Somebody places an order whose key is then forgotten."""
    stranger = Trader(api, "stranger", new_wallet())
    stranger.sign_in()
    for token in ("KTA", "USDT"):
        stranger.take_from_faucet(token, Decimal(10_000))
    return stranger.place(MARKET, side, Decimal(price), Decimal(quantity))


def test_days_go_well_whatever_earlier_ones_left_in_the_book(stack):
    first = live(stack)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The book is empty." in first.stdout
    assert "Every invariant holds." in first.stdout
    assert first.stdout.endswith("The day went as it must.\n")
    assert "\x1b" not in first.stdout, "colors are for terminals"
    second = live(stack)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "2 orders were in the book before." in second.stdout

    # As a day that was cut short would: right where the next one trades, one rest below the minimum.
    with Api(stack.url) as api:
        order_at(api, "sell", "0.5005", "30")
        order_at(api, "buy", "0.5005", "29")
        order_at(api, "buy", "0.5", "40")
    third = live(stack)
    assert third.returncode == 0, third.stdout + third.stderr
    assert "Dora trades away" in third.stdout


def thinner_book(request, answer):
    for level in answer["asks"] if request.url.path.endswith("/book") else []:
        level["quantity"] = str(Decimal(level["quantity"]) - Decimal("0.01"))


def unfilled_maker(request, answer):
    if request.method == "GET" and "/orders/" in request.url.path and answer["status"] == "filled":
        answer["status"] = "partially_filled"


def higher_notional(request, answer):
    if request.url.path == "/orders/place" and answer["status"] == "filled":
        answer["filled_notional"] = str(Decimal(answer["filled_notional"]) + 1)


def sleepy_stop(request, answer):
    if request.method == "GET" and "/orders/" in request.url.path and answer.get("stop"):
        answer["status"] = "armed"


def forgotten_prevention(request, answer):
    if request.url.path == "/prevented-matches":
        for match in answer["prevented_matches"]:
            match["quantity"] = "30"


def other_price(request, answer):
    if request.url.path == "/orders/client/lunch":
        answer["price"] = "0.4985"


def result_too_much(request, answer):
    if request.url.path == "/orders/batch":
        for result in answer["results"]:
            if "problem" in result:
                result["problem"]["code"] = "internal_error"


def other_fees(request, answer):
    if request.url.path == "/fees":
        for fees in answer["fees"]:
            fees["maker_fee"] = "0"


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        (sleepy_stop, "Ben has sold as the price fell: status"),
        (forgotten_prevention, "Ben reads which trade was prevented"),
        (other_price, "she finds it by her own name for it"),
        (result_too_much, "four commands at once"),
        (other_fees, "Ada's rates"),
        (thinner_book, "Unexpected: the book shows them"),
        (unfilled_maker, "Unexpected: Ben's order: status"),
        (higher_notional, "Unexpected: each part traded"),
    ],
)
def test_a_day_fails_on_an_exchange_that_lies(stack, monkeypatch, lie, found):
    good = json.dumps({"ok": True, "differences": [], "counts": {}})
    monkeypatch.setattr(audited, "COMMAND", [sys.executable, "-c", f"print({good!r})"])
    out = io.StringIO()
    with Api(stack.url, Liar(lie)) as api:
        assert not demo.run(api, Terminal(out))
    assert found in out.getvalue()


def test_a_day_fails_when_the_audit_does(stack, monkeypatch):
    bad = json.dumps({"ok": False, "differences": [{"check": "sum"}], "counts": {}})
    monkeypatch.setattr(audited, "COMMAND", [sys.executable, "-c", f"print({bad!r}); raise SystemExit(1)"])
    with Api(stack.url) as api:
        assert not demo.run(api, Terminal(io.StringIO()))
