"""Where do the lines go? To the standard output of this moment, each in one piece."""

import sys


class Stdout:
    """A stream that looks for standard output only when something is written.

    One write for a line: threads of a local server share it, and what they write must not mix.
    """

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()
