"""What is the exchange of the recorded session? Its calls count for the function that makes them."""

import json
import re
from pathlib import Path
from typing import Any

from chalicelib.api.endpoint import ENDPOINTS
from infra.local.clients import REGION
from infra.local.keeta.controls import Controls
from infra.local.lambda_events import Context, scheduled_event, sqs_event
from infra.resources import MATCHER_SECONDS, SCHEDULED_SECONDS
from tests.api.world import BATCH_MAX, Answer, Trader, World
from tests.cloud.recording import running
from tests.keeta_node.world import World as Keeta


class RecordedWorld(World):
    """Its calls count for the function that makes them. `answered`: routes that gave a good answer;
    `unspeakable`: tokens, signatures and keys, which nobody may write down. `controls`: of the network."""

    controls: Controls

    def __init__(
        self, dynamodb: Any, sqs: Any, prefix: str, directory: Path, keeta: Keeta, operator: str
    ) -> None:
        self.answered: set[tuple[str, str]] = set()
        self.unspeakable: set[str] = set()
        self.keeta = keeta
        self._operator = operator
        self._description = directory / "network.json"
        self._description.write_text(json.dumps(keeta.description))
        super().__init__(dynamodb, sqs, prefix, directory / "secrets.json")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "CEX_SECRETS": f"secret:{self.prefix}/tokens",
            "CEX_OWNER_KEY": f"secret:{self.prefix}/owner",
            "CEX_OPERATOR_KEY": f"secret:{self.prefix}/operator",
            "CEX_OPERATOR": self._operator,
            "CEX_NETWORK": "dev",
            "CEX_KEETA_DESCRIPTION": str(self._description),
            "CEX_FREE_ADDRESSES": "3",
            "CEX_VOTE_FEE_MAX": "1000",
            "AWS_DEFAULT_REGION": REGION,
        }

    def request(self, method: str, path: str, *arguments: Any, **named: Any) -> Answer:
        self.queue._urls.clear()
        answer = super().request(method, path, *arguments, **named)
        self._remember(named.get("jwt") or "", *arguments[:1], answer.body)
        if answer.status == 200:
            self.answered.add((method, _route(path)))
        return answer

    def _remember(self, jwt: str, *bodies: Any) -> None:
        said = [each.get(name) for each in bodies if isinstance(each, dict) for name in ("jwt", "signature")]
        self.unspeakable |= {text for text in (jwt, *said) if text}

    def trader(self, *arguments: Any, **funds: str) -> Trader:
        made = super().trader(*arguments, **funds)
        self.unspeakable.add(made.jwt)
        return made

    def pump(self) -> None:
        with running(""):
            super().pump()

    def run(self, function: str, event: Any, seconds: int) -> Any:
        # In the account each function has a process of its own, and finds its queues itself.
        self.queue._urls.clear()
        return getattr(self.app, function)(event, Context(function, seconds))

    def schedule(self, function: str) -> None:
        self.run(function, scheduled_event(function), SCHEDULED_SECONDS)
        self.pump()

    def _deliver(self, url: str, function: str) -> bool:
        messages = self.receive(url)
        if messages:
            answer = self.run(function, sqs_event(messages, arn(url)), MATCHER_SECONDS)
            assert answer == {"batchItemFailures": []}
            self.delete(url, messages)
        return bool(messages)

    def receive(self, url: str) -> list[Any]:
        wanted: Any = {"QueueUrl": url, "MaxNumberOfMessages": BATCH_MAX}
        wanted |= {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        received = self.sqs.receive_message(**wanted)
        return list(received.get("Messages", []))

    def lose_messages(self) -> None:
        """Not by a purge, which a queue takes only once a minute."""
        for url in self.queues.values():
            while messages := self.receive(url):
                self.delete(url, messages)

    def delete(self, url: str, messages: list[Any]) -> None:
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _route(path: str) -> str:
    """As the endpoints spell it."""
    bare = path.partition("?")[0]
    found = {each.path for each in ENDPOINTS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each.path), bare)}
    return bare if bare in found else found.pop()


def arn(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:000000000000:{url.rpartition('/')[2]}"
