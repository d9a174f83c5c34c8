"""A thief who has the operator key overtakes a run: everything stops, and operators bring it back."""

from collections.abc import Iterator
from contextlib import suppress

from chalicelib.errors import Conflict
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, stops_of
from chalicelib.flows.deposits.losses import losses, write_off
from chalicelib.flows.proof.solvency import statement
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from tests.treasury.stories.rotation import keys_wrong
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story

USERS = ("one", "two", "three")
HAD = 2_000_000
STOLEN = 7


class Thief(Story):
    """He puts a block of his own in front of one payment, lets another land, and leaves a third alone."""

    free = 3
    paid = USERS
    alarms = frozenset({"foreign_block", "run_broken", "grants_left"})

    def prepare(self, scene: Scene) -> None:
        house = scene.house
        house.fill()
        scene.fund(USERS, "USDT", HAD)
        house.follow()
        for name in USERS:
            scene.ask(name, "USDT", 500_000, name)
        blocks = {block.body.account: block for block in scene.signed_by_one_who_died()}
        theft = Send(scene.to("thief"), STOLEN, house.outside.token("USDT"))
        with scene.outside() as outside:
            stolen = outside.block(scene.home("one"), house.key("operator"), theft)
            outside.settle(stolen)
            outside.settle(blocks[scene.home("two")])
        house.new_key("next")
        scene.keep("old", house.key("operator").account.address)
        scene.keep("theft", stolen.hash.hex())

    def tell(self, scene: Scene) -> None:
        scene.house.pay_out()
        scene.house.follow()
        self.again(scene)
        scene.house.pay_out()

    def again(self, scene: Scene) -> None:
        """The drill as docs/money.md has it, from where it stands."""
        house, old = scene.house, Account.from_address(scene.kept("old"))
        if ALL not in stops_of(house.store.get(table.lease(SETTLEMENT))):
            return  # nobody has noticed, or it is over
        house.treasury.grants.take(old, house.deadline_ms)
        scene.switch()
        house.treasury.grants.give(house.key("operator").account, house.deadline_ms)
        house.treasury.resolver.resolve()
        house.follow()
        self._written_off(scene)
        with scene.outside() as outside:
            if outside.balance(Account.from_address(house.own("house")), outside.token("USDT")) < STOLEN:
                home = Account.from_address(house.own("house"))
                outside.fund([home], STOLEN, outside.token("USDT"))
        if not run_is_broken(scene):
            house.store.commit(clear(ALL, "the key is revoked", house.clock.now_ms()))

    def _written_off(self, scene: Scene) -> None:
        house = scene.house
        found = losses(house.store, house.treasury.assets, scene.kept("theft"))
        with suppress(Conflict):  # it was, before
            for plan in write_off(house.store, found, house.clock.now_ms()):
                house.store.commit(plan)

    def wrong(self, scene: Scene) -> Iterator[object]:
        yield from keys_wrong(scene, scene.kept("old"))
        missing = statement(scene.house.store, "USDT").difference
        if missing:
            yield "missing", missing


def run_is_broken(scene: Scene) -> bool:
    lease = scene.house.store.get(table.lease(SETTLEMENT)) or {}
    return bool(lease.get("run"))
