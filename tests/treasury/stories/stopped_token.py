"""A token is stopped while a run with it waits to be signed anew; the others go on, and it is resumed."""

from collections.abc import Iterator

from chalicelib.flows.custody.lease import clear, stop
from tests.treasury.stories.scene import OLD_MS, Scene
from tests.treasury.stories.story import Story

HAD = 2_000_000
COINS = 10**17


class StoppedToken(Story):
    """One address sends USDT alone, one USDT and KTA in one block, one KTA alone."""

    free = 3
    paid = ("half-paid", "paid", "later", "once-more")
    failed = ("held-back", "half-held-back")

    def prepare(self, scene: Scene) -> None:
        house = scene.house
        house.fill()
        scene.fund(["one", "half"], "USDT", HAD)
        scene.fund(["one", "half", "coins"], "KTA", COINS)
        house.follow()
        scene.ask("one", "USDT", 500_000, "held-back")
        scene.ask("half", "USDT", 400_000, "half-held-back")
        scene.ask("half", "KTA", COINS // 4, "half-paid")
        scene.ask("coins", "KTA", COINS // 4, "paid")
        scene.signed_by_one_who_died(OLD_MS)
        house.store.commit(stop("USDT", "its issuer halted it", house.clock.now_ms()))

    def tell(self, scene: Scene) -> None:
        scene.house.pay_out()
        self.again(scene)
        scene.house.pay_out()

    def again(self, scene: Scene) -> None:
        """Resumed when what goes on is paid. Another payment has the place of the one held back."""
        found = scene.withdrawals()
        if found["paid"].state == "landed":
            scene.house.store.commit(clear("USDT", "its issuer is back", scene.house.clock.now_ms()))
            scene.ask("one", "KTA", COINS // 4, "later")
            scene.ask("one", "USDT", 600_000, "once-more")

    def wrong(self, scene: Scene) -> Iterator[object]:
        for name, units in (("one", HAD - 600_000), ("half", HAD)):
            if scene.house.balance(scene.user(name), "USDT").available != units:
                yield name, scene.house.balance(scene.user(name), "USDT")
