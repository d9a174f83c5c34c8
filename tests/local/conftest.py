"""What do the tests of the local stack share? An exchange that only notes what it is given."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from chalicelib.flows import schema
from chalicelib.listing import MARKETS
from infra.local.clients import sqs_client
from infra.local.environment import PREFIX, process_environment
from infra.local.leftovers import command_line
from infra.local.ports import any_free
from infra.local.state import ROOT, State
from infra.local.supervisor import Stack

PROJECT = Path(__file__).parent / "exchange"
MARKET = MARKETS["USDX/USDT"]
PATIENCE_SECONDS = 90


def eventually(condition):
    """The first true answer. Asking stops only when there is no hope left."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)
    return found


class Noting:
    """The little exchange: its stack, and what its functions were given."""

    def __init__(self, directory, notes):
        self.state = State(directory)
        self.notes = notes

    def stack(self):
        return Stack(self.state, any_free, PROJECT)

    def noted(self, name):
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [event for found, event in map(json.loads, lines) if found == name]

    def bodies(self):
        """What the matcher was given, in order."""
        events = self.noted(schema.matcher_name(MARKET))
        return [record["body"] for event in events for record in event["Records"]]

    def command(self, *words):
        """The stack's command line, on this state."""
        words = [sys.executable, "-m", "infra.local.stack", words[0], "--project", str(PROJECT), *words[1:]]
        environment = {**process_environment({}, ROOT), "CEX_STATE": str(self.state.root)}
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def noting(tmp_path, monkeypatch):
    notes = tmp_path / "notes"
    monkeypatch.setenv("NOTES", str(notes))
    return Noting(tmp_path / "state", notes)


def send(endpoint, body):
    sqs = sqs_client(endpoint)
    url = sqs.get_queue_url(QueueName=schema.queue_name(PREFIX, MARKET))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="m", MessageDeduplicationId=body)


def is_idle(endpoint):
    """Whether no message waits, and none is on its way: the last one was acknowledged."""
    sqs = sqs_client(endpoint)
    url = sqs.get_queue_url(QueueName=schema.queue_name(PREFIX, MARKET))["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(int(counts[name]) == 0 for name in names)


def health(url):
    """The process that answers, None when nothing does."""
    try:
        return httpx.get(f"{url}/health", trust_env=False).json()["pid"]
    except httpx.TransportError:
        return None


def alive(pid):
    return "infra" in command_line(pid)
