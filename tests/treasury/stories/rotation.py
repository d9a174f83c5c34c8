"""The operator key is changed while a run of the old one is signed: grant, switch, revoke, and pay."""

from collections.abc import Iterator

from chalicelib.keeta.account import Account
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story

HAD = 2_000_000


class Rotation(Story):
    paid = ("signed", "asked")
    alarms = frozenset({"grants_left"})

    def prepare(self, scene: Scene) -> None:
        scene.house.fill()
        scene.fund(["one", "two"], "USDT", HAD)
        scene.house.follow()
        scene.ask("one", "USDT", 500_000, "signed")
        scene.signed_by_one_who_died()
        scene.ask("two", "USDT", 500_000, "asked")
        scene.house.new_key("next")
        scene.keep("old", scene.house.key("operator").account.address)

    def tell(self, scene: Scene) -> None:
        self.again(scene)
        scene.house.pay_out()

    def again(self, scene: Scene) -> None:
        """The three steps as docs/money.md has them; what is done already does nothing."""
        house, old = scene.house, Account.from_address(scene.kept("old"))
        if not scene.is_switched:
            house.treasury.grants.give(scene.next_key, house.deadline_ms)
            scene.switch()
        house.treasury.grants.give(house.key("operator").account, house.deadline_ms)
        house.treasury.grants.take(old, house.deadline_ms)

    def wrong(self, scene: Scene) -> Iterator[object]:
        yield from keys_wrong(scene, scene.kept("old"))


def keys_wrong(scene: Scene, old: str) -> Iterator[object]:
    """Where the old key may send still, and where the new one may not."""
    grants = scene.house.treasury.grants
    if still := grants.lacking(Account.from_address(old), may=False):
        yield "the old key may send", still
    if lacks := grants.lacking(scene.house.key("operator").account, may=True):
        yield "the new key may not send", lacks
