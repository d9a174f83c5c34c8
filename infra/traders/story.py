"""How is a story told and checked at once? Each line that is printed was first found to be true."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from infra.traders.api import Answer, Refused, plain
from infra.traders.client import Side, Trader
from infra.traders.terminal import Terminal


class Unexpected(Exception):
    """The exchange did something else than it must."""


class Story:
    """What happens in one market, around the price `middle`. Prices are told in ticks from there."""

    def __init__(self, terminal: Terminal, terms: Answer, middle: Decimal) -> None:
        self.terminal = terminal
        self.market: str = terms["market"]
        self.tick = Decimal(terms["tick"])
        self.middle = middle

    def at(self, ticks: int) -> Decimal:
        return (self.middle + ticks * self.tick).quantize(self.tick)

    def order(
        self,
        trader: Trader,
        side: Side,
        quantity: int,
        ticks: int,
        becomes: str,
        filled: int = 0,
        tif: str = "gtc",
        client_order_id: str | None = None,
        reason: str | None = None,
        **more: str,
    ) -> Answer:
        """Place one, and check what the answer says of it. `more`: other fields of the order."""
        price = self.at(ticks)
        order = trader.place(self.market, side, price, Decimal(quantity), tif, client_order_id, **more)
        words = self._words(side, quantity, price, tif, client_order_id)
        words += "".join(f", {name.replace('_', ' ')} {value}" for name, value in more.items())
        expect(f"{trader.name} {words}", order, becomes, filled, reason)
        self.terminal.done(trader.name, words, self._outcome(order))
        return order

    def becomes(
        self, trader: Trader, words: str, order: Answer, status: str, filled: int = 0, **fields: object
    ) -> None:
        """Check an order that something was done to, and tell it. `fields`: what else it must say."""
        expect(f"{trader.name} {words}", order, status, filled, order["reason"])
        for name, wanted in fields.items():
            equal(f"{trader.name} {words}: {name}", order[name], wanted)
        self.terminal.done(trader.name, words, self._outcome(order))

    def refused(self, who: str, what: str, code: str, attempt: Callable[[], Any]) -> Refused:
        """Check that it is, with this code."""
        try:
            attempt()
        except Refused as refusal:
            equal(f"{who} {what}: the refusal", refusal.code, code)
            self.terminal.done(who, what, f"refused: {refusal.status} {code}")
            return refusal
        raise Unexpected(f"{who} {what}: should have been refused with {code}")

    def holds(self, what: str, found: object, wanted: object) -> None:
        """Check that the two are equal, and tell it."""
        equal(what, found, wanted)
        self.terminal.done("", what, "")

    def _words(self, side: Side, quantity: int, price: Decimal, tif: str, client_order_id: str | None) -> str:
        verb = {"buy": "buys", "sell": "sells"}[side]
        suffix = "" if tif == "gtc" else f" {tif}"
        called = f' as "{client_order_id}"' if client_order_id else ""
        return f"{verb} {quantity} at {plain(price)}{suffix}{called}"

    def _outcome(self, order: Answer) -> str:
        words = [order["status"].replace("_", " ")]
        if Decimal(order["filled_quantity"]) and order["status"] != "filled":
            words.append(f"{order['filled_quantity']} of {order['quantity']}")
        if Decimal(order["filled_quantity"]):
            words.append(f"for {order['filled_notional']}")
        if order["reason"]:
            words.append(f"({order['reason']})")
        return " ".join(words)


def expect(what: str, order: Answer, status: str, filled: int, reason: str | None = None) -> None:
    """Raises Unexpected unless the order is in this state."""
    equal(f"{what}: status", order["status"], status)
    equal(f"{what}: filled", Decimal(order["filled_quantity"]), Decimal(filled))
    equal(f"{what}: reason", order["reason"], reason)


def equal(what: str, found: object, wanted: object) -> None:
    """Raises Unexpected unless they are."""
    if found != wanted:
        raise Unexpected(f"{what}: expected {wanted}, found {found}")
