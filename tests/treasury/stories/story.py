"""What is a story of money, and what must be true after it, wherever its teller died?"""

from collections.abc import Iterator

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import LEASE_MS, SLOTS
from tests.treasury.stories.scene import Scene

ROUNDS_MAX = 12


class Story:
    """`tell` is what is killed at every call. `again` is what clients and operators do then who have
    heard nothing, once a round: it may be done as often as one likes.

    fee: what a vote costs. free: so many addresses wait for users. paid, failed: how each withdrawal has
    to end, by the client's name for it. alarms: those that may be raised after the death.
    """

    fee = 0
    free = 2
    paid: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    alarms: frozenset[str] = frozenset()

    def prepare(self, scene: Scene) -> None:
        raise NotImplementedError

    def tell(self, scene: Scene) -> None:
        raise NotImplementedError

    def again(self, scene: Scene) -> None:
        """Nobody does anything."""

    def wrong(self, scene: Scene) -> Iterator[object]:
        """What is not as this story should end."""
        yield from ()

    def recovered(self, scene: Scene) -> list[object]:
        """By fresh processes, when the leases of the dead one are over. What is then wrong, if anything."""
        house = scene.house
        house.clock.offset_ms += LEASE_MS + 1_000
        for _ in range(ROUNDS_MAX):
            self.again(scene)
            house.fill()
            house.follow()
            house.settle()
            if at_rest(scene) and self.is_over(scene):
                break
        return [*self._always_wrong(scene), *self.wrong(scene)]

    def is_over(self, scene: Scene) -> bool:
        found = scene.withdrawals()
        return all(name in found and not found[name].is_open for name in (*self.paid, *self.failed))

    def _always_wrong(self, scene: Scene) -> Iterator[object]:
        house = scene.house
        yield from (list(map(str, each)) for each in house.differences())
        if not at_rest(scene):
            yield "something is in flight still"
        yield from payments_wrong(scene, self.paid, self.failed)
        yield from (str(each) for each in house.notebook.alarms if each[0] not in self.alarms)
        if not house.reconcile().clean:
            yield "the reconciliation found something"


def at_rest(scene: Scene) -> bool:
    store = scene.house.store
    leases = [store.get(table.lease(slot)) or {} for slot in SLOTS]
    queued = store.page(table.queued_withdrawal("0"), "~", 1).items
    return not queued and not any(int(str(lease.get("run", 0))) for lease in leases)


def payments_wrong(scene: Scene, paid: tuple[str, ...], failed: tuple[str, ...]) -> Iterator[object]:
    """Each has paid exactly once, or has failed and is released."""
    house, found = scene.house, scene.withdrawals()
    for name, state in (*((each, "landed") for each in paid), *((each, "failed") for each in failed)):
        if name not in found or found[name].state != state:
            yield name, state, str(found.get(name))
    for name, each in found.items():
        got = house.outside.balance(scene.to(name), house.outside.token(each.asset))
        if got != (each.units if each.state == "landed" else 0):
            yield name, each.state, each.units, got
        if house.balance(each.user, each.asset).held:
            yield name, "is held for still"
