"""What if a node is none, or lies? An HTTP server that answers whatever a test wants.

`YesMan` says yes to everything: it votes, publishes and shows all that it is asked for as landed.
With a representative's own key its votes are even good; without it they are forged.
"""

import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, read_block
from chalicelib.keeta.network import DEV
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.staple import read_staple
from chalicelib.keeta.votes import Fee, Vote, VoteBody, read_vote, sign_vote
from chalicelib.keeta.votes.certificate import write_vote
from chalicelib.keeta.votes.vote import FOREVER

# Method, path (with its query) and body in; the value to answer with out.
Answering = Callable[[str, str, Any], object]


def answering(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    """What a mocked transport gives, read as a real answer is: part by part, and once."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


@contextmanager
def serving(answer: Answering) -> Iterator[str]:
    """The URL of a server on loopback that lives as long as the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", None)

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            self._answer("POST", json.loads(self.rfile.read(length)))

        def _answer(self, method: str, body: Any) -> None:
            said = answer(method, self.path, body)
            sent = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class YesMan:
    """`key` signs its votes; `name` is the representative that they are said to be of."""

    def __init__(
        self, key: PrivateKey, name: Account, *, confused: bool = False, fee: Fee | None = None
    ) -> None:
        """confused: votes for ever when it should not, and the other way round. fee: it always asks."""
        self._confused = confused
        self._fee = fee
        self._key = key
        self._name = name
        self._blocks: dict[bytes, Block] = {}
        self._votes: dict[bytes, Vote] = {}

    def __call__(self, method: str, path: str, body: Any) -> object:
        path = path.partition("?")[0]
        if method == "POST":
            return self._post(path, body)
        *_, kind, last = path.split("/")
        if kind == "vote":
            vote = self._votes.get(bytes.fromhex(last))
            return {"blockhash": last, "votes": vote and [binary(vote.raw)]}
        if kind == "block":
            block = self._blocks.get(bytes.fromhex(last))
            return {"blockhash": last, "block": block and binary(block.raw)}
        return {"successorBlock": None}

    def _post(self, path: str, body: Any) -> object:
        if path == "/node/publish":
            self._keep(read_staple(b64decode(body["votesAndBlocks"]), DEV).blocks)
            return {"publish": True}
        blocks = tuple(read_block(b64decode(text), DEV) for text in body["blocks"])
        self._keep(blocks)
        return {"vote": binary(self.vote(blocks, permanent=("votes" in body) is not self._confused).raw)}

    def _keep(self, blocks: tuple[Block, ...]) -> None:
        """What it has heard of, it shows as landed."""
        for block in blocks:
            self._blocks[block.hash] = block
            self._votes[block.hash] = self.vote(blocks, permanent=True)

    def vote(self, blocks: tuple[Block, ...], *, permanent: bool) -> Vote:
        """Whatever it is asked for."""
        now = time.time_ns() // 1_000_000
        body = VoteBody(
            issuer=self._key.account,
            serial=now,
            valid_from=now,
            valid_to=now + (2 * FOREVER if permanent else 300_000),
            blocks=tuple(block.hash for block in blocks),
            fee=self._fee,
        )
        return named(sign_vote(body, self._key), self._name)


def named(vote: Vote, issuer: Account) -> Vote:
    """The same vote under another name. Its signature is then wrong, unless it is the same."""
    return read_vote(write_vote(replace(vote.body, issuer=issuer), vote.signature))


def binary(raw: bytes) -> dict[str, str]:
    return {"$binary": b64encode(raw).decode()}
