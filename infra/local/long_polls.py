"""How does ministack's SQS answer at once, and forget a consumer that died?

ministack looks at a queue ten times a second while somebody polls it. Here a long poll
answers when a message arrives, a consumer can take over from a dead one, and what was in
flight when the queue server died is visible again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

# An action of ours: a new consumer takes over what a dead one had in hand.
RELEASE = "ReleaseMessages"
RECHECK_SECONDS = 0.1
_CHANGES = (
    "SendMessage",
    "SendMessageBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
)

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
    """Replaces entries of ministack's table of actions, and two of its functions."""
    handlers = sqs._HANDLERS
    handlers["ReceiveMessage"] = _receiver(handlers["ReceiveMessage"], polls)
    for action in _CHANGES:
        handlers[action] = _waking(handlers[action], polls)
    handlers[RELEASE] = _releaser(sqs, polls)
    sqs.load_persisted_state = _loader(sqs, sqs.load_persisted_state)
    sqs._prune_dedup = forget_old_ids


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
            if not polls.is_newest(queue, ticket):
                return {}

    return waiting


def _waking(action: Any, polls: LongPolls) -> Callable[[Request, str], Answer]:
    def waking(request: Request, url: str) -> Answer:
        answer: Answer = action(request, url)
        polls.wake()
        return answer

    return waking


def _releaser(sqs: Any, polls: LongPolls) -> Callable[[Request, str], Answer]:
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


def forget_old_ids(queue: dict[str, Any]) -> None:
    """Ids lie in the order in which they expire; ministack itself looks at all of them at each send."""
    ids, now = queue["dedup_cache"], time.time()
    while ids and ids[oldest := next(iter(ids))]["expire"] <= now:
        del ids[oldest]
