"""How is a change of the book taken back?

Whoever changes something says at once how to take it back. Done last to first, every step
finds the book as it was when the step was written down.
"""

from collections.abc import Callable
from typing import Any


class Undo:
    """`steps`: what takes back each change since the mark, oldest first; None: there is no mark.

    A step is a function and its arguments. Without a mark nothing is written down.
    """

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[tuple[Callable[..., None], *tuple[Any, ...]]] | None = None

    def remember(self, take_back: Callable[..., None], *arguments: Any) -> None:
        if self.steps is not None:
            self.steps.append((take_back, *arguments))

    def mark(self) -> None:
        """Forget the changes so far, remember those to come."""
        self.steps = []

    def rollback(self) -> None:
        """Take back every change since the mark, which stays. RuntimeError if there is none."""
        if self.steps is None:
            raise RuntimeError("there is no mark to go back to")
        # Taking back changes the book, too, and is itself not written down.
        steps, self.steps = self.steps, None
        for take_back, *arguments in reversed(steps):
            take_back(*arguments)
        self.mark()
