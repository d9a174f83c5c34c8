"""Runs stories of money once for every call in them, killing a child process right before that call.

    python -m tests.treasury.crash DYNAMODB_URL NETWORK_JSON WHICH

Reads names of stories (`stories/`), one a line; answers each with one JSON object. WHICH calls: "changes",
"2/7" for every seventh from the second on, or "~2" for two.

Calls are those of the store and those of the network, as a clean run makes them. Each run has an
exchange of its own on stores on disk; a fresh process recovers. Right before one call is right after the
one before. Between two calls that only read nothing outside changes, so "changes" tries every
state in which a death can leave the world. Requests to several representatives are under way at the same
time, so a kill finds them in whatever state they are.
"""

import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from pathlib import Path
from typing import Any

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.flows.deposits import follow
from infra.local.clients import dynamodb_client
from infra.local.keeta.controls import Controls
from infra.local.provision import create_tables
from tests.crash.zygote import share_descriptions
from tests.keeta_node.world import KTA
from tests.keeta_node.world import World as Network
from tests.treasury.calls import Calls
from tests.treasury.stories import STORIES
from tests.treasury.stories.scene import Scene
from tests.treasury.stories.story import Story
from tests.treasury.world import House

AT_ONCE = 3
# The network has a thousand exchanges here: of the staples of others a few are read, and not for ten minutes.
OVERLAP_MS = 15_000
PAGE = 25
PURSE = 10**15


class Description:
    """The part of a LocalNetwork that a House looks at."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description


class Zygote:
    """A process of its own, since it forks: the parts are imported once, and every child is fresh."""

    def __init__(self, endpoint: str, network: Path, directory: Path) -> None:
        self._endpoint = endpoint
        self._description = json.loads(network.read_text())
        self._lock = network.with_name("lock")
        self._directory = directory
        self._pid = os.getpid()

    def all_of(self, name: str, which: str) -> dict[str, Any]:
        """One story: a clean run, and one for each kill."""
        story = STORIES[name]
        with self._fees(story):
            clean = self._run(name, None)
            kills = chosen(clean["calls"] or [], which)
            runs = list(self._killed(name, kills))
        return {"story": name, "clean": clean, "runs": runs, "kills": kills}

    @contextmanager
    def _fees(self, story: Story) -> Iterator[None]:
        """Votes cost so much, and those outside have a purse to pay them from."""
        if not story.fee:
            yield
            return
        known: Any = Description(self._description)
        controls = Controls(known)
        seed = secrets.token_hex(32)
        self._description["accounts"]["purse"] = {"seed": seed, "index": 0}
        in_child(self._fill_purse, self._directory / "purse")
        controls.fee(story.fee)
        yield
        controls.reset()
        del self._description["accounts"]["purse"]

    def _fill_purse(self) -> None:
        with Network(self._description) as outside:
            outside.fund([outside.key("purse").account], PURSE, KTA)

    def _killed(self, name: str, kills: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Some runs at a time, each in a process of its own."""
        running: set[int] = set()
        answers: list[Path] = []
        for kill_at in kills:
            if len(running) == AT_ONCE:
                running.discard(os.wait()[0])
            answers.append(self._directory / f"{name}{kill_at}.json")
            running.add(forked(lambda kill_at=kill_at: self._run(name, kill_at), answers[-1]))
        while running:
            running.discard(os.wait()[0])
        for answer in answers:
            yield json.loads(answer.read_text())

    def _run(self, name: str, kill_at: int | None) -> dict[str, Any]:
        story, prefix = STORIES[name], f"{name}{self._pid}x{kill_at or 0}"
        create_tables(dynamodb_client(self._endpoint), prefix)
        (self._directory / prefix).mkdir()

        def told(scene: Scene) -> list[str]:
            calls = Calls(kill_at)
            scene.calls = calls
            calls.listen()
            story.tell(scene)
            return calls.names

        def end(part: str, work: Callable[[Scene], Any]) -> int:
            return in_child(lambda: self._in(story, prefix, work), self._answer(prefix, part))

        if end("prepared", story.prepare) != 0:
            raise RuntimeError(f"{name} can not be prepared")
        ended = end("told", told)
        killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
        wrong = [] if killed or ended == 0 else ["died when it was told"]
        if end("recovered", story.recovered) == 0:
            wrong += json.loads(self._answer(prefix, "recovered").read_text())
        else:
            wrong.append("can not recover")
        calls = json.loads(self._answer(prefix, "told").read_text()) if ended == 0 else None
        return {"kill_at": kill_at, "killed": killed, "calls": calls, "differences": wrong}

    def _answer(self, prefix: str, part: str) -> Path:
        return self._directory / prefix / part

    def _in(self, story: Story, prefix: str, work: Callable[[Scene], Any]) -> Any:
        """With a fresh process of that exchange."""
        network: Any = Description(self._description)
        with Network(self._description) as outside:
            store = DynamoStore(dynamodb_client(self._endpoint), prefix)
            house = House(network, outside, self._directory / prefix, story.free, store)
            done = work(Scene(house, prefix, self._lock))
            house.close()
        return done


def chosen(calls: list[str], which: str) -> list[int]:
    """The calls right before which to kill, counted from 1."""
    if "/" in which:
        first, stride = map(int, which.split("/"))
        return list(range(first, len(calls) + 1, stride))
    changes = [place + 2 for place, name in enumerate(calls) if changes_something(name)]
    changes = [1, *(place for place in changes if place <= len(calls))]
    if which == "changes":
        return changes
    number = int(which.removeprefix("~"))
    return [changes[len(changes) * (2 * place + 1) // (2 * number)] for place in range(number)]


def changes_something(name: str) -> bool:
    return not name.startswith(("Get", "BatchGet", "Query", "Scan", "GET "))


def in_child(work: Callable[[], Any], answer: Path) -> int:
    """Do the work in a fresh process, its answer in a file. How it ended, as os.wait tells."""
    return os.waitpid(forked(work, answer), 0)[1]


def forked(work: Callable[[], Any], answer: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        answer.write_text(json.dumps(work()))
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    endpoint, path, which = sys.argv[1:4]
    share_descriptions()
    follow.OVERLAP_MS = OVERLAP_MS
    Node.history = partialmethod(Node.history, limit=PAGE)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as name:
        zygote = Zygote(endpoint, Path(path), Path(name))
        for line in sys.stdin:
            print(json.dumps(zygote.all_of(line.strip(), which)), flush=True)


if __name__ == "__main__":
    main()
