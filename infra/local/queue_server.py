"""How does ministack become a queue service that survives kill -9?

    python -m infra.local.queue_server --state DIRECTORY --port N [--port N]

ministack alone saves its state when it is stopped; here it does about every second after a
change. This file and `long_polls.py` use names that ministack keeps to itself: its version
is pinned.
"""

import argparse
import asyncio
import decimal
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from infra.local import leash
from infra.local.long_polls import LongPolls, improve_queues
from infra.local.ports import HOST

SAVE_SECONDS = 1.0
# Saving never takes more than this share of the time, however much there is to save.
SAVE_SHARE = 0.05


class Saver:
    """Writes every service's state after a change, seldom enough not to slow the service."""

    def __init__(self, service: Any, sqs: Any, directory: Path) -> None:
        self._service = service
        self._sqs = sqs
        self._directory = directory
        self._saved: dict[str, str] = {}
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
            # One moment for all services, since no other request runs meanwhile.
            texts = {name: _text(name, state) for name, state in self._states().items()}
        except RuntimeError:  # a service was writing in a thread of its own: the next time, then
            self._changed = True
            return
        news = {name: text for name, text in texts.items() if self._saved.get(name) != text}
        await asyncio.to_thread(self._write, news)
        self._saved.update(news)

    def _states(self) -> dict[str, Any]:
        getters = dict(self._service._build_persistence_save_dict())
        # Its own getter copies five minutes of deduplication ids first, and everybody waits.
        getters.pop("sqs", None)
        queues = {"queues": self._sqs._queues, "queue_name_to_url": self._sqs._queue_name_to_url}
        return {"sqs": queues} | {name: get() for name, get in getters.items()}

    def _write(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            whole = self._directory / f"{name}.json.new"
            whole.write_text(text)
            whole.replace(self._directory / f"{name}.json")


def _text(service: str, state: Any) -> str:
    """As ministack writes and reads it."""
    from ministack.core import persistence  # noqa: PLC0415

    version = persistence._state_format_version(service)
    return json.dumps({"__ministack_format__": version, "payload": state}, default=persistence._json_default)


async def serve(directory: Path, ports: list[int]) -> None:
    from hypercorn.asyncio import serve as listen  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack import app as service  # noqa: PLC0415
    from ministack.services import sqs  # noqa: PLC0415

    config = Config()
    config.bind = [f"{HOST}:{port}" for port in ports]
    config.loglevel = "WARNING"
    config.graceful_timeout = 0.2
    config.keep_alive_timeout = 3600
    saver, polls, stop = Saver(service, sqs, directory), LongPolls(), asyncio.Event()
    improve_queues(sqs, polls)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    saving = asyncio.create_task(saver.save_for_ever())

    async def stopped() -> None:
        await stop.wait()
        polls.end()
        await saver.finish()

    await listen(saver, config, shutdown_trigger=stopped)
    saving.cancel()


def configure(directory: Path) -> None:
    """Before ministack is imported: it reads its environment then."""
    directory.mkdir(parents=True, exist_ok=True)
    # 38 digits as DynamoDB has them, for every thread that starts later.
    decimal.DefaultContext.prec = 38
    decimal.getcontext().prec = 38
    os.environ.update(
        PERSIST_STATE="1",
        STATE_DIR=str(directory),
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
    asyncio.run(serve(given.state, given.port))


if __name__ == "__main__":
    main()
