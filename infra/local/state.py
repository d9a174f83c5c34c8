"""Where does a local exchange keep what must survive, and who may use it now?

    .local/  lock          held by the one process that runs the stack
             stack.json    while it runs: addresses, process ids, environment
             secrets.json, owner.json, operator.json
                           made on the first start, readable by their owner only
             data/         databases, the Keeta network, and logs

In a checkout `data` is a link to a place outside of it, since `chalice local` restarts at
every change of a file below the project.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "CEX_STATE"


class State:
    """One directory. `forget` and `hold` are for the process that runs the stack."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.description = root / "stack.json"
        self.secrets = root / "secrets.json"
        self.owner = root / "owner.json"
        self.operator = root / "operator.json"
        self.data = root / "data"
        self.database = self.data / "dynamodb.sqlite"
        self.queues = self.data / "queues"
        self.keeta = self.data / "keeta"
        self.logs = self.data / "logs"
        self._lock_file = root / "lock"
        self._lock: IO[str] | None = None

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def mark(self, part: str) -> Path:
        """A file that says the part is ready; it holds the part's process id."""
        return self.data / f"{part}.ready"

    def hold(self) -> bool:
        """Whether nobody else runs a stack here. The lock ends with the process, however it ends."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = self._lock_file.open("a")  # does not touch it: `chalice local` watches
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def prepare(self) -> None:
        _make_data(self.root, self.data)
        self.queues.mkdir(exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        if not self.secrets.exists():
            _write(self.secrets, new_secrets())
        for key in (self.owner, self.operator):
            if not key.exists():
                _write(key, new_key())

    def describe(self, description: dict[str, Any]) -> None:
        _write(self.description, description)

    def described(self) -> dict[str, Any] | None:
        """What runs here, or ran here when it was killed. None: nothing does."""
        try:
            found: dict[str, Any] = json.loads(self.description.read_text())
        except FileNotFoundError:
            return None
        return found

    def forget(self) -> None:
        """Only a directory that a stack has used goes; a wrong path costs nothing."""
        if not self._lock_file.exists():
            return
        if self.data.is_symlink():
            shutil.rmtree(self.data.resolve(), ignore_errors=True)
        shutil.rmtree(self.root)


def default_state() -> State:
    return State(Path(os.environ.get(VARIABLE) or ROOT / ".local").absolute())


def new_secrets() -> dict[str, Any]:
    key_id = secrets.token_hex(4)
    return {"jwt": {"current": key_id, "keys": {key_id: secrets.token_hex(32)}}}


def new_key() -> dict[str, Any]:
    """Of a Keeta account, as adapters/custody_keys reads it."""
    return {"type": "ED25519", "seed": secrets.token_hex(32)}


def _make_data(root: Path, data: Path) -> None:
    place = _place(root)
    if place is None or (data.exists() and not data.is_symlink()):
        data.mkdir(exist_ok=True)
    elif not (data.is_symlink() and data.readlink() == place):
        # No link, or that of the checkout this one was copied from: nothing is remembered.
        shutil.rmtree(place)
        place.mkdir()
        data.unlink(missing_ok=True)
        data.symlink_to(place)


def _place(root: Path) -> Path | None:
    """Where the data of a checkout lies. None: in the state directory itself."""
    if not root.is_relative_to(ROOT):
        return None
    try:
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        place = home / "keeta-cex" / hashlib.sha256(str(root).encode()).hexdigest()[:12]
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or none to write to
        return None
    return place


def _write(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, and never readable by others."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
    Path(name).replace(path)
