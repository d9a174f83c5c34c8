"""How long does the exchange hold out? As many seeds as you want.

    python -m tests.simulator [--seeds 1000] [--first 0]     run them; shrink and tell what fails
    python -m tests.simulator --tell SEED                    one story from beginning to end

`make soak SEEDS=1000` calls the first. Exit code 1 when anything differed.
"""

import argparse
import sys
import time
from collections.abc import Callable

from .run import live
from .shrink import Shrinker
from .stories import days
from .stories.story import Story
from .tally import Tally
from .telling import tell

# Of so many seeds, one tells of a sweep over hundreds of makers.
DEEP_EVERY = 20
TOLD_MAX = 3


def story_of(seed: int) -> Story:
    return days.deep(seed) if seed % DEEP_EVERY == DEEP_EVERY - 1 else days.story(seed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--tell", type=int, metavar="SEED")
    given = parser.parse_args()
    if given.tell is not None:
        run = live(story_of(given.tell))
        print(tell(run))
        tally = Tally()
        return _report(tally, tally.add(run))
    tally = soak(range(given.first, given.first + given.seeds), _progress())
    for seed in list(tally.wrong)[:TOLD_MAX]:
        explain(seed)
    return _report(tally, [f"seed {seed}: {each}" for seed, found in tally.wrong.items() for each in found])


def soak(seeds: range, progress: Callable[[Tally, int], None]) -> Tally:
    tally = Tally()
    for seed in seeds:
        tally.add(live(story_of(seed)))
        progress(tally, len(seeds))
    return tally


def explain(seed: int) -> None:
    """The least that still goes wrong, and how it goes."""
    shrinker = Shrinker(story_of(seed))
    story = shrinker.shrink()
    print(f"\nseed {seed}, after {shrinker.runs} runs: {story.size} steps, {len(story.faults or ())} faults")
    print(story.weather)
    run = live(story)
    print(tell(run))
    for difference in Tally().add(run):
        print("   ", difference)


def _report(tally: Tally, found: list[str]) -> int:
    for difference in found:
        print(difference)
    for kind, count in sorted(tally.seen.items()):
        print(f"{count:12,}  {kind}")
    print(tally)
    return 1 if found else 0


def _progress() -> Callable[[Tally, int], None]:
    began = time.monotonic()

    def progress(tally: Tally, seeds: int) -> None:
        rate = tally.seeds / (time.monotonic() - began)
        line = f"\r{tally.seeds:,} of {seeds:,} seeds, {tally.faults.total():,} faults, "
        sys.stderr.write(line + f"{len(tally.wrong)} with differences, {rate:.1f} seeds/s ")
        sys.stderr.flush()
        if tally.seeds == seeds:
            sys.stderr.write("\n")

    return progress


if __name__ == "__main__":
    sys.exit(main())
