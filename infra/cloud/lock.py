"""Which wheels travel to Lambda, byte for byte?

requirements.txt names what we ask for; `wheels.txt` names everything that comes with it, each with
its digest, for Lambda's Python and platform. pip installs nothing else. `python -m infra.cloud lock`
writes it anew after a change of requirements.txt; a test says when that was forgotten.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.cloud.runtime import ABIS, PLATFORM, PYTHON
from infra.local.state import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
WHEELS = Path(__file__).with_name("wheels.txt")

# The Lambda runtime has its own boto3, so ours would only make the zip heavier.
PROVIDED = {"boto3"}

_HEADER = "# Written by `python -m infra.cloud lock`: what travels to Lambda (Python {python}, {platform}).\n"


class PipFailed(Exception):
    """pip says why on standard error."""


def wanted() -> dict[str, str]:
    """Version by name, as requirements.txt asks for."""
    return {name: version for name, version in _pins(REQUIREMENTS).items() if name not in PROVIDED}


def locked() -> dict[str, str]:
    return _pins(WHEELS)


def write_lock() -> None:
    """Raises PipFailed."""
    pins = [f"{name}=={version}" for name, version in wanted().items()]
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        pip_install(Path(directory), "--dry-run", "--report", str(report), *pins)
        found = json.loads(report.read_text())["install"]
    lines = sorted(_line(each) for each in found)
    WHEELS.write_text(_HEADER.format(python=PYTHON, platform=PLATFORM) + "".join(lines))


def pip_install(target: Path, *arguments: str) -> None:
    """Wheels for Lambda, whatever this machine is. Raises PipFailed."""
    abis = [word for abi in ABIS for word in ("--abi", abi)]
    platform = ["--platform", PLATFORM, "--python-version", PYTHON, "--implementation", "cp", *abis]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    words = [*command, "--only-binary=:all:", "--target", str(target), *platform, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipFailed(done.stderr.strip()[-2000:])


def _line(found: dict[str, object]) -> str:
    metadata, download = found["metadata"], found["download_info"]
    assert isinstance(metadata, dict)
    assert isinstance(download, dict)
    digest = download["archive_info"]["hashes"]["sha256"]
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return f"{name}=={metadata['version']} --hash=sha256:{digest}\n"


def _pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", file.read_text(), re.MULTILINE))
