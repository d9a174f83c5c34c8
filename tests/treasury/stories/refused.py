"""Legs that the network refuses for good after they were signed. The rest goes on; something else
stands in their places later, and their money is free again."""

from collections.abc import Iterator

from chalicelib.keeta.operations import Adjust, ModifyPermissions
from chalicelib.keeta.permissions import Flag, Permissions
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story

HAD = 2_000_000
COINS = 10**17


class Refused(Story):
    """The issuer takes from two addresses what they need to send USDT: from one that sends nothing else,
    and from one that sends KTA in the same block."""

    free = 3
    paid = ("warm-half", "fine", "later")
    failed = ("cold", "cold-half")
    alarms = frozenset({"leg_may_not_send"})

    def prepare(self, scene: Scene) -> None:
        scene.house.fill()
        scene.fund(["cold", "half", "fine"], "USDT", HAD)
        scene.fund(["cold", "half"], "KTA", COINS)
        scene.house.follow()
        scene.ask("cold", "USDT", 500_000, "cold")
        scene.ask("half", "USDT", 400_000, "cold-half")
        scene.ask("half", "KTA", COINS // 4, "warm-half")
        scene.ask("fine", "USDT", 300_000, "fine")
        scene.signed_by_one_who_died()
        homes = [scene.home(name) for name in ("cold", "half")]
        with scene.outside() as outside:
            rows = [ModifyPermissions(home, Adjust.SET, Permissions(Flag(0))) for home in homes]
            outside.settle(outside.block(outside.token("USDT"), outside.key("issuer"), *rows))

    def tell(self, scene: Scene) -> None:
        scene.house.pay_out()
        self.again(scene)
        scene.house.pay_out()

    def again(self, scene: Scene) -> None:
        """What stands in the place in the end is another payment from that address."""
        if scene.withdrawals()["cold"].state in ("stuck", "failed"):
            scene.ask("cold", "KTA", COINS // 2, "later")

    def wrong(self, scene: Scene) -> Iterator[object]:
        for name, units in (("cold", HAD), ("half", HAD), ("fine", HAD - 300_000)):
            if scene.house.balance(scene.user(name), "USDT").available != units:
                yield name, scene.house.balance(scene.user(name), "USDT")
