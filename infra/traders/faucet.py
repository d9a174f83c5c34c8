"""How does a trader on this machine get money? From the faucet of the local Keeta network, by a deposit.

Coins move on that network, to the address that the exchange has told the trader. The exchange
itself has no faucet: it finds them there as it finds any deposit.
"""

import os
import time
from decimal import Decimal
from functools import cache
from pathlib import Path

from infra.local.state import default_state
from infra.traders.keeta_wallet import KeetaWallet

VARIABLE = "CEX_KEETA_DESCRIPTION"
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1


class NoNetwork(Exception):
    """No Keeta network runs here."""


def units(wallet: KeetaWallet, token: str, amount: Decimal) -> int:
    return int(amount * 10 ** wallet.decimals(token))


def description() -> Path:
    """Of the network that the environment names, or that runs with the exchange of this checkout."""
    told = os.environ.get(VARIABLE) or _described()
    if not told or not Path(told).exists():
        raise NoNetwork("no local Keeta network: its npm packages are not installed (`make venv`)")
    return Path(told)


@cache
def local_wallet() -> KeetaWallet:
    """One program for this process; it ends with it."""
    return KeetaWallet(description())


def wait_until_it_is(seconds: float = PATIENCE_SECONDS) -> "Patience":
    return Patience(time.monotonic() + seconds)


class Patience:
    def __init__(self, until: float) -> None:
        self._until = until

    def left(self) -> bool:
        """Waits a moment. Whether there is time left."""
        time.sleep(PAUSE_SECONDS)
        return time.monotonic() < self._until


def _described() -> str:
    environment: dict[str, str] = (default_state().described() or {}).get("environment", {})
    return environment.get(VARIABLE, "")
