"""What if another matcher gets ahead of one that gives a command up?"""

import pytest

from chalicelib.errors import WriteContention

from .crossing import fills, place_crossing, rest_makers, uncut
from .faults import Crash, is_step, nth
from .world import World


def test_a_sweep_that_a_rival_cut_meanwhile_goes_first_and_nothing_is_halted(world: World) -> None:
    makers = rest_makers(world)
    taker = place_crossing(world)
    world.fund("cid")
    poison = world.place_command(world.place("cid", "sell", 100, 20_000))
    world.store.faults.crash(when=nth(2, is_step))
    with pytest.raises(Crash):
        world.run(world.place_command(taker), house=world.new_process())
    world.matcher()._steps.unsure = True
    with pytest.raises(WriteContention):
        world.matcher()._poison._give_up(poison, "a test")
    assert "market_halted" not in world.notebook.alarmed
    world.settle()
    assert fills(world) == uncut(makers, taker)
