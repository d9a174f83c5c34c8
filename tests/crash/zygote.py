"""Runs the story once for every AWS call in it, killing a child process right before that call.

    python -m tests.crash.zygote DYNAMODB_URL SQS_URL

A process of its own, since it forks: the parts are imported once, and every child and every
recovery is a fresh process after that. Prints one JSON object.

Right before call k is the same moment as right after call k - 1: between two calls nothing
outside changes. So one kill per call, and one run to the end, are all there is to try.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.loaders import Loader

from chalicelib import listing
from chalicelib.adapters.system import SystemTimer
from chalicelib.flows import schema
from chalicelib.wiring import exchange
from infra.local import provision
from infra.local.environment import environment
from tests.crash import story

AT_ONCE = 6
# What a dead matcher had in its hands comes back after this; in the cloud it takes longer.
# Longer than a step takes on a busy machine, or else the day itself meets its own messages again.
VISIBILITY_S = "2"
MINUTE_MS = 60_000


class Calls:
    """Counts the AWS calls of this process, and may end it right before one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at

    def listen(self) -> None:
        make_api_call = BaseClient._make_api_call

        def counted(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
            self.names.append(name)
            if len(self.names) == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return make_api_call(client, name, arguments)

        BaseClient._make_api_call = counted


def share_descriptions() -> None:
    """Every session reads the descriptions of its services anew, which is most of a run's work.

    Read once before the first fork, they are the same in every process.
    """
    known: dict[tuple[str, object], Any] = {}

    def remembered(name: str) -> Callable[..., Any]:
        read = getattr(Loader, name)

        def look_up(loader: Loader, *arguments: Any, **options: Any) -> Any:
            key = (name, (arguments, tuple(options.items())))
            if key not in known:
                known[key] = read(loader, *arguments, **options)
            return known[key]

        return look_up

    for name in ("load_service_model", "load_data_with_path", "load_data"):
        setattr(Loader, name, remembered(name))


def in_child(work: Callable[[], Any], answer: Path) -> int:
    """Do the work in a fresh process, its answer in a file. How it ended, as os.wait tells."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    exchange.cache_clear()
    code = 1
    try:
        answer.write_text(json.dumps(work()))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def run(kill_at: int | None, directory: Path) -> dict[str, Any]:
    """One day, ended right before AWS call `kill_at`, and what became of it."""
    os.environ["CEX_PREFIX"] = f"crash{kill_at or 0}"
    begin_a_minute()
    set_up()

    def tell() -> list[str]:
        calls = Calls(kill_at)
        calls.listen()
        story.tell()
        return calls.names

    def repair() -> dict[str, Any]:
        story.recover()
        return story.check()

    told, checked = directory / f"told{kill_at}", directory / f"checked{kill_at}"
    ended = in_child(tell, told)
    recovered = in_child(repair, checked)
    killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
    return {
        "kill_at": kill_at,
        "killed": killed,
        "calls": json.loads(told.read_text()) if ended == 0 else None,
        **(json.loads(checked.read_text()) if recovered == 0 else {"differences": ["recovery failed"]}),
    }


def begin_a_minute() -> None:
    """The sweeper reads minute by minute: a day that went on into the next would have more calls."""
    shift_ms = MINUTE_MS - SystemTimer().now_ms() % MINUTE_MS
    now_ms = SystemTimer.now_ms
    SystemTimer.now_ms = lambda timer: now_ms(timer) + shift_ms


def set_up() -> None:
    prefix, market = os.environ["CEX_PREFIX"], listing.MARKETS[story.MARKET]
    sqs = boto3.client("sqs")
    provision.provision(boto3.client("dynamodb"), sqs, prefix, [market])
    url = sqs.get_queue_url(QueueName=schema.queue_name(prefix, market))["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": VISIBILITY_S})
    exchange.cache_clear()
    story.prepare()


def run_all(kills: Iterator[int], directory: Path) -> list[dict[str, Any]]:
    """Some runs at a time, each in a process of its own."""
    running: dict[int, Path] = {}
    answers: list[Path] = []
    for kill_at in kills:
        if len(running) == AT_ONCE:
            del running[os.wait()[0]]
        answer = directory / f"run{kill_at}"
        answers.append(answer)
        child = os.fork()
        if not child:
            code = 1
            try:
                answer.write_text(json.dumps(run(kill_at, directory)))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        running[child] = answer
    while running:
        del running[os.wait()[0]]
    return [json.loads(answer.read_text()) for answer in answers if answer.exists()]


def main() -> None:
    dynamodb, sqs = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        os.environ.update(environment(dynamodb, sqs, directory / "no-secrets-needed"))
        share_descriptions()
        clean = run(None, directory)
        kills = range(1, len(clean["calls"] or ()) + 1)
        print(json.dumps({"clean": clean, "runs": run_all(iter(kills), directory)}))


if __name__ == "__main__":
    main()
