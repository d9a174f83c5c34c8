"""How does a rival get onto this machine? Into a directory of its own, never among our packages."""

import shutil
import subprocess
import sys
from pathlib import Path

# Beside the code and ignored by git; deleting it is harmless.
HOME = Path(__file__).parents[2] / ".bench"
_TIMEOUT_S = 600


def installed(name: str, requirements: tuple[str, ...]) -> Path:
    """Where the rival lies; installs it if that was not done before. Raises RuntimeError."""
    place = HOME / name
    stamp, wanted = place / "installed", "\n".join(requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return place
    shutil.rmtree(place, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--target", str(place), *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed")
    stamp.write_text(wanted)
    return place
