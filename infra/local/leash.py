"""How does a part of the stack learn that whoever started it is gone, even by kill -9?

The starter holds the writing end of a pipe and never writes: end of file means it is dead.
A Python part calls `watch`. What is not ours runs below this file as a program:

    python leash.py COMMAND [ARGUMENT...]
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

VARIABLE = "CEX_LEASH"
GRACE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


def watch(end: Callable[[], None] | None = None) -> None:
    """From now on the end of the starter ends this process: politely, then for certain."""
    held = os.environ.get(VARIABLE)
    if held is not None:
        threading.Thread(target=_wait_and_end, args=(int(held), end or _terminate), daemon=True).start()


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _wait_and_end(held: int, end: Callable[[], None]) -> None:
    os.read(held, 1)
    end()
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def _die_with_parent() -> None:
    # Linux alone has it, and only there is there something that runs below a leash.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    below = _die_with_parent if sys.platform == "linux" else None
    # No thread runs yet.
    child = subprocess.Popen(sys.argv[1:], preexec_fn=below)  # noqa: PLW1509
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    watch(child.terminate)
    code = child.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
