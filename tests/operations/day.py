"""What happens on an operations day? Traders trade all the while, and Olga has a bad one.

Each line that is told was found to be true first. Olga uses `cex-ops` and nothing else; what goes wrong
is done by `mishaps`.
"""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from infra.local.supervisor import Stack
from infra.traders.faucet import local_wallet
from infra.traders.reckoning import reckon
from infra.traders.story import equal
from tests.operations.desk import eventually
from tests.operations.mishaps import matchers_asleep, steal
from tests.operations.scene import MARKET, QUIET, Scene

STOLEN = 25


class Day(Scene):
    def live(self, restarted: Callable[[], Stack]) -> None:
        self.restarted = restarted
        for title, act in self._acts():
            began = time.monotonic()
            self.terminal.title(title)
            act()
            self.terminal.say(f"{time.monotonic() - began:.1f} s")

    def _acts(self) -> Sequence[tuple[str, Callable[[], None]]]:
        return (
            ("Traders come in, and trade from now on", self._open),
            ("A market is halted and resumed under flow", self._halt),
            ("Messages that can not be done", self._poison),
            ("Messages that died", self._dead_letters),
            ("The operator key is rotated, and every process dies meanwhile", self._rotate),
            ("Coins are gone from the chain", self._theft),
            ("Every process dies in the middle of it", self._die),
            ("The loss is booked and paid in, and payments go on", self._make_good),
            ("The day's accounts", self._close),
        )

    # --- the acts ---------------------------------------------------------------------------

    def _open(self) -> None:
        for trader in (self.mia, self.tom, self.wanda):
            trader.sign_in()
        for trader in (self.mia, self.tom):
            for token, amount in self.paid_in.items():
                trader.take_from_faucet(token, amount)
        for token in ("USDT", "USDX"):
            self.wanda.take_from_faucet(token, Decimal(1_000))
        self.traffic.start()
        self._trades_go_on("they trade")

    def _halt(self) -> None:
        halted = self.desk.act("drill", "markets", "halt", MARKET)
        equal("the market's mode", (halted["mode"], halted["reason"]), ("halted", "drill"))
        eventually("traders are told", lambda: self.traffic.refused["market_halted"])
        trades = self._market_trades()
        refused = self.traffic.refused["market_halted"]
        eventually("more are told", lambda: self.traffic.refused["market_halted"] > refused + 1)
        equal("trades in a halted market", self._market_trades(), trades)
        self.desk.tell(f"halts {MARKET}", f"{trades} trades so far, and not one more")
        self.desk.act("drill is over", "markets", "resume", MARKET)
        self._trades_go_on("resumes it, and trade goes on")

    def _poison(self) -> None:
        self.mia.place(MARKET, "sell", self.story.at(+10), Decimal(30))
        with matchers_asleep(self.stack, MARKET) as queue:
            order = self._promise(MARKET, "buy", self.story.at(+10), "gtc")
            equal("held for it", self._held("USDT"), 30 * self.story.at(+10))
            queue.spoil(order["id"])
            queue.send("no command at all", "rubbish")
        found = self._ended(order, "rejected", "failed")
        alarm = self.lines.wait_for_alarm("poison_command", command=f"p-{order['id']}")
        self.lines.wait_for_alarm("unreadable_message", market=MARKET)
        equal("held after", self._held("USDT"), Decimal(0))
        self.desk.tell("is alarmed: a command failed three times", str(alarm["reason"])[:60])
        self.terminal.done("Wanda", "has her money back", f"{found['status']} ({found['reason']})")
        self._trades_go_on("the market went on")

    def _dead_letters(self) -> None:
        resting = self.wanda.place(QUIET, "sell", Decimal("1.01"), Decimal(10))
        with matchers_asleep(self.stack, QUIET) as queue:
            order = self._promise(QUIET, "buy", Decimal("0.99"), "ioc")
            self.api.post("/orders/cancel", self.wanda.jwt, True, id=resting["id"], wait=0)
            queue.let_die(2)
        listed = self.desk.ask("dead-letter", "list", code=1)["letters"]
        equal("dead letters", [each["holds"] for each in listed], ["PlaceOrder", "CancelOrder"])
        self.desk.tell("finds two dead letters", " and ".join(each["holds"] for each in listed))
        place, cancel = eventually("the place is late", self._late_place)
        equal("the place", (place["order"], place["state"]), (order["id"], "pending"))
        equal("what would become of it", place["then"], "its order expires and the hold goes back")
        equal("the cancel", (cancel["order"], cancel["state"]), (resting["id"], "resting"))
        self.desk.tell("has them explained", f"{place['late_ms'] / 1000:.0f} s late; in time")
        dry = self.desk.act("market was asleep", "dead-letter", "redrive", QUIET)
        equal("a dry run", dry["dry_run"], True)
        equal("the order after it", self.wanda.order(order["id"])["status"], "pending")
        done = self.desk.act("market was asleep", "dead-letter", "redrive", QUIET, "--yes")
        equal("sent again", len(done["redriven"]), 2)
        self._ended(order, "expired", "late")
        self._ended(resting, "canceled", "requested")
        equal("held after", (self._held("USDT"), self._held("USDX")), (Decimal(0), Decimal(0)))
        equal("dead letters left", self.desk.ask("dead-letter", "list")["letters"], [])
        self.desk.tell("sends them again", "one expired as late, one canceled; nothing is held")

    def _rotate(self) -> None:
        old = self._operator()
        before = self.wanda.withdraw("USDT", Decimal(10), local_wallet().address, "before")
        replaced = self.stack.state.operator.with_suffix(".old")
        self.stack.state.operator.replace(replaced)
        self._write_key(self.stack.state.operator)
        new = self._operator()
        told = self.desk.act_until_done("rotation", "grant-operator", new, "--yes")
        self.desk.tell("grants a new operator key", f"{told['changed']} addresses")
        self._restart()
        again = self.desk.act_until_done("made meanwhile", "grant-operator", new, "--yes")
        gone = self.desk.act_until_done("rotation", "revoke-operator", old, "--yes")
        self.desk.tell("revokes the old one", f"{again['changed']} granted after, {gone['changed']} revoked")
        paid = eventually("it is paid", lambda: self._paid(before["id"]))
        equal("a withdrawal from before", paid["state"], "landed")
        self._withdraw("with the new key", Decimal(20))

    def _theft(self) -> None:
        units = STOLEN * 10 ** local_wallet().decimals("USDT")
        self.stolen = steal(self.stack, self.wanda.deposit_address(), "USDT", units)
        alarm = self.lines.wait_for_alarm("foreign_block", block=self.stolen)
        self.desk.tell("is alarmed: a block that nobody signed", str(alarm["block"])[:16])
        found = self._missing()
        equal("what is missing", found["shortfall"], {"USDT": units})
        # A shortfall counts when two rounds have seen it, whether she asked for them or the clock did.
        eventually("two rounds see it", lambda: self._missing() and "USDT" in self._stopped())
        self.lines.wait_for_alarm("custody_shortfall", asset="USDT")
        self.desk.tell(f"finds {STOLEN} USDT missing, and all payments stopped", ", ".join(self._stopped()))
        self._refused_payment()

    def _die(self) -> None:
        self._restart()
        equal("what is missing, after", set(self._missing()["shortfall"]), {"USDT"})
        self._refused_payment()

    def _make_good(self) -> None:
        (note,) = self.desk.ask("notes", "foreign")["notes"]
        equal("the block that was noted", note["sk"], self.stolen)
        booked = self.desk.act("stolen, see report 7", "write-off", self.stolen, "--yes")
        self.desk.ask("reconcile")
        (lacking,) = (each for each in self.desk.ask("solvency", code=1)["tokens"] if each["token"] == "USDT")
        equal("what the house lacks", lacking["difference"], str(-STOLEN))
        self.desk.tell("writes it off: books and chain agree", f"the house lacks {STOLEN} USDT")
        wallet = local_wallet()
        wallet.take(booked["pay_in_to"], "USDT", STOLEN * 10 ** wallet.decimals("USDT"))
        eventually("the owners have paid it in", lambda: self.desk.asked("solvency")[0] == 0)
        self.desk.tell("sees capital paid in", "nothing is missing")
        for what in ("ALL", "USDT"):
            self.desk.act("loss paid in", "withdrawals", "resume", what, "--yes")
        equal("stopped", self._stopped(), [])
        left = Decimal(self.wanda.balances()["USDT"]["available"])
        self._withdraw("all that is hers", left)

    def _close(self) -> None:
        self.traffic.stop()
        doubtful = self.traffic.check()
        for trader in (self.mia, self.tom):
            reckon(trader, self.terms, self.paid_in)
        refused = sum(self.traffic.refused.values())
        told = f"{self.traffic.outages} times unanswered, {refused} refused, {doubtful} canceled unseen"
        self.terminal.done("", f"{self.traffic.orders} orders, {self.traffic.trades} trades; none lost", told)
        counts = self.desk.ask("audit")["counts"]
        self.desk.tell(
            "audits: every invariant holds", f"{counts['orders']} orders, {counts['trades']} trades"
        )
        self.desk.ask("reconcile")
        tokens = self.desk.ask("solvency")["tokens"]
        equal(
            "own funds",
            {each["token"]: each["difference"] for each in tokens if each["token"] == "USDT"},
            {"USDT": "0"},
        )
        actions = self.desk.ask("actions")["actions"]
        equal(
            "actions that failed", [each for each in actions if each["state"] not in ("done", "refused")], []
        )
        self.desk.tell("is told all that was done", f"{len(actions)} actions, each with a reason")
