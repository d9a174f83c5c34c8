"""How does a program pay and get paid on the local Keeta network? With a wallet of the official SDK.

    with KeetaWallet(description) as wallet:
        wallet.take(address, "USDT", 5_000_000)      # from the local network's faucet
        wallet.send(address, "USDT", 1_000_000)      # what the wallet itself has

The network's faucet and the wallet are accounts of that program; nothing of the exchange is used.
"""

import fcntl
import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.local.keeta.process import HERE, NODE

PROGRAM: Path = HERE / "wallet.mjs"


class NotPaid(Exception):
    """The network refused."""


class KeetaWallet:
    """`description` is the path of the network's `network.json`."""

    def __init__(self, description: Path) -> None:
        self._tokens = json.loads(description.read_text())["tokens"]
        self._lock = Path(tempfile.gettempdir()) / f"keeta-faucet-{description.stat().st_ino}.lock"
        command = [str(NODE), str(PROGRAM), str(description)]
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = str(self._read()["address"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._program.communicate()

    def send(self, to: str, token: str, units: int) -> str:
        """The hash of the block. Raises NotPaid."""
        return self._send("wallet", to, token, units)

    def take(self, to: str, token: str, units: int) -> str:
        """The faucet of the local network pays somebody. Raises NotPaid."""
        # One program at a time: the faucet's blocks follow each other.
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self._send("faucet", to, token, units)

    def balance(self, token: str, of: str | None = None) -> int:
        """In base units, of the wallet itself or of any account."""
        told = self._ask({"balance": {"of": of or self.address, "token": self._tokens[token]["address"]}})
        return int(told["amount"])

    def decimals(self, token: str) -> int:
        return int(self._tokens[token]["decimals"])

    def _send(self, source: str, to: str, token: str, units: int) -> str:
        request = {"from": source, "to": to, "token": self._tokens[token]["address"], "amount": str(units)}
        return str(self._ask({"send": request})["block"])

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(request) + "\n")
        self._program.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        if not line:
            raise NotPaid("the official SDK is not installed here, or failed; `make venv` installs it")
        told = json.loads(line)
        if "error" in told:
            raise NotPaid(told["error"])
        return told
