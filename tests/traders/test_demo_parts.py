"""Do the parts of the demo tell true from false, and room from no room?"""

import io
import json
import sys
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.traders import audited, corridor
from infra.traders.api import Api
from infra.traders.client import Trader
from infra.traders.reckoning import reckon
from infra.traders.story import Story, Unexpected
from infra.traders.terminal import Terminal
from infra.traders.wallet import new_wallet

TERMS = {
    "market": "KTA/USDT",
    "base": "KTA",
    "quote": "USDT",
    "tick": "0.0001",
    "lot": "0.01",
    "minimum_notional": "1",
    "maker_fee": "0.001",
    "taker_fee": "0.002",
}
TICK = Decimal("0.0001")


def terminal():
    return Terminal(io.StringIO())


def serving(answer):
    """An Api that gets what `answer` makes of each request."""
    return Api("http://exchange", httpx.MockTransport(answer))


# --- the terminal ----------------------------------------------------------------------------


def test_columns_of_numbers_end_and_columns_of_text_begin_together():
    out = io.StringIO()
    Terminal(out).table(["token ", "held"], [["USDT", 1.5], ["KTA", "100"]])
    assert out.getvalue() == "  token  held\n  USDT    1.5\n  KTA     100\n"


def test_a_bar_that_can_not_move_is_drawn_ten_times_at_most():
    out = io.StringIO()
    for done in range(1, 501):
        Terminal(out).bar(done, 500, "12/s")
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1] == f"  [{'#' * 30}] 500/500  12/s"
    assert "\x1b" not in out.getvalue()


def test_what_interrupts_a_moving_bar_begins_below_it():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    out = Screen()
    screen = Terminal(out)
    screen.bar(1, 2, "")
    screen.say("stopped")
    assert out.getvalue().endswith("1/2  \n  stopped\n")


# --- the audit -------------------------------------------------------------------------------


def answering(monkeypatch, text, code):
    monkeypatch.setattr(
        audited, "COMMAND", [sys.executable, "-c", f"print({text!r}); raise SystemExit({code})"]
    )


def test_an_audit_without_differences_is_good(monkeypatch):
    answering(monkeypatch, json.dumps({"ok": True, "differences": [], "counts": {"orders": 3}}), 0)
    assert audited.audit(terminal())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps({"ok": False, "differences": [{"check": "sum", "found": "1"}], "counts": {}}), 1),
        (json.dumps({"ok": True, "differences": [{"check": "sum"}], "counts": {}}), 0),
        (json.dumps({"ok": True, "differences": [], "counts": {}}), 1),
        ("not json", 0),
        ("[]", 0),
    ],
)
def test_any_other_audit_is_not(monkeypatch, text, code):
    answering(monkeypatch, text, code)
    assert not audited.audit(terminal())


# --- where to trade --------------------------------------------------------------------------


def book(bids, asks):
    return {
        "bids": [{"price": str(ticks * TICK)} for ticks in bids],
        "asks": [{"price": str(ticks * TICK)} for ticks in asks],
    }


PRICES = st.integers(min_value=1, max_value=20_000)


@given(PRICES, PRICES, PRICES, st.integers(min_value=1, max_value=50))
def test_the_middle_is_free_on_both_sides_wherever_there_is_room(one, other, wanted, reach):
    bid, ask = sorted((one, other))
    middle = corridor.center(book([bid], [ask]), wanted * TICK, TICK, reach) / TICK
    assert middle == int(middle)
    assert middle > reach, "every price of the day is above zero"
    if ask - bid > 2 * (reach + 1):
        assert bid < middle - reach
        assert middle + reach < ask


@given(PRICES, st.integers(min_value=1, max_value=50))
def test_in_an_empty_book_the_middle_is_what_was_wanted(wanted, reach):
    expected = max(wanted, reach + 1) * TICK
    assert corridor.center(book([], []), wanted * TICK, TICK, reach) == expected


# --- a story's checks ------------------------------------------------------------------------

RESTING = {
    "id": "a" * 26,
    "status": "resting",
    "quantity": "10",
    "filled_quantity": "0",
    "filled_notional": "0",
    "reason": None,
}


def placing(order):
    api = serving(lambda request: httpx.Response(200, json=order))
    return Story(terminal(), TERMS, Decimal("0.5")), Trader(api, "Ada", new_wallet())


def test_an_order_that_becomes_what_it_should_is_told():
    story, ada = placing(RESTING)
    assert story.order(ada, "buy", 10, -5, "resting") == RESTING


@pytest.mark.parametrize("change", [{"status": "filled"}, {"filled_quantity": "1"}, {"reason": "self_trade"}])
def test_an_order_that_becomes_something_else_ends_the_story(change):
    story, ada = placing(RESTING | change)
    with pytest.raises(Unexpected):
        story.order(ada, "buy", 10, -5, "resting")


def test_what_was_done_to_an_order_is_told_if_it_says_so_in_every_field():
    story, ada = placing(RESTING)
    story.becomes(ada, "changes it", RESTING, "resting", quantity="10")
    for wrong in ({"status": "filled"}, {"filled": 1}, {"quantity": "11"}):
        with pytest.raises(Unexpected):
            story.becomes(ada, "changes it", RESTING, **{"status": "resting", **wrong})


def test_what_must_be_refused_and_is_not_ends_the_story():
    story, ada = placing(RESTING)
    with pytest.raises(Unexpected, match="should have been refused"):
        story.refused("Ada", "asks", "order_not_found", lambda: ada.order("a" * 26))


def test_a_refusal_for_another_reason_ends_the_story():
    api = serving(lambda request: httpx.Response(404, json={"code": "no_route", "detail": ""}))
    with pytest.raises(Unexpected, match="no_route"):
        Story(terminal(), TERMS, Decimal("0.5")).refused(
            "Ada", "asks", "order_not_found", lambda: api.get("/orders/a")
        )


# --- what a trader owns ----------------------------------------------------------------------

FILL = {
    "trade_id": 1,
    "side": "buy",
    "role": "taker",
    "quantity": "100",
    "notional": "50",
    "fee": "0.2",
    "fee_token": "KTA",
}
HONEST = {
    "/fills": {"fills": [FILL], "next": None},
    "/balances": [{"token": "KTA", "total": "99.8"}, {"token": "USDT", "total": "950"}],
    "/ledger": {
        "entries": [
            {"changes": [{"token": "KTA", "amount": "99.8"}, {"token": "USDT", "amount": "-50"}]},
            {"changes": [{"token": "USDT", "amount": "1000"}]},
        ],
        "next": None,
    },
}


def reckoning(answers):
    api = serving(lambda request: httpx.Response(200, json=answers[request.url.path]))
    reckon(Trader(api, "Ada", new_wallet()), TERMS, {"USDT": Decimal(1000)})


def test_balances_that_fills_explain_are_right():
    reckoning(HONEST)


@pytest.mark.parametrize(
    "lie",
    [
        {"/fills": {"fills": [], "next": None}},
        {"/fills": {"fills": [FILL | {"notional": "50.000001"}], "next": None}},
        {"/balances": [{"token": "KTA", "total": "100"}, {"token": "USDT", "total": "950"}]},
        {"/ledger": {"entries": HONEST["/ledger"]["entries"][1:], "next": None}},
        {  # the balances fit, and the fee is not the listed one
            "/fills": {"fills": [FILL | {"fee": "0.3"}], "next": None},
            "/balances": [{"token": "KTA", "total": "99.7"}, {"token": "USDT", "total": "950"}],
            "/ledger": {
                "entries": [
                    {"changes": [{"token": "KTA", "amount": "99.7"}, {"token": "USDT", "amount": "950"}]}
                ],
                "next": None,
            },
        },
    ],
)
def test_balances_that_nothing_explains_are_found(lie):
    with pytest.raises(Unexpected):
        reckoning(HONEST | lie)
