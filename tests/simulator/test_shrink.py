"""Does little remain of a story that goes wrong, and can it be read?"""

from .breakages import BREAKAGES
from .judging.judge import differences
from .run import live
from .shrink import Shrinker, kinds_of
from .stories import days
from .stories.story import Story
from .telling import tell

LENGTH, SEEDS_MAX, LASTS_MS_MAX = 6, 40, 5 * 60_000
STEPS_MAX = 8
FAULTS_MAX = 2


def failing() -> Story:
    """The first short one in which somebody sounds an alarm."""
    stories = (days.story(seed, LENGTH) for seed in range(SEEDS_MAX))
    short = (story for story in stories if _lasts_ms(story) < LASTS_MS_MAX)
    return next(story for story in short if "alarm" in kinds_of(differences(live(story))))


def _lasts_ms(story: Story) -> int:
    return max(step.at_ms for program in story.programs for step in program.steps)


def test_a_failing_story_shrinks_to_what_is_needed_and_fails_in_the_same_way() -> None:
    with BREAKAGES["command_ids_are_forgotten"]():
        longer = failing()
        shrinker = Shrinker(longer)
        story = shrinker.shrink()
        run = live(story)
        found = differences(run)
    assert kinds_of(found) & shrinker.kinds
    assert story.size <= STEPS_MAX < longer.size
    assert len(story.faults or ()) <= FAULTS_MAX
    told = tell(run)
    assert "KTA/USDT entry" in told
    assert all(program.name in told for program in story.programs)
    assert ("alarm" in told) == ("alarm" in kinds_of(found))
    assert differences(live(story)) == []  # the house as it is


def test_a_story_that_does_not_fail_is_left_as_it_is() -> None:
    story = days.story(4, length=2)
    assert Shrinker(story).shrink()._replace(faults=None) == story
