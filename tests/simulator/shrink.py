"""What is the least of a story that still goes wrong? Steps and faults are dropped while it does.

First every fault that the seed brought is written down, so that dropping one does not
bring another. Then larger and smaller parts are left out, as in delta debugging: halves,
quarters, single ones; what is not needed for the failure is gone in the end.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .judging.judge import differences
from .run import live
from .stories.story import Program, Story

T = TypeVar("T")
RUNS_MAX = 300


class Shrinker:
    """`kinds` are the first words of what was wrong: another failure is not the one looked for."""

    def __init__(self, story: Story, runs_max: int = RUNS_MAX) -> None:
        run = live(story)
        self.kinds = kinds_of(differences(run))
        self.runs = 0
        self._runs_max = runs_max
        self._story = story._replace(faults=frozenset(run.cloud.faults.struck))

    def shrink(self) -> Story:
        """The smallest story found; the story itself if nothing is wrong with it."""
        if not self.kinds:
            return self._story
        before = None
        while before != self._story and self.runs < self._runs_max:
            before = self._story
            self._drop(self._story.programs, lambda programs: self._with(programs=tuple(programs)))
            self._drop(_steps(self._story), lambda steps: self._with(programs=_only(self._story, steps)))
            faults = sorted(self._story.faults or ())
            self._drop(faults, lambda left: self._with(faults=frozenset(left)))
            self._calm()
        return self._story

    def _drop(self, parts: Sequence[T], rebuild: Callable[[Sequence[T]], Story]) -> None:
        size = max(1, len(parts))
        while size > 0 and parts and self.runs < self._runs_max:
            at = 0
            while at < len(parts):
                left = [*parts[:at], *parts[at + size :]]
                if self._still_fails(rebuild(left)):
                    parts = left
                else:
                    at += size
            size = size // 2

    def _calm(self) -> None:
        """Weather that is not needed, one thing at a time."""
        calm: dict[str, Any] = {
            "feeds": 1,
            "skews_ms": (0,),
            "index_lag_ms": 50,
            "latency_ms": 5,
            "makers": 0,
        }
        for name, value in calm.items():
            if getattr(self._story.weather, name) != value:
                self._still_fails(self._with(weather=self._story.weather._replace(**{name: value})))

    def _with(self, **parts: Any) -> Story:
        return self._story._replace(**parts)

    def _still_fails(self, story: Story) -> bool:
        if self.runs >= self._runs_max:
            return False
        self.runs += 1
        if kinds_of(differences(live(story))) & self.kinds:
            self._story = story
            return True
        return False


def kinds_of(found: list[str]) -> set[str]:
    return {difference.partition(":")[0] for difference in found}


def _steps(story: Story) -> list[int]:
    return [step.label for program in story.programs for step in program.steps]


def _only(story: Story, labels: Sequence[int]) -> tuple[Program, ...]:
    kept = set(labels)
    programs = (
        program._replace(steps=tuple(step for step in program.steps if step.label in kept))
        for program in story.programs
    )
    return tuple(program for program in programs if program.steps)
