"""Which calls to the outside does this process make, and right before which of them does it die?"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient

from chalicelib.adapters.keeta_node.transport import Transport


class Calls:
    """Counts those of the store and of the network, and may end this process."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at
        self._are_ours = True

    def count(self, name: str) -> None:
        if not self._are_ours:
            return
        self.names.append(name)
        if len(self.names) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def of_others(self) -> Iterator[None]:
        """What is asked meanwhile is not asked by us."""
        self._are_ours = False
        yield
        self._are_ours = True

    def listen(self) -> None:
        make_api_call, ask = BaseClient._make_api_call, Transport._ask

        def stored(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
            self.count(name)
            return make_api_call(client, name, arguments)

        def asked(transport: Transport, method: str, path: str, until: float, **content: Any) -> Any:
            self.count(f"{method} {path.split('/')[1]}")
            return ask(transport, method, path, until, **content)

        BaseClient._make_api_call = stored
        Transport._ask = asked
