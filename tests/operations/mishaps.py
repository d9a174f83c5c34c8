"""What goes wrong on the day? A message that can not be done, messages that die, and a thief."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.custody_keys import signer
from chalicelib.adapters.keeta_node import Patience
from chalicelib.flows import schema
from chalicelib.ids import MarketId
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.listing import MARKETS
from infra.local.clients import sqs_client
from infra.local.environment import PREFIX
from infra.local.supervisor import Stack
from tests.keeta_node.world import World, new_key
from tests.operations.desk import eventually

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

PATIENT = Patience(connect=20, answer=60, grace=1)
# No wallet holds a number with so many digits.
ABSURD_RATE = int("9" * 130)


@contextmanager
def matchers_asleep(stack: Stack, market: str) -> Iterator["Consumer"]:
    """Nobody takes messages of any market meanwhile, and nobody has one of this market in hand."""
    pid, queue = stack.pid("pump"), Consumer(stack.sqs, market)

    def fell_asleep() -> bool:
        os.kill(pid, signal.SIGSTOP)
        queue.receive()  # whoever waits for messages goes away empty
        if queue.count("ApproximateNumberOfMessagesNotVisible") == 0:
            return True
        os.kill(pid, signal.SIGCONT)  # amid a batch, which keeps all others waiting
        return False

    eventually("the matchers are asleep", fell_asleep)
    try:
        yield queue
    finally:
        os.kill(pid, signal.SIGCONT)


class Consumer:
    """Of one market's queue, in the matcher's place."""

    def __init__(self, endpoint: str, market: str) -> None:
        self._sqs = sqs_client(endpoint)
        listed = MARKETS[MarketId(market)]
        self._url = self._sqs.get_queue_url(QueueName=schema.queue_name(PREFIX, listed))["QueueUrl"]
        dead = schema.dead_letter_queue_name(PREFIX, listed)
        self._dead = self._sqs.get_queue_url(QueueName=dead)["QueueUrl"]

    def receive(self) -> list["MessageTypeDef"]:
        """Those in front; they stay visible."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return answer.get("Messages", [])

    def spoil(self, order_id: str) -> None:
        """As a mistake of intake would: the place command of this order has an absurd fee rate."""
        (place,) = (each for each in self.receive() if f'"p-{order_id}"' in each["Body"])
        row: list[Any] = json.loads(place["Body"])[0]
        row[2][-2] = ABSURD_RATE
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=place["ReceiptHandle"])
        self.send(json.dumps([row]), f"spoiled-{order_id}")

    def send(self, body: str, name: str) -> None:
        self._sqs.send_message(
            QueueUrl=self._url, MessageBody=body, MessageGroupId="market", MessageDeduplicationId=name
        )

    def let_die(self, number: int) -> None:
        """So many messages are received too often, by somebody who does nothing about them."""
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        policy = {"RedrivePolicy": asked["Attributes"]["RedrivePolicy"]}
        impatient = {**json.loads(policy["RedrivePolicy"]), "maxReceiveCount": 2}
        eventually(f"{number} messages wait", lambda: len(self.receive()) == number)
        self._sqs.set_queue_attributes(
            QueueUrl=self._url, Attributes={"RedrivePolicy": json.dumps(impatient)}
        )
        eventually(f"{number} messages died", lambda: not self.receive() and self.died() == number)
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes=policy)  # type: ignore[arg-type]

    def count(self, name: str) -> int:
        return self._count(self._url, name)

    def died(self) -> int:
        return self._count(self._dead, "ApproximateNumberOfMessages")

    def _count(self, url: str, name: Any) -> int:
        found: Any = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name])


def steal(stack: Stack, source: str, token: str, units: int) -> str:
    """Coins leave an address of the exchange in a block that it did not sign. The block's hash."""
    described = json.loads(stack.state.keeta.joinpath("network.json").read_text())
    owner = signer(f"file:{stack.state.owner}")._key
    with World(described, PATIENT) as network:
        out = Send(new_key().account, units, network.token(token))
        block = network.block(Account.from_address(source), owner, out)
        network.settle(block)
    return block.hash.hex()
