"""How do the parts start together, stay up and end together?

    with Stack(State(directory), any_free) as stack:
        httpx.get(stack.url + "/health")

A part that dies is started again, a few times. All of them end with this process, however
it ends.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from chalicelib import listing
from infra.local import environment, leftovers, parts
from infra.local.child import Child, DidNotStart, Leash
from infra.local.clients import dynamodb_client, sqs_client
from infra.local.parts import Part
from infra.local.ports import Ports
from infra.local.provision import provision
from infra.local.state import ROOT, State

log = logging.getLogger("stack")

WATCH_SECONDS = 0.2
RESTARTS_MAX = 5
# Parts that keep tables or queues.
STORES = ("dynamodb", "queues")
RESTARTS_WITHIN_SECONDS = 60.0


class AlreadyRunning(Exception):
    """Another process runs a stack on this state."""


class Stack:
    """One running exchange. `gave_up` is set when a part could not be kept alive.

    `has_keeta`: with the local Keeta network, where its npm packages are installed.
    """

    def __init__(self, state: State, choose: Callable[[], Ports], project: Path = ROOT) -> None:
        self.state = state
        self.has_keeta = parts.has_keeta()
        self.gave_up = threading.Event()
        self.failure = ""
        self._choose = choose
        self._project = project
        self._children: dict[str, Child] = {}
        self._restarts: deque[float] = deque(maxlen=RESTARTS_MAX)
        self._changing = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> "Stack":
        """Raises AlreadyRunning, DidNotStart, OldState."""
        if not self.state.hold():
            raise AlreadyRunning(str(self.state.root))
        self._leash = Leash()
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        self._watcher = threading.Thread(target=self._watch, name="supervisor")
        self._watcher.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()
        self._stop()

    def process_environment(self) -> dict[str, str]:
        """For a command that works with this exchange."""
        return environment.process_environment(self.environment, self._project)

    def pid(self, part: str) -> int:
        return self._children[part].pid

    def kill(self, part: str) -> None:
        """`kill -9`; the part is started again soon."""
        self._children[part].kill()

    def kill_all(self) -> None:
        """As if this process had died: no part stops in an orderly way. Leave the context afterwards."""
        with self._changing:
            self._ended.set()
            for child in self._children.values():
                child.kill()

    def wait_until_ready(self) -> None:
        with self._changing:
            pass  # a part that was just restarted may not have its tables yet
        for child in list(self._children.values()):
            child.wait_until_ready()

    def _start(self) -> None:
        self.state.prepare()
        leftovers.end(self.state)
        self._settle(self._choose())
        stores = parts.stores(self.state, self.ports)
        for part in stores:
            self._launch(part)
        if self.has_keeta:
            self._launch(parts.keeta(self.ports.keeta, self.state))
        # It spends a second on imports; it needs the tables later.
        self._launch(parts.api(self.ports, self._project, self.state))
        for part in stores:
            self._children[part.name].wait_until_ready()
        self._provision()
        self._launch(parts.pump(self.ports, self.state))
        self.wait_until_ready()
        self._describe()

    def _settle(self, ports: Ports) -> None:
        self.ports = ports
        self.url = ports.url(ports.api)
        self.dynamodb = ports.url(ports.dynamodb)
        self.sqs = ports.url(ports.sqs)
        self.keeta = parts.keeta_nodes(ports.keeta) if self.has_keeta else []
        self.environment = environment.environment(
            self.dynamodb, self.sqs, self.state.secrets, self.keeta, self.state.keeta / "network.json"
        )

    def _launch(self, part: Part) -> None:
        child = Child(part, self.state.log(part.name), self.process_environment(), self._leash, self._project)
        child.start()
        self._children[part.name] = child
        self._describe()

    def _describe(self) -> None:
        self.state.describe(self.description())

    def description(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "endpoints": {"dynamodb": self.dynamodb, "sqs": self.sqs, "keeta": self.keeta},
            "supervisor": os.getpid(),
            "pids": {name: child.pid for name, child in self._children.items()},
            "environment": self.environment,
        }

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            for child in self._children.values():
                if child.died() and not self._restart(child):
                    return

    def _restart(self, child: Child) -> bool:
        with self._changing:
            if self._ended.is_set():
                return False
            if self._restarted_too_often():
                self.failure = f"{child.part.name} keeps dying; see {self.state.log(child.part.name)}"
                self.gave_up.set()
                return False
            child.start()
            self._describe()
            if child.part.name in STORES:
                self._provision_again(child)
        return True

    def _provision_again(self, child: Child) -> None:
        """A store that was killed right after it was made may have forgotten its tables or queues."""
        try:
            child.wait_until_ready()
            self._provision()
        except Exception as fault:
            # It is watched like before: what dies again is started again.
            log.warning("%s came back without its tables or queues: %r", child.part.name, fault)

    def _provision(self) -> None:
        markets = listing.markets(local=True).values()
        provision(dynamodb_client(self.dynamodb), sqs_client(self.sqs), environment.PREFIX, markets)

    def _restarted_too_often(self) -> bool:
        now = time.monotonic()
        full = len(self._restarts) == RESTARTS_MAX
        if full and now - self._restarts[0] < RESTARTS_WITHIN_SECONDS:
            return True
        self._restarts.append(now)
        return False

    def _stop(self) -> None:
        """Those who write before those who keep."""
        for names in (("api", "pump"), ("queues", "dynamodb", "keeta")):
            ending = [self._children[name] for name in names if name in self._children]
            for child in ending:
                child.ask_to_stop()
            for child in ending:
                child.wait_until_stopped()
        self.state.description.unlink(missing_ok=True)
        self._leash.let_go()
        self.state.release()


__all__ = ["AlreadyRunning", "DidNotStart", "Stack"]
