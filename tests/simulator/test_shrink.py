"""Does little remain of a story that goes wrong, and can it be read?"""

from .breakages import BREAKAGES
from .judging.judge import differences
from .run import live
from .shrink import Shrinker, kinds_of
from .stories import days
from .telling import tell

STORY = days.story(15, length=6)
STEPS_MAX = 8
FAULTS_MAX = 2


def test_a_failing_story_shrinks_to_what_is_needed_and_fails_in_the_same_way() -> None:
    with BREAKAGES["command_ids_are_forgotten"]():
        shrinker = Shrinker(STORY)
        story = shrinker.shrink()
        run = live(story)
        found = differences(run)
    assert kinds_of(found) & shrinker.kinds
    assert story.size <= STEPS_MAX < STORY.size
    assert len(story.faults or ()) <= FAULTS_MAX
    told = tell(run)
    assert "asks to place" in told
    assert "alarm" in told
    assert differences(live(story)) == []  # the house as it is


def test_a_story_that_does_not_fail_is_left_as_it_is() -> None:
    story = days.story(4, length=2)
    assert Shrinker(story).shrink()._replace(faults=None) == story
