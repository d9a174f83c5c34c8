"""A stranger lands two blocks of a signed run in a staple of his own; the third is signed anew."""

from collections.abc import Iterator

from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story
from tests.treasury.world import trade


class LandedInPart(Story):
    """Who pays has KTA at his address and USDT at another's: what that one sends him, and one of his own
    two blocks, land without the last."""

    paid = ("coins", "dollars")

    def prepare(self, scene: Scene) -> None:
        scene.house.fill()
        scene.fund(["other"], "USDT", 5_000_000)
        scene.fund(["payer"], "KTA", 10**18)
        scene.house.follow()
        trade(scene.house, scene.user("other"), scene.user("payer"), "USDT", 1_000_000)
        scene.ask("payer", "KTA", 10**17, "coins")
        scene.ask("payer", "USDT", 900_000, "dollars")
        blocks = scene.signed_by_one_who_died()
        with scene.outside() as outside:
            outside.settle(*blocks[:2])

    def tell(self, scene: Scene) -> None:
        scene.house.pay_out()
        scene.house.settle()

    def wrong(self, scene: Scene) -> Iterator[object]:
        if scene.house.balance(scene.user("payer"), "USDT") != ("USDT", 100_000, 0):
            yield scene.house.balance(scene.user("payer"), "USDT")
