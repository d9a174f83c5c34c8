"""A torn backup of before a run was planned is mended from its records, then brought together with the chain.

Run, payments and a deposit are on chain, and the books know nothing of them.
"""

from collections.abc import Iterator

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Delete, Item, Put
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.restore.restore import Restorer
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story
from tests.treasury.world import _NoJournal, trade

NOBODY: frozenset[str] = frozenset()


class Restored(Story):
    paid = ("first", "second")

    def prepare(self, scene: Scene) -> None:
        house = scene.house
        scene.keep("since", str(house.clock.now_ms()))
        house.fill()
        scene.fund(["poor"], "USDT", 1_000_000)
        scene.fund(["rich"], "USDT", 5_000_000)
        house.follow()
        trade(house, scene.user("rich"), scene.user("poor"), "USDT", 3_000_000)
        scene.ask("poor", "USDT", 3_000_000, "first")
        scene.ask("poor", "USDT", 500_000, "second")
        backup = stored(scene)
        assert house.pay_out().payments == 2
        scene.fund(["rich"], "USDT", 250_000)
        house.follow()
        home = table.custody_account(scene.home("poor").address)
        torn = (schema.wallet(scene.user("rich")), table.total("USDT"), home)
        bring_back(scene, {key: item for key, item in backup.items() if key not in torn})

    def tell(self, scene: Scene) -> None:
        self.again(scene)
        scene.house.settle()

    def again(self, scene: Scene) -> None:
        """`cex-ops rebuild`, then `cex-ops rescan`."""
        rescan, since_ms = scene.house.treasury.rescan, int(scene.kept("since"))
        rebuilding = restorer(scene)
        rebuilding.make(rebuilding.look())
        rescan.mend(rescan.look(since_ms), NOBODY, since_ms, scene.house.deadline_ms)

    def wrong(self, scene: Scene) -> Iterator[object]:
        yield from (str(each.difference) for each in restorer(scene).look())
        yield from (each.name for each in scene.house.treasury.rescan.look(int(scene.kept("since"))))
        for name, units in (("poor", 500_000), ("rich", 2_250_000)):
            if scene.house.balance(scene.user(name), "USDT").available != units:
                yield name, scene.house.balance(scene.user(name), "USDT")


def restorer(scene: Scene) -> Restorer:
    house = scene.house
    return Restorer(house.store, _NoJournal(), house.store, house.clock, {})  # type: ignore[arg-type]


def stored(scene: Scene) -> dict[Key, Item]:
    items = ((each.name, item) for each in schema.TABLES for item in scene.house.store.scan(each.name))
    return {Key(name, str(item.pop("pk")), str(item.pop("sk"))): item for name, item in items}


def bring_back(scene: Scene, backup: dict[Key, Item]) -> None:
    store = scene.house.store
    for key in stored(scene).keys() - backup.keys():
        store.commit((Delete(key),))
    for key, item in backup.items():
        store.commit((Put(key, item),))
    scene.house.restart()
