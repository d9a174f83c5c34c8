"""Coins come back from the vault for a payment that waits for them: once, however often it is said."""

from collections.abc import Iterator
from contextlib import suppress

from chalicelib.errors import Conflict
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.custody.reach import address_of
from chalicelib.keeta.account import Account
from chalicelib.money import Amount
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story

IN_THE_VAULT = 9_000_000
BROUGHT = 2_000_000


class Refill(Story):
    paid = ("large",)
    alarms = frozenset({"hot_balance_low"})

    def prepare(self, scene: Scene) -> None:
        house = scene.house
        house.fill()
        with scene.outside() as outside:
            outside.fund([Account.from_address(house.own("vault"))], IN_THE_VAULT, outside.token("USDT"))
        scene.fund(["poor"], "USDT", 1_000_000)
        house.follow()
        more = Amount("USDT", 2_000_000)
        house.store.commit(credit(scene.user("poor"), more, house.ids.uuid(), house.clock.now_ms()))
        scene.ask("poor", "USDT", 2_500_000, "large")
        house.pay_out()

    def tell(self, scene: Scene) -> None:
        self.again(scene)
        scene.house.pay_out()

    def again(self, scene: Scene) -> None:
        """Whoever holds the owner key looks before he says it once more."""
        house = scene.house
        if house.books(house.own("vault")) == {"USDT": IN_THE_VAULT}:
            token = house.treasury.tokens["USDT"]
            with suppress(Conflict):  # a settlement is under way: a moment later
                house.treasury.refill.bring(Amount("USDT", BROUGHT), token, house.deadline_ms)

    def wrong(self, scene: Scene) -> Iterator[object]:
        house = scene.house
        there = house.chain(address_of(house.store, "vault"))
        if there != {"USDT": IN_THE_VAULT - BROUGHT}:
            yield "vault", there
