"""What happens by chance in a run, so that the same seed always brings the same?

Every draw has a name. It does not depend on how many draws came before it; so a story from
which something was dropped still meets, everywhere else, what it met before.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    def __init__(self, seed: object) -> None:
        self._salt = f"{seed}/".encode()

    def draw(self, *name: object) -> int:
        """64 bits."""
        text = self._salt + "/".join(map(str, name)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")

    def below(self, end: int, *name: object) -> int:
        return self.draw(*name) % end

    def between(self, first: int, last: int, *name: object) -> int:
        """Both included."""
        return first + self.draw(*name) % (last - first + 1)

    def one_in(self, count: int, *name: object) -> bool:
        """True about once in `count` times; never for 0."""
        return count > 0 and self.draw(*name) % count == 0

    def pick(self, choices: Sequence[T], *name: object) -> T:
        return choices[self.draw(*name) % len(choices)]

    def weighted(self, choices: Sequence[tuple[T, int]], *name: object) -> T:
        """Choices with their weights, of which at least one is above 0."""
        left = self.draw(*name) % sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("no weight")
