"""In which format are books stored, and what if one is stored in another?

Journal and snapshot change together. Nothing reads an older format: a market that has one
keeps its messages until somebody runs the version that wrote it.
"""

from typing import Any

from chalicelib.errors import BookCorrupt

# Another number whenever what is stored means something else than before.
FORMAT = 3


def require_format(found: Any, what: str) -> None:
    """Raises BookCorrupt, with a detail that says what to do."""
    if found != FORMAT:
        raise BookCorrupt(
            f"{what} is stored in format {found or 1}, and this version reads only {FORMAT}; "
            "on a developer's machine `make clean` starts anew"
        )
