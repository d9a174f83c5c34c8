"""Votes cost a fee: payments, a netting and new addresses, each with a fee block that lands with them."""

from collections.abc import Iterator

from chalicelib.keeta.account import Account
from tests.keeta_node.world import KTA
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story
from tests.treasury.world import trade

PURSE = 10**9


class VoteFees(Story):
    fee = 40
    paid = ("dollars", "coins")
    alarms = frozenset({"fees_low"})

    def prepare(self, scene: Scene) -> None:
        house = scene.house
        with scene.outside() as outside:
            outside.fund([house.key("owner").account], PURSE)
        house.fill()
        with scene.outside() as outside:
            outside.fund([Account.from_address(house.own("treasury"))], PURSE)
        scene.fund(["other"], "USDT", 5_000_000)
        scene.fund(["payer"], "KTA", 10**18)
        house.follow()
        trade(house, scene.user("other"), scene.user("payer"), "USDT", 1_000_000)

    def tell(self, scene: Scene) -> None:
        self.again(scene)
        scene.house.pay_out()
        scene.house.fill()
        scene.house.follow()

    def again(self, scene: Scene) -> None:
        scene.ask("payer", "KTA", 10**17, "coins")
        scene.ask("payer", "USDT", 900_000, "dollars")

    def wrong(self, scene: Scene) -> Iterator[object]:
        """What was spent on votes, is told by the chain too."""
        house = scene.house
        payers = [house.key("owner").account, Account.from_address(house.own("treasury"))]
        spent = sum(PURSE - house.outside.balance(payer, KTA) for payer in payers)
        if house.total("KTA").expense != spent or spent <= 0:
            yield "expense", house.total("KTA").expense, spent
