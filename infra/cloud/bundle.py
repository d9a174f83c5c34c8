"""What is in the zip that all functions run? The same bytes whenever it is built from the same commit.

    app.py chalicelib/    ours
    networks/             who votes on each Keeta network, and where
    chalice/              the two files of the framework that it needs when it runs
    ...                   the wheels of wheels.txt

Everything is compiled: what Lambda unpacks can not be written to, so that it would compile again
at every cold start. The compiled files are bound to no time (their kind is "unchecked hash").
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import chalice.app

from infra.cloud import lock
from infra.cloud.runtime import interpreter
from infra.local.state import ROOT

BUILD = ROOT / "build" / "cloud"
NETWORKS = Path(__file__).parent / "networks"

# Lambda's own limit on what a zip unpacks to.
UNPACKED_BYTES_MAX = 250 * 1024 * 1024
# The first moment that a zip can name.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16

# Of no use in a function: what pip remembers, and programs.
_LEFT_OUT = ("*.dist-info", "bin", "__pycache__")


def build_zip(path: Path, *, build: Path = BUILD) -> str:
    """Write the zip and give its SHA-256. Raises PipFailed, NoInterpreter.

    build: where the unpacked wheels are kept for the next time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory) / "tree"
        shutil.copytree(_libraries(build), tree)
        _copy_ours(tree)
        _compile(tree)
        _write(tree, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def description(network: str) -> str:
    """Where a function finds the representatives of a Keeta network, from where Lambda starts it."""
    return f"{NETWORKS.name}/{network}.json"


def _libraries(build: Path) -> Path:
    """The wheels, unpacked; kept as long as the lock is the same."""
    digest = hashlib.sha256(lock.WHEELS.read_bytes()).hexdigest()[:16]
    place = build / f"libraries-{digest}"
    if not place.exists():
        new = build / f"new-{os.getpid()}"
        shutil.rmtree(new, ignore_errors=True)
        lock.pip_install(new, "--no-deps", "--require-hashes", "--requirement", str(lock.WHEELS))
        for unwanted in (found for pattern in _LEFT_OUT for found in list(new.rglob(pattern))):
            shutil.rmtree(unwanted)
        new.rename(place)
    return place


def _copy_ours(tree: Path) -> None:
    shutil.copy(ROOT / "app.py", tree)
    for source in sorted((ROOT / "chalicelib").rglob("*.py")):
        target = tree / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    shutil.copytree(NETWORKS, tree / NETWORKS.name)
    framework = Path(chalice.app.__file__).parent
    (tree / "chalice").mkdir()
    for name in ("__init__.py", "app.py"):
        shutil.copy(framework / name, tree / "chalice")


def _compile(tree: Path) -> None:
    """-s leaves the place of the build out of tracebacks."""
    words = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(tree), str(tree)]
    subprocess.run([interpreter(), "-I", *words], check=True)


def _write(tree: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(tree):
            entry = zipfile.ZipInfo(file.relative_to(tree).as_posix(), _LONG_AGO)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())


def _files(tree: Path) -> Iterator[Path]:
    return (file for file in sorted(tree.rglob("*")) if file.is_file())
