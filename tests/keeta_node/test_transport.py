"""What counts as an answer, what is asked again, and how are failures told apart?"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from chalicelib.adapters.keeta_node import Patience, Transport, http_client
from chalicelib.adapters.keeta_node import transport as module
from chalicelib.adapters.keeta_node.answers import Answer
from chalicelib.settlement.errors import (
    KeetaNodeError,
    MalformedAnswer,
    NoAnswer,
    NotEnough,
    Refused,
    TooDear,
    Unreachable,
)
from chalicelib.settlement.refusals import Meaning
from tests.keeta_node.stub import answering, serving

Handle = Callable[[httpx.Request], httpx.Response]


def mocked(handle: Handle) -> tuple[Transport, list[float]]:
    """A transport to a function, and how long it paused."""
    pauses: list[float] = []
    client = httpx.Client(transport=httpx.MockTransport(handle))
    return Transport("http://node/api/", client, pause=pauses.append), pauses


def saying(status: int, body: object) -> Handle:
    return lambda _: answering(json.dumps(body).encode(), status)


def raising(*errors: type[Exception]) -> Handle:
    """These, one after the other; then an answer."""
    coming = iter(errors)

    def handle(_: httpx.Request) -> httpx.Response:
        error = next(coming, None)
        if error is not None:
            raise error("as asked")
        return answering(b'{"node": "1"}')

    return handle


def every(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from every(child)


SPECIAL = (httpx.HTTPStatusError,)  # only `raise_for_status` raises it, and nobody calls that
LEAVES = sorted(
    {kind for kind in every(httpx.HTTPError) if not kind.__subclasses__()} - set(SPECIAL),
    key=lambda kind: kind.__name__,
)
NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"}


@pytest.mark.parametrize("kind", LEAVES)
def test_every_failure_of_http_has_a_name_of_ours(kind: type[Exception]) -> None:
    transport, _ = mocked(raising(kind))
    with pytest.raises(KeetaNodeError) as failed:
        transport.post("/vote", {})
    wanted = Unreachable if kind.__name__ in NOT_SENT else NoAnswer
    assert type(failed.value) is wanted


def test_a_read_is_tried_three_times_and_no_more() -> None:
    transport, pauses = mocked(raising(httpx.ReadError, httpx.ConnectError))
    assert transport.get("/node/version")["node"].text() == "1"
    assert len(pauses) == 2
    transport, pauses = mocked(raising(httpx.ReadError, httpx.ReadError, httpx.ReadError))
    with pytest.raises(NoAnswer):
        transport.get("/node/version")
    assert len(pauses) == 2


def test_a_vote_and_a_publish_are_sent_once() -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.method} {request.url}")
        raise httpx.ReadError("lost")

    transport, pauses = mocked(handle)
    for path in ("/vote", "/node/publish"):
        with pytest.raises(NoAnswer):
            transport.post(path, {})
    assert seen == ["POST http://node/api/vote", "POST http://node/api/node/publish"]
    assert pauses == []


def test_a_refusal_for_good_is_not_asked_again_and_one_of_the_moment_is() -> None:
    transport, pauses = mocked(saying(200, {"error": True, "code": "API_INVALID_SIDE", "message": "no"}))
    with pytest.raises(Refused):
        transport.get("/x")
    assert pauses == []
    busy = {"error": True, "code": "LEDGER_TRANSACTION_ABORTED", "shouldRetry": True, "message": "busy"}
    transport, pauses = mocked(saying(400, busy))
    with pytest.raises(Refused) as refused:
        transport.get("/x")
    assert refused.value.meaning is Meaning.TRANSIENT
    assert len(pauses) == 2


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500, 503])
def test_the_status_says_nothing_and_the_body_all(status: int) -> None:
    transport, _ = mocked(saying(status, {"publish": True}))
    assert transport.post("/x", {})["publish"].flag()
    transport, _ = mocked(saying(status, {"error": True, "code": "LEDGER_OTHER", "message": "m"}))
    with pytest.raises(Refused) as refused:
        transport.post("/x", {})
    assert refused.value.code == "LEDGER_OTHER"
    transport, _ = mocked(saying(status, {"message": "Service unavailable"}))
    with pytest.raises(MalformedAnswer):
        transport.post("/x", {})["publish"].flag()


def test_a_refusal_carries_what_helps_and_nothing_that_hurts() -> None:
    said = {
        "error": True,
        "code": "LEDGER_IDEMPOTENT_KEY_EXISTS",
        "message": "bad\n\x1b[31m\ud800" + "x" * 1000,
        "retryDelay": "0x3E8",
        "existingBlockhash": "AB" * 32,
    }
    with pytest.raises(Refused) as refused:
        Answer(said).raise_if_refused()
    assert refused.value.existing == bytes.fromhex("AB" * 32)
    assert refused.value.retry_delay_ms == 1000
    assert refused.value.detail.isascii()
    assert len(refused.value.detail) < 400
    for odd in ({"code": 5}, {"code": "x y"}, {"retryDelay": -5}, {"existingBlockhash": "short"}):
        with pytest.raises(Refused) as refused:
            Answer({"error": "nothing to say", **odd}).raise_if_refused()
        assert (refused.value.code, refused.value.retry_delay_ms) == ("uncoded", 0)
        assert refused.value.existing is None
        assert refused.value.detail == "nothing to say"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1.5}', b'{"a": 1e999}', b"1" * 9999],
    ids=lambda body: body[:8],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    transport, _ = mocked(lambda _: answering(body))
    with pytest.raises(MalformedAnswer):
        transport.post("/x", {})


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 1_000)
    transport, _ = mocked(lambda _: answering(b" " * 1_001))
    with pytest.raises(MalformedAnswer, match="too long"):
        transport.post("/x", {})


def test_an_answer_that_drips_is_not_waited_for() -> None:
    with dripping() as url:
        client = http_client()
        transport = Transport(url, client, Patience(connect=1, answer=0.3))
        with pytest.raises(NoAnswer):
            transport.post("/x", {})
        client.close()


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends a byte now and then until its client goes away."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while not done.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    done = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        thread.join()
        listener.close()


def test_nobody_listening_is_unreachable_and_no_url_too() -> None:
    client = http_client()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "ftp://node", "http://[::1", "http://127.0.0.1:99999"):
        with pytest.raises(Unreachable):
            Transport(url, client).post("/x", {})
    client.close()


def test_no_redirect_is_followed_and_no_compression_asked_for() -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return answering(b"", 302, {"location": "http://elsewhere"})

    client = http_client()
    headers = client.headers
    client.close()
    assert headers["accept-encoding"] == "identity"
    transport, _ = mocked(handle)
    with pytest.raises(MalformedAnswer):
        transport.post("/x", {})
    assert len(seen) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    client = http_client()
    with serving(lambda *_: {"node": "here"}) as url:
        assert Transport(url, client).get("/node/version")["node"].text() == "here"
    client.close()


def test_errors_say_what_they_mean_in_general() -> None:
    meanings = {
        Unreachable("x"): Meaning.TRANSIENT,
        NoAnswer("x"): Meaning.LOOK,
        MalformedAnswer("x"): Meaning.LOOK,
        TooDear("x"): Meaning.TRANSIENT,
        NotEnough("x", {}): Meaning.LOOK,
    }
    for error, meaning in meanings.items():
        assert error.meaning is meaning
    assert {type(error) for error in meanings} | {Refused} == set(every(KeetaNodeError))
