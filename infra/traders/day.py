"""What happens on a day at the exchange? Three traders with fresh keys live through the main job.

Nothing here is random but the keys, so each step knows what must come of it. Strangers'
orders do not matter: the day trades where there are none (see corridor.py), and what it
leaves in the book lies outside of that.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from infra.traders import acts, corridor
from infra.traders.api import Answer, Api
from infra.traders.client import Trader
from infra.traders.faucet import local_wallet, units
from infra.traders.reckoning import reckon
from infra.traders.sdk import SdkAccounts
from infra.traders.story import Story, equal, expect
from infra.traders.terminal import Terminal
from infra.traders.wallet import Ed25519Key, Secp256k1Key, Secp256r1Key, Wallet

MARKET = "KTA/USDT"
# Where an empty book opens, and the least at which the day's orders are not too small.
OPENING, LEAST = Decimal("0.5"), Decimal("0.2")
# The day trades up to 20 ticks from the middle, and leaves orders 30 ticks away from it.
REACH, OUTSIDE = 20, 30
STRANGERS_ID = "a" * 26


class Day:
    """Who trades, and with what. `paid_in` is what each of the three deposited."""

    def __init__(self, api: Api, terminal: Terminal) -> None:
        self.api = api
        self.terms = api.market(MARKET)
        self.base, self.quote = self.terms["base"], self.terms["quote"]
        self.ada = Trader(api, "Ada", Wallet(Ed25519Key()))
        self.ben = Trader(api, "Ben", Wallet(Secp256k1Key()))
        self.cleo = Trader(api, "Cleo", Wallet(Secp256r1Key()))
        self.traders = (self.ada, self.ben, self.cleo)
        self.paid_in: dict[str, dict[str, Decimal]] = {}
        self._terminal = terminal

    def live(self) -> None:
        """Raises Unexpected as soon as something is not as it must be."""
        self._open()
        for title, act in self._acts():
            self._terminal.title(title)
            act()

    def _acts(self) -> Sequence[tuple[str, Callable[[], None]]]:
        return (
            ("Three traders prove their Keeta keys", self._sign_in),
            ("Accounts made by the official SDK prove theirs", self._sign_in_with_sdk),
            ("Coins come in from the local Keeta network", self._fund),
            ("Orders rest in the book", self._rest),
            ("Orders cross: best price first, then who came first", self._cross),
            ("Other kinds of orders", self._kinds),
            ("What is refused", self._refuse),
            ("Orders are canceled", self._cancel),
            *((title, partial(act, self)) for title, act in acts.ACTS),
            ("A token ends", self._log_out),
            ("The day's accounts", self._settle),
            ("Coins go home: in from a wallet of the official SDK, and out to it", self._pay_out),
        )

    def _open(self) -> None:
        tick = Decimal(self.terms["tick"])
        book = self.api.book(MARKET)
        middle = max(corridor.center(book, OPENING, tick, REACH), LEAST)
        self.story = Story(self._terminal, self.terms, middle)
        strangers = sum(level["orders"] for level in book["bids"] + book["asks"])
        self._terminal.title(f"A day at the exchange: {MARKET}, around {self.story.at(0)}")
        self._terminal.say(
            f"{strangers} orders were in the book before." if strangers else "The book is empty."
        )
        self._make_room()

    def _make_room(self) -> None:
        sweeper = Trader(self.api, "Dora", Wallet(Ed25519Key()))
        sweeper.sign_in()
        low, high = self.story.at(-REACH), self.story.at(REACH)
        met = corridor.clear(self.api, sweeper, self.terms, low, high)
        if met:
            self._terminal.say(f"Dora trades away {met} of them, so that the day finds its prices free.")

    # --- the acts ---------------------------------------------------------------------------

    def _sign_in(self) -> None:
        for trader in self.traders:
            proof = trader.sign_in()
            self._terminal.done(
                trader.name, f"signs in with {trader.wallet.algorithm}", trader.wallet.address
            )
        self.story.refused(
            "Eve",
            "shows Cleo's answer again",
            "no_open_challenge",
            lambda: self.api.post("/auth/verify", **proof),
        )
        self.story.refused("Eve", "comes without a token", "missing_token", lambda: self.api.get("/balances"))

    def _sign_in_with_sdk(self) -> None:
        with SdkAccounts() as accounts:
            for name, wallet in zip(("Finn", "Gwen", "Hugo"), accounts.wallets(), strict=True):
                trader = Trader(self.api, name, wallet)
                trader.sign_in()
                self._terminal.done(name, f"signs in with {wallet.algorithm}", wallet.address)
                equal(f"{name}'s balances", trader.balances(), {})

    def _fund(self) -> None:
        quote, base = (2000 * self.story.middle).to_integral_value(), Decimal(1000)
        self._give(self.ada, self.quote, quote)
        self._give(self.ben, self.base, base)
        self._give(self.cleo, self.base, base / 2)

    def _give(self, trader: Trader, token: str, amount: Decimal) -> None:
        trader.take_from_faucet(token, amount)
        self.paid_in[trader.name] = {token: amount}
        equal(f"{trader.name}'s {token}", self._available(trader, token), amount)
        self._terminal.done(trader.name, f"deposits {amount} {token}", trader.deposit_address())

    def _rest(self) -> None:
        story = self.story
        self.bens_first = story.order(self.ben, "sell", 100, +10, "resting")
        self.cleos = story.order(self.cleo, "sell", 50, +10, "resting")
        self.bens_second = story.order(self.ben, "sell", 100, +20, "resting")
        self.adas = story.order(self.ada, "buy", 100, -10, "resting")
        story.holds(
            "the book shows them, best price first",
            self.inside(),
            [(10, 150, 2), (20, 100, 1), (-10, 100, 1)],
        )
        story.holds("Ada's money is held", self.held(self.ada, self.quote), 100 * story.at(-10))
        story.holds("Ben's tokens are held", self.held(self.ben, self.base), Decimal(200))

    def _cross(self) -> None:
        story = self.story
        story.order(self.ada, "buy", 120, +10, "filled", 120)
        self._check(self.ben, self.bens_first, "filled", 100)
        self._check(self.cleo, self.cleos, "partially_filled", 20)
        story.holds("Ben was there first: his 100 are gone, and 20 of Cleo's", self.inside()[0], (10, 30, 1))
        order = story.order(self.ada, "buy", 60, +20, "filled", 60)
        paid = 30 * story.at(10) + 30 * story.at(20)
        story.holds("each part traded at the price that was waiting", Decimal(order["filled_notional"]), paid)
        self.cleos_rest = story.order(self.cleo, "sell", 150, -10, "partially_filled", 100)
        self._check(self.ada, self.adas, "filled", 100)
        story.holds(
            "what Ada's bid did not take now waits as an ask", self.inside(), [(-10, 50, 1), (20, 70, 1)]
        )

    def _kinds(self) -> None:
        story = self.story
        story.order(self.ada, "buy", 80, -10, "canceled", 50, tif="ioc", reason="ioc_remainder")
        story.order(self.ada, "buy", 10, +20, "rejected", tif="postonly", reason="post_only_would_cross")
        story.order(self.ada, "buy", 100, -OUTSIDE, "resting", tif="postonly")
        story.order(self.ben, "buy", 10, +20, "canceled", reason="self_trade")
        story.order(self.ben, "sell", 100, +OUTSIDE, "resting")
        story.holds("Ben did not trade with himself", self.inside(), [(20, 70, 1)])
        story.holds(
            "Ada holds money for one order alone", self.held(self.ada, self.quote), 100 * story.at(-OUTSIDE)
        )

    def _refuse(self) -> None:
        story, ada, ben = self.story, self.ada, self.ben
        self.rent = story.order(ada, "sell", 20, +15, "resting", client_order_id="rent")
        again = story.order(ada, "sell", 20, +15, "resting", client_order_id="rent")
        story.holds("said twice, it is one order", again["id"], self.rent["id"])
        before = ada.balances()
        self._no_place(
            "uses the id for another order", "duplicate_client_order_id", Decimal(30), client_order_id="rent"
        )
        self._no_place("sells more than she has", "insufficient_funds", Decimal(10**6))
        self._no_place("sells a fraction of a lot", "off_lot", Decimal("10.001"))
        story.holds("nothing of hers changed", ada.balances(), before)
        theirs = story.refused(
            "Ben", "reads Ada's order", "order_not_found", lambda: ben.order(self.rent["id"])
        )
        story.refused("Ben", "cancels Ada's order", "order_not_found", lambda: ben.cancel(self.rent["id"]))
        nobodys = story.refused(
            "Ben", "reads an order that never was", "order_not_found", lambda: ben.order(STRANGERS_ID)
        )
        # But for the name of the request, which is another each time.
        told = [{**each.problem, "request_id": ""} for each in (theirs, nobodys)]
        story.holds("he can not tell the two apart", *told)
        self._check(ada, self.rent, "resting", 0)

    def _cancel(self) -> None:
        story = self.story
        self._end(self.ada, self.rent, 0)
        self._end(self.ben, self.bens_second, 30)
        self._check(self.cleo, self.cleos_rest, "filled", 150)
        filled = self.bens_first["id"]
        story.refused("Ben", "cancels what was filled", "order_not_open", lambda: self.ben.cancel(filled))
        story.holds("their money is free again", self.held(self.ada, self.base), Decimal(0))
        story.holds("the day's prices are free again", self.inside(), [])

    def _log_out(self) -> None:
        before = self.cleo.balances()
        self.cleo.log_out()
        self._terminal.done("Cleo", "logs out", "")
        self.story.refused("Cleo", "comes with the old token", "token_revoked", self.cleo.balances)
        self.cleo.sign_in()
        self._terminal.done("Cleo", "signs in again", "")
        self.story.holds("she finds what she left", self.cleo.balances(), before)

    def _settle(self) -> None:
        for trader in self.traders:
            reckon(trader, self.terms, self.paid_in[trader.name])
            self._terminal.done(trader.name, "owns what deposits, fills and fees make of it", "")
        for trader in self.traders:
            for order in trader.orders():
                equal(f"{trader.name}'s order", trader.order(order["id"]), order)
        self._terminal.done("", "all lists of orders say what the orders say", "")

    def _pay_out(self) -> None:
        """Ada's address holds what she deposited; what she bought lies elsewhere until it is settled."""
        wallet, story = local_wallet(), self.story
        wallet.take(wallet.address, self.quote, units(wallet, self.quote, Decimal(25)))
        before = self._available(self.cleo, self.quote)
        self.cleo.receive(wallet, self.quote, Decimal(25))
        story.holds("a wallet's 25 are Cleo's", self._available(self.cleo, self.quote), before + 25)
        had = wallet.balance(self.base)
        asked = self.ada.withdraw(self.base, Decimal(50), wallet.address, "home")
        again = self.ada.withdraw(self.base, Decimal(50), wallet.address, "home")
        story.holds("asked twice, it is one withdrawal", again["id"], asked["id"])
        paid = self.ada.paid_out(asked["id"])
        equal("Ada's withdrawal", paid["state"], "landed")
        self._terminal.done("Ada", f"is paid 50 {self.base}", f"block {paid['block'][:16]}")
        story.holds(
            "they are in the wallet", wallet.balance(self.base) - had, units(wallet, self.base, Decimal(50))
        )
        story.refused(
            "Ben",
            "withdraws to an address of the exchange",
            "own_address",
            lambda: self.ben.withdraw(self.quote, Decimal(1), self.ada.deposit_address()),
        )

    # --- looking ----------------------------------------------------------------------------

    def _no_place(self, what: str, code: str, quantity: Decimal, client_order_id: str | None = None) -> None:
        price = self.story.at(15)
        self.story.refused(
            "Ada", what, code, lambda: self.ada.place(MARKET, "sell", price, quantity, "gtc", client_order_id)
        )

    def _end(self, trader: Trader, order: Answer, filled: int) -> None:
        canceled = trader.cancel(order["id"])
        expect(f"{trader.name}'s canceled order", canceled, "canceled", filled, "requested")
        self._terminal.done(
            trader.name, f"cancels {order['quantity']} at {order['price']}", f"filled: {filled}"
        )
        expect("canceled again", trader.cancel(order["id"]), "canceled", filled, "requested")

    def _check(self, trader: Trader, order: Answer, status: str, filled: int) -> None:
        expect(f"{trader.name}'s order", trader.order(order["id"]), status, filled)

    def inside(self) -> list[tuple[int, int, int]]:
        """(ticks from the middle, quantity, orders) of the asks and bids within the day's prices."""
        book = self.api.book(MARKET)
        levels = [
            (int((Decimal(level["price"]) - self.story.middle) / self.story.tick), level)
            for level in book["asks"] + book["bids"]
        ]
        return [
            (ticks, int(Decimal(level["quantity"])), level["orders"])
            for ticks, level in levels
            if abs(ticks) <= REACH
        ]

    def _available(self, trader: Trader, token: str) -> Decimal:
        return Decimal(trader.balances()[token]["available"])

    def held(self, trader: Trader, token: str) -> Decimal:
        return Decimal(trader.balances()[token]["held"])
