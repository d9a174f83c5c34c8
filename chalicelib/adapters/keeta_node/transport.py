"""How is one representative asked something over HTTP, and what counts as its answer?

A body that says `error` is a refusal, any other JSON object is an answer; the HTTP status says
nothing. What was never sent is told apart from what may have been done. Only a GET is ever sent
again by itself.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import httpx

from chalicelib.adapters.keeta_node.answers import Answer
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer, NoAnswer, Unreachable
from chalicelib.settlement.refusals import Meaning

# A page of 200 staples, each of them large, is some megabytes of JSON.
ANSWER_BYTES_MAX = 64 * 2**20
READ_ATTEMPTS_MAX = 3
RETRY_PAUSE_S = 0.05

# Nothing has left this machine yet.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Patience(NamedTuple):
    """Seconds. answer: for one request with all its attempts. grace: for those who are late when
    enough others have answered."""

    connect: float = 2.0
    answer: float = 10.0
    grace: float = 0.5


PATIENCE: Final = Patience()


class Transport:
    """The API of one node below `url`. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        client: httpx.Client,
        patience: Patience = PATIENCE,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._patience = patience
        self._client = client
        self._pause = pause

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Raises KeetaNodeError. Asks again, a few times, when that may help."""
        until = time.monotonic() + self._patience.answer
        attempt = 1
        while True:
            try:
                return self._ask("GET", path, until, params=query)
            except KeetaNodeError as error:
                wait = RETRY_PAUSE_S * 2**attempt
                over = attempt == READ_ATTEMPTS_MAX or time.monotonic() + wait > until
                if over or not _may_pass(error):
                    raise
                self._pause(wait)
                attempt += 1

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Raises KeetaNodeError. Never asks twice: only the caller can tell whether that is safe."""
        return self._ask("POST", path, time.monotonic() + self._patience.answer, json=body)

    def _ask(self, method: str, path: str, until: float, **content: Any) -> Answer:
        answer = Answer(_parsed(self._body(method, path, until, content)))
        answer.raise_if_refused()
        return answer

    def _body(self, method: str, path: str, until: float, content: dict[str, Any]) -> bytes:
        timeout = httpx.Timeout(max(until - time.monotonic(), 0.001), connect=self._patience.connect)
        try:
            with self._client.stream(method, self._url + path, timeout=timeout, **content) as response:
                return _read(response, until)
        except _NOT_SENT as error:
            raise Unreachable(type(error).__name__) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise NoAnswer(type(error).__name__) from error
        except httpx.InvalidURL as error:
            raise Unreachable("not a URL") from error


def http_client() -> httpx.Client:
    """For all transports of a process; whoever makes it closes it."""
    # No proxy of the environment, no redirect, no compression: a node is asked as it was named.
    return httpx.Client(trust_env=False, headers={"accept-encoding": "identity"})


def _read(response: httpx.Response, until: float) -> bytes:
    """The whole body, unless it is too long or drips in too slowly."""
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise MalformedAnswer("an answer too long to be one")
        if time.monotonic() > until:
            raise NoAnswer("an answer that never ends")
    return bytes(body)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_refuse_constant, parse_float=_refuse_constant)
    except (ValueError, RecursionError):
        raise MalformedAnswer("an answer that is not JSON") from None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text[:20]} is not in the API")


def _may_pass(error: KeetaNodeError) -> bool:
    """Refusals about the content stay; whatever is about the moment may pass."""
    return error.meaning is Meaning.TRANSIENT or isinstance(error, NoAnswer | MalformedAnswer)
