"""How does somebody trade whose key the official SDK made and keeps?

The accounts live in a program of Node with the official SDK; here are only their addresses,
and a way to ask for a signature. So what the exchange accepts is what real wallets sign.
"""

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.local.keeta.process import HERE, NODE
from infra.traders.wallet import Wallet

PROGRAM: Path = HERE / "accounts.mjs"
_CHECKSUM_BYTES = 5


class SdkKey:
    """One account of the SDK's; `sign` asks the SDK."""

    def __init__(self, accounts: "SdkAccounts", number: int, algorithm: str, address: str) -> None:
        self.algorithm = f"{algorithm} of the SDK"
        text = address.removeprefix("keeta_").upper()
        ktk = base64.b32decode(text + "=" * (-len(text) % 8))[:-_CHECKSUM_BYTES]
        self.key_type, self.public = ktk[0], ktk[1:]
        self._accounts, self._number = accounts, number

    def sign(self, message: bytes) -> bytes:
        return self._accounts.sign(self._number, message)


class SdkAccounts:
    """One account of each algorithm, for as long as the program runs."""

    def __init__(self) -> None:
        command = [str(NODE), str(PROGRAM)]
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._program.communicate()

    def wallets(self) -> list[Wallet]:
        """Call it once, first."""
        made = self._answer()["accounts"]
        keys = [SdkKey(self, number, each["algorithm"], each["address"]) for number, each in enumerate(made)]
        return [Wallet(key) for key in keys]

    def sign(self, number: int, message: bytes) -> bytes:
        assert self._program.stdin is not None
        request = {"account": number, "message": base64.b64encode(message).decode()}
        self._program.stdin.write(json.dumps(request) + "\n")
        self._program.stdin.flush()
        return base64.b64decode(self._answer()["signature"])

    def _answer(self) -> Any:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        if not line:
            raise RuntimeError("the official SDK is not installed here, or failed; `make venv` installs it")
        return json.loads(line)
