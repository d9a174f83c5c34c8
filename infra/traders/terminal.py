"""How do the scripts tell what happens? In plain aligned text; colors and a moving bar only on a terminal."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

BAR_WIDTH = 30
_BOLD, _DIM, _GREEN, _RED = "1", "2", "32", "31"


def until_interrupted(main: Callable[[], int]) -> int:
    """The exit code; Ctrl-C is not worth a stack trace."""
    try:
        return main()
    except KeyboardInterrupt:
        return 130


class Terminal:
    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self.moves = self._out.isatty()
        self._in_bar = False

    def title(self, text: str) -> None:
        self._line("\n" + self._in(_BOLD, text))

    def say(self, text: str) -> None:
        self._line("  " + text)

    def done(self, who: str, what: str, outcome: str) -> None:
        """Something happened, and it was what had to happen."""
        self._line(f"  {self._in(_GREEN, 'ok')}  {who:<6}{what:<44}{self._in(_DIM, outcome)}".rstrip())

    def good(self, text: str) -> None:
        self._line("  " + self._in(_GREEN, text))

    def bad(self, text: str) -> None:
        self._line("  " + self._in(_RED, text))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A head that ends in a space stands over text, any other over numbers."""
        texts = [[str(cell).strip() for cell in row] for row in (heads, *rows)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        sides = ["<" if head.endswith(" ") else ">" for head in heads]
        for number, row in enumerate(texts):
            cells = zip(row, sides, widths, strict=True)
            line = "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip()
            if line:
                self._line("  " + (self._in(_DIM, line) if number == 0 else line))

    def bar(self, done: int, total: int, note: str) -> None:
        """Drawn over itself; where nothing moves, only every tenth of the way is told."""
        tenth = max(1, total // 10)
        if not self.moves and done % tenth and done != total:
            return
        filled = BAR_WIDTH * done // max(total, 1)
        text = f"  [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done}/{total}  {note}"
        self._in_bar = self.moves and done != total
        self._out.write(("\r\x1b[K" if self.moves else "") + text + ("" if self._in_bar else "\n"))
        self._out.flush()

    def _line(self, text: str) -> None:
        # What interrupts a bar begins below it.
        self._out.write("\n" * self._in_bar + text + "\n")
        self._in_bar = False
        self._out.flush()

    def _in(self, color: str, text: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.moves else text
