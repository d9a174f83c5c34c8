"""How does ministack become a queue service that survives kill -9 and answers at once?

    python -m infra.local.queue_server --state DIRECTORY --port N [--port N]

ministack alone saves its state when it is stopped, and looks at a queue ten times a
second while somebody polls it. Here it saves about every second after a change, and a
long poll answers when a message arrives. What was in flight when it died is visible again.

This file uses names that ministack keeps to itself: its version is pinned.
"""

import argparse
import asyncio
import decimal
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from infra.local import leash
from infra.local.ports import HOST

SAVE_SECONDS = 1.0
# Saving never takes more than this share of the time, however much there is to save.
SAVE_SHARE = 0.05
RECHECK_SECONDS = 0.1
RELEASE = "ReleaseMessages"
_CHANGES = ("SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch")
_VISIBILITY = ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch")

Request = dict[str, Any]
Answer = dict[str, Any]


class LongPolls:
    """Receivers that wait, each on one queue; the newest receiver of a queue is the living one."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._newest: dict[str, object] = {}

    def wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def supersede(self, queue: str) -> object:
        """Those who wait on this queue go away empty: their process may be dead."""
        ticket = self._newest[queue] = object()
        self.wake()
        return ticket

    def is_newest(self, queue: str, ticket: object) -> bool:
        return self._newest.get(queue) is ticket

    def end(self) -> None:
        """Everybody who waits gets his empty answer."""
        self._newest.clear()
        self.wake()

    async def wait(self, seconds: float) -> None:
        try:
            # A message that becomes visible again does not announce itself.
            await asyncio.wait_for(self._changed.wait(), min(seconds, RECHECK_SECONDS))
        except TimeoutError:
            return


def improve_queues(sqs: Any, polls: LongPolls) -> None:
    """Replaces entries of ministack's table of actions."""
    handlers = sqs._HANDLERS
    handlers["ReceiveMessage"] = _receiver(handlers["ReceiveMessage"], polls)
    for action in _CHANGES + _VISIBILITY:
        handlers[action] = _waking(handlers[action], polls)
    handlers[RELEASE] = _releaser(sqs, polls)
    sqs.load_persisted_state = _loader(sqs, sqs.load_persisted_state)


def _receiver(receive: Any, polls: LongPolls) -> Callable[[Request, str], Awaitable[Answer]]:
    async def waiting(request: Request, url: str) -> Answer:
        queue = request.get("QueueUrl", url).rsplit("/", 1)[-1]
        ticket = polls.supersede(queue)
        until = time.monotonic() + float(request.get("WaitTimeSeconds") or 0)
        while True:
            answer: Answer = await receive({**request, "WaitTimeSeconds": 0}, url)
            left = until - time.monotonic()
            if answer or left <= 0 or not polls.is_newest(queue, ticket):
                return answer
            await polls.wait(left)

    return waiting


def _waking(action: Any, polls: LongPolls) -> Callable[[Request, str], Answer]:
    def waking(request: Request, url: str) -> Answer:
        answer: Answer = action(request, url)
        polls.wake()
        return answer

    return waking


def _releaser(sqs: Any, polls: LongPolls) -> Callable[[Request, str], Answer]:
    """Not an action of AWS: a new consumer takes over what a dead one had in hand."""

    def release(request: Request, url: str) -> Answer:
        queue = sqs._get_q(request.get("QueueUrl", url))
        make_visible(queue)
        polls.supersede(queue["name"])
        return {}

    return release


def _loader(sqs: Any, load: Callable[[Any], None]) -> Callable[[Any], None]:
    def loading(data: Any) -> None:
        load(data)
        # Who had them in hand may have died too, and what he has finished since is not in the data.
        for _, queue in sqs._queues.all_items():
            make_visible(queue)

    return loading


def make_visible(queue: dict[str, Any]) -> None:
    """Messages in flight go back to their place; no message here was ever sent with a delay."""
    now = time.time()
    for message in queue["messages"]:
        message["visible_at"] = min(message["visible_at"], now)


class Saver:
    """Writes every service's state after a change, seldom enough not to slow the service."""

    def __init__(self, service: Any) -> None:
        self._service = service
        self._changed = False
        self._saving = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The service, seen from outside: every POST may have changed something."""
        await self._service.app(scope, receive, send)
        self._changed = self._changed or scope.get("method") == "POST"

    async def save_for_ever(self) -> None:
        spent = 0.0
        while True:
            await asyncio.sleep(max(SAVE_SECONDS, spent / SAVE_SHARE))
            if self._changed:
                began = time.monotonic()
                async with self._saving:
                    await self._save()
                spent = time.monotonic() - began

    async def finish(self) -> None:
        """Nothing is written after this; the service itself saves once more as it ends."""
        await self._saving.acquire()

    async def _save(self) -> None:
        self._changed = False
        try:
            # One moment for all services, since nothing else runs between the copies.
            states = {name: get() for name, get in self._service._build_persistence_save_dict().items()}
        except RuntimeError:  # a service was writing in a thread of its own: the next time, then
            self._changed = True
            return
        copies = {name: partial(_same, state) for name, state in states.items()}
        await asyncio.to_thread(self._service.save_all, copies)


def _same(state: Any) -> Any:
    return state


async def serve(ports: list[int]) -> None:
    from hypercorn.asyncio import serve as listen  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack import app as service  # noqa: PLC0415
    from ministack.services import sqs  # noqa: PLC0415

    config = Config()
    config.bind = [f"{HOST}:{port}" for port in ports]
    config.loglevel = "WARNING"
    config.graceful_timeout = 0.2
    config.keep_alive_timeout = 3600
    saver, polls, stop = Saver(service), LongPolls(), asyncio.Event()
    improve_queues(sqs, polls)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    saving = asyncio.create_task(saver.save_for_ever())

    async def stopped() -> None:
        await stop.wait()
        polls.end()
        await saver.finish()

    await listen(saver, config, shutdown_trigger=stopped)
    saving.cancel()


def configure(state: Path) -> None:
    """Before ministack is imported: it reads its environment then."""
    # 38 digits as DynamoDB has them, for every thread that starts later.
    decimal.DefaultContext.prec = 38
    decimal.getcontext().prec = 38
    os.environ.update(
        PERSIST_STATE="1",
        STATE_DIR=str(state),
        LOG_LEVEL="WARNING",
        # Queue urls are stored with this port and answered with the one in use.
        GATEWAY_PORT="4566",
        # It opens more ports, and removes containers that look like its own, unless told.
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        DOCKER_HOST="unix:///dev/null/none",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, action="append", required=True)
    given = parser.parse_args()
    configure(given.state)
    leash.watch()
    asyncio.run(serve(given.port))


if __name__ == "__main__":
    main()
