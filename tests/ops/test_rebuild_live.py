"""What does `rebuild` do to an exchange that goes on trading under its eyes?"""

import pytest

from infra import ops
from tests.flows.world import World

pytestmark = pytest.mark.usefixtures("desk")
YES = ["rebuild", "--by", "kim", "--reason", "stranded", "--yes"]


def test_it_makes_no_repair_without_the_one_that_it_follows_from(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The market makes a step between any two looks, and an order waits that no book has seen."""
    world.fund("ann", "ben")
    world.queue.lose()
    lost = world.place("ann", "sell", 1_000, 10_000)
    world.timer.advance(120_000)
    steps = iter(range(1, 1_000))

    def trades_go_on() -> None:
        world.place("ben", "buy", 100, 9_000 - next(steps))
        world.deliver()

    world.timer.meanwhile = trades_go_on
    code = ops.main(YES)
    world.timer.meanwhile = None
    capsys.readouterr()
    known = any(getattr(event, "order_id", "") == lost for entry in world.journal() for event in entry.events)
    assert known == (world.record(lost).status != "pending"), "ended in both, or in none"
    assert world.audit().differences == []
    assert code in (0, 2)
    assert ops.main(YES) in (0, 1)
    assert world.audit().differences == []
