"""Would the simulator notice, if a safeguard of the house were missing?

Every breakage must be found within few seeds, and the house as it is must pass the very
seed that found it.
"""

from collections.abc import Callable
from functools import cache

import pytest

from .breakages import BREAKAGES
from .judging.judge import differences
from .run import live
from .stories import days
from .stories.story import Story

SEEDS_MAX = 40
# Where to look first: what is rare on most days.
SEEN_AT = {
    "no_rollback_after_a_lost_race": 4,
    "nobody_watches_the_clock": 14,
    "a_volume_forgets_up_to_where_it_was_counted": 14,
    "a_snapshot_pointer_turns_without_looking": 17,
}
STORY: dict[str, Callable[[int], Story]] = {
    "a_cut_cancel_all_counts_as_done": days.leaving,
    "order_updates_have_no_condition": days.tampered,
}


@cache
def what_the_house_does(story: Callable[[int], Story], seed: int) -> list[str]:
    """As it is."""
    return differences(live(story(seed)))


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_is_noticed(name: str) -> None:
    story = STORY.get(name, days.story)
    for seed in (SEEN_AT.get(name, 0), *range(SEEDS_MAX)):
        with BREAKAGES[name]():
            found = differences(live(story(seed)))
        if found:
            break
    else:
        raise AssertionError(f"{SEEDS_MAX} seeds and nobody noticed")
    assert what_the_house_does(story, seed) == []


def test_there_are_enough_of_them() -> None:
    assert len(BREAKAGES) >= 30
