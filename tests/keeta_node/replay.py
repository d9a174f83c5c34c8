"""How is an answer of the network recorded, and given again to the same or another question?"""

import json
from collections.abc import Callable
from typing import Any

import httpx

from chalicelib.adapters.keeta_node import Node, Transport, http_client
from chalicelib.keeta.network import DEV
from chalicelib.settlement.errors import KeetaNodeError
from tests.keeta_node.stub import answering
from tests.keeta_node.world import World

Question = Callable[[Node], object]


def record(world: World, question: Question) -> Any:
    answers: list[bytes] = []
    api = world.description["representatives"][0]["api"]
    with http_client() as real:

        def passing_on(request: httpx.Request) -> httpx.Response:
            answers.append(real.send(request).content)
            return answering(answers[-1])

        mocked = httpx.Client(transport=httpx.MockTransport(passing_on))
        question(Node(DEV, Transport(api, mocked)))
    return json.loads(answers[-1])


def asked(question: Question, body: bytes) -> str:
    """What became of it. Anything but an answer and a named error fails the test by itself."""
    client = httpx.Client(transport=httpx.MockTransport(lambda _: answering(body)))
    try:
        question(Node(DEV, Transport("http://node", client, pause=lambda _: None)))
    except KeetaNodeError as error:
        return type(error).__name__
    return "taken"
