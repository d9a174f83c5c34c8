"""Runs a money story once for every call in it, killing a child process right before that call.

    python -m tests.treasury.crash DYNAMODB_URL NETWORK_JSON FIRST STRIDE

Calls are those of the store and those of the network, as a clean run makes them. Each run has an
exchange of its own on stores on disk; a fresh process recovers. Right before one call is right after the
one before. Requests to several representatives are under way at the same time, so a kill finds them
in whatever state they are. Prints one JSON object.
"""

import fcntl
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.keeta_node.transport import Transport
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import LEASE_MS
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account, KeyType
from infra.local.clients import dynamodb_client
from infra.local.provision import create_tables
from tests.keeta_node.world import World as Network
from tests.treasury.world import House, trade

AT_ONCE = 3
ROUNDS_MAX = 12
FUNDED = 5_000_000
# What is asked for: one from what lies there, one that needs what others hold, one of another token.
PAYMENTS = {"own": ("USDT", 700_000), "funded": ("USDT", 6_500_000), "kta": ("KTA", 20_000_000_000_000_000)}


class Description:
    """The part of a LocalNetwork that a House looks at."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description


class Calls:
    """Counts calls to the outside, and may end this process right before one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at

    def count(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

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


def user(name: str) -> UserId:
    return UserId(Account(KeyType.ED25519, name.encode().ljust(32, b".")).address)


def destination(prefix: str, name: str) -> Account:
    return Account(KeyType.ED25519, f"{prefix}-{name}".encode().ljust(32, b"."))


@contextmanager
def house(prefix: str, directory: Path, endpoint: str, description: dict[str, Any]) -> Iterator[House]:
    network: Any = Description(description)
    with Network(description) as outside:
        store = DynamoStore(dynamodb_client(endpoint), prefix)
        made = House(network, outside, directory, 2, store)
        yield made
        made.close()


def prepare(made: House, lock: Path) -> None:
    """Addresses, deposits of two users, and a trade between them."""
    made.fill()
    rich, poor = user("rich"), user("poor")
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # the faucet's blocks follow each other
        for each in (rich, poor):
            made.deposit(each, "USDT", FUNDED)
        made.deposit(poor, "KTA", 10**17)
    made.follow()
    trade(made, rich, poor, "USDT", 3_000_000)


def tell(made: House, prefix: str) -> None:
    """What is killed at every call."""
    rich, poor = user("rich"), user("poor")
    for name, who in (("own", rich), ("funded", poor), ("kta", poor)):
        asset, units = PAYMENTS[name]
        made.ask(who, asset, units, destination(prefix, name), name)
    made.pay_out()
    made.follow()
    made.fill()
    made.settle()


def recover(made: House, prefix: str) -> dict[str, Any]:
    """A fresh process, when the lease of the dead one is over. What is then wrong, if anything."""
    made.clock.offset_ms = LEASE_MS + 1_000
    for name, who in (("own", user("rich")), ("funded", user("poor")), ("kta", user("poor"))):
        asset, units = PAYMENTS[name]
        made.ask(who, asset, units, destination(prefix, name), name)  # as a client does who heard nothing
    for _ in range(ROUNDS_MAX):
        made.fill()
        made.follow()
        made.settle()
        if at_rest(made):
            break
    wrong = [list(map(str, each)) for each in made.differences()]
    if not at_rest(made):
        wrong.append(["rest", "something is in flight still"])
    for name, (asset, units) in PAYMENTS.items():
        got = made.outside.balance(destination(prefix, name), made.outside.token(asset))
        if got != units:
            wrong.append(["paid", name, str(units), str(got)])
    wrong += [["alarm", str(each)] for each in made.notebook.alarms]
    if not made.reconcile().clean:
        wrong.append(["reconciliation"])
    return {"differences": wrong}


def at_rest(made: House) -> bool:
    leases = [made.store.get(table.lease(slot)) or {} for slot in ("pool", "settlement")]
    queued = made.store.page(table.queued_withdrawal("0"), "~", 1).items
    return not queued and not any(int(str(lease.get("run", 0))) for lease in leases)


def in_child(work: Callable[[], Any], answer: Path) -> int:
    """Do the work in a fresh process, its answer in a file. How it ended, as os.wait tells."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:
        answer.write_text(json.dumps(work()))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def run(kill_at: int | None, directory: Path, endpoint: str, description: dict[str, Any]) -> dict[str, Any]:
    prefix = f"m{os.getpid()}x{kill_at or 0}"
    own = directory / prefix
    own.mkdir()
    create_tables(dynamodb_client(endpoint), prefix)

    def child(work: Callable[[House], Any]) -> Callable[[], Any]:
        def inside() -> Any:
            with house(prefix, own, endpoint, description) as made:
                return work(made)

        return inside

    def told(made: House) -> list[str]:
        calls = Calls(kill_at)
        calls.listen()
        tell(made, prefix)
        return calls.names

    if in_child(child(lambda made: prepare(made, directory / "lock")), own / "prepared") != 0:
        return {"kill_at": kill_at, "killed": False, "calls": None, "differences": ["not prepared"]}
    ended = in_child(child(told), own / "told")
    recovered = in_child(child(lambda made: recover(made, prefix)), own / "recovered")
    checked = json.loads((own / "recovered").read_text()) if recovered == 0 else {"differences": ["died"]}
    return {
        "kill_at": kill_at,
        "killed": os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL,
        "calls": json.loads((own / "told").read_text()) if ended == 0 else None,
        **checked,
    }


def run_all(kills: Iterator[int], directory: Path, *where: Any) -> list[dict[str, Any]]:
    """Some runs at a time, each in a process of its own."""
    running: set[int] = set()
    answers: list[Path] = []
    for kill_at in kills:
        if len(running) == AT_ONCE:
            running.discard(os.wait()[0])
        answers.append(directory / f"run{kill_at}")
        child = os.fork()
        if not child:
            code = 1
            try:
                answers[-1].write_text(json.dumps(run(kill_at, directory, *where)))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        running.add(child)
    while running:
        running.discard(os.wait()[0])
    return [json.loads(answer.read_text()) for answer in answers if answer.exists()]


def main() -> None:
    endpoint, path = sys.argv[1], Path(sys.argv[2])
    first, stride = map(int, sys.argv[3:5])
    description = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        clean = run(None, directory, endpoint, description)
        kills = range(first, len(clean["calls"] or ()) + 1, stride)
        runs = run_all(iter(kills), directory, endpoint, description)
        print(json.dumps({"clean": clean, "runs": runs, "tried": len(kills)}))


if __name__ == "__main__":
    main()
