"""Does a replay find the exchange's trades equal to a plain book's, and a false one not?"""

import io
import json
import random
import subprocess
import sys
from decimal import Decimal

import pytest

from infra.local.ports import any_free
from infra.local.state import State
from infra.local.supervisor import Stack
from infra.traders import audited, replay
from infra.traders.api import Api
from infra.traders.flow import PlainBook, read
from infra.traders.terminal import Terminal
from tests.traders.conftest import paying
from tests.traders.liar import Liar

COMMANDS = 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(State(tmp_path_factory.mktemp("replay")), any_free) as running, paying(running):
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Orders around 230.00 and cancels; some of them of orders that are filled, gone or not there."""
    chance = random.Random(20150501)
    lines = ["ts_ms,op,order_id,side,price_cents,qty_satoshi"]
    for number in range(COMMANDS):
        side = chance.choice(["buy", "sell"])
        if chance.random() < 0.3:
            lines.append(f"{number},cancel,{chance.randrange(-5, number + 1)},{side},0,0")
        else:
            price, quantity = chance.randrange(22_990, 23_010), chance.randrange(1, 5 * 10**8)
            lines.append(f"{number},limit,{number},{side},{price},{quantity}")
    path = tmp_path_factory.mktemp("recording") / "commands.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def replayed(stack, path, *more):
    """As `make replay` runs it."""
    words = [sys.executable, "-m", "infra.traders.replay", "--url", stack.url, "--file", str(path), *more]
    return subprocess.run(words, env=stack.process_environment(), capture_output=True, text=True, check=False)


def test_a_replay_trades_as_a_plain_book_does_whatever_the_last_one_left(stack, recording):
    book = PlainBook()
    for op, order_id, side, price, quantity in read(recording):
        book.place(order_id, side, price, quantity) if op == "limit" else book.cancel(order_id)
    whole = replayed(stack, recording)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert f"{len(book.fills)}  trades" in whole.stdout
    for expected in ("cancels refused", "cancels left out", " 0  differences", "Every invariant holds."):
        assert expected in whole.stdout
    again = replayed(stack, recording, "--limit", "20")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "The book was not empty" in again.stdout


def other_price(request, answer):
    if request.url.path.endswith("/trades") and answer["trades"]:
        answer["trades"][0]["price"] = str(Decimal(answer["trades"][0]["price"]) + 1)


def lost_trade(request, answer):
    if request.url.path.endswith("/trades"):
        del answer["trades"][1:2]


def more_orders(request, answer):
    for level in answer["asks"] if request.url.path.endswith("/book") else []:
        level["orders"] += 1


def unfilled_order(request, answer):
    if request.url.path == "/orders/place" and answer["tif"] == "gtc":
        answer["filled_quantity"] = "0"


def other_balance(request, answer):
    if request.url.path == "/balances":
        answer[0]["total"] = str(Decimal(answer[0]["total"]) + 1)


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        (other_price, ": expected Fill("),
        (lost_trade, "number of trades: expected"),
        (more_orders, "asks: expected"),
        (unfilled_order, "placed order"),
        (other_balance, "by fills: expected"),
    ],
)
def test_a_replay_fails_on_an_exchange_that_lies(stack, recording, monkeypatch, lie, found):
    good = json.dumps({"ok": True, "differences": [], "counts": {}})
    monkeypatch.setattr(audited, "COMMAND", [sys.executable, "-c", f"print({good!r})"])
    out = io.StringIO()
    with Api(stack.url, Liar(lie)) as api:
        assert not replay.run(api, Terminal(out), read(recording, 30))
    assert found in out.getvalue()


def test_a_file_that_is_no_recording_is_refused_before_anything_happens(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    assert replay.main(["--url", "http://127.0.0.1:1", "--file", str(path)]) == 2
    assert replay.main(["--url", "http://127.0.0.1:1", "--file", str(tmp_path / "none.csv")]) == 2
