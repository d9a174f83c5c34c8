"""How does a test take money from the faucet of its own stack's Keeta network?"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.supervisor import Stack
from infra.traders.faucet import VARIABLE, local_wallet


@contextmanager
def paying(stack: Stack) -> Iterator[None]:
    """This process, too, finds the network where the stack's own programs do."""
    with pytest.MonkeyPatch.context() as here:
        here.setenv(VARIABLE, stack.environment[VARIABLE])
        local_wallet.cache_clear()
        yield
        if local_wallet.cache_info().currsize:
            local_wallet().close()
        local_wallet.cache_clear()
