"""Which Python runs the functions? The one place that says so; who builds may have another.

3.11 is the version that every test runs under. AWS supports it until the middle of 2027; to move on,
change it here, run `python -m infra.cloud lock`, and test with that Python.
"""

import shutil
import subprocess
import sys

PYTHON = "3.11"
ARCHITECTURE = "x86_64"
# Amazon Linux 2, on which Lambda runs Python 3.11, has glibc 2.26; these wheels need 2.17.
PLATFORM = "manylinux2014_x86_64"
ABIS = ("cp" + PYTHON.replace(".", ""), "abi3", "none")

LAMBDA = f"python{PYTHON}"


class NoInterpreter(Exception):
    """This machine has not the Python that the functions run on."""


def interpreter() -> str:
    """A Python of that version, to byte-compile with. Raises NoInterpreter."""
    for candidate in (sys.executable, shutil.which(LAMBDA)):
        if candidate and _version(candidate) == PYTHON:
            return candidate
    raise NoInterpreter(
        f"{LAMBDA} is needed to compile what Lambda will run; install it, or put it on the PATH"
    )


def _version(python: str) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()
