"""Three withdrawals: one from what lies there, one that needs what others hold, one of another token."""

from collections.abc import Iterator

from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story
from tests.treasury.world import trade

FUNDED = 5_000_000
ASKED = (
    ("own", "rich", "USDT", 700_000),
    ("funded", "poor", "USDT", 6_500_000),
    ("kta", "poor", "KTA", 2 * 10**16),
)


class Payments(Story):
    paid = tuple(name for name, *_ in ASKED)

    def prepare(self, scene: Scene) -> None:
        """Addresses, deposits of two users, and a trade between them."""
        scene.house.fill()
        scene.fund(["rich", "poor"], "USDT", FUNDED)
        scene.fund(["poor"], "KTA", 10**17)
        scene.house.follow()
        trade(scene.house, scene.user("rich"), scene.user("poor"), "USDT", 3_000_000)

    def tell(self, scene: Scene) -> None:
        self.again(scene)
        scene.house.pay_out()
        scene.house.follow()
        scene.house.fill()
        scene.house.settle()

    def again(self, scene: Scene) -> None:
        for name, user, asset, units in ASKED:
            scene.ask(user, asset, units, name)

    def wrong(self, scene: Scene) -> Iterator[object]:
        for name, units in (("rich", FUNDED - 3_700_000), ("poor", FUNDED - 3_500_000)):
            if scene.house.balance(scene.user(name), "USDT").available != units:
                yield name, scene.house.balance(scene.user(name), "USDT")
