"""What does a process say of books that another version has stored?"""

import json
import zlib

import pytest

from chalicelib.errors import BookCorrupt
from chalicelib.flows import schema
from chalicelib.flows.plan import Put
from chalicelib.flows.records import snapshot
from chalicelib.flows.records.format import FORMAT

from .world import KTA, World


@pytest.fixture
def used(broken_world: World) -> World:
    broken_world.fund("ann")
    broken_world.place("ann", "buy", 10, 9_000)
    broken_world.settle()
    return broken_world


@pytest.mark.parametrize("stored", [None, FORMAT - 1, FORMAT + 1])
def test_a_journal_of_another_format_says_so_and_what_to_do(used: World, stored: int | None) -> None:
    body = {"time": 1, "done": [], "failed": [], "events": [["rested", 1, 2]], "format": stored}
    if stored is None:
        del body["format"]
    packed = zlib.compress(json.dumps(body).encode())
    used.store.commit((Put(schema.journal_entry(KTA.id, 1), {"body": packed}),))
    with pytest.raises(BookCorrupt, match=r"format .*`make clean`"):
        used.book()


@pytest.mark.parametrize("stored", [None, FORMAT - 1, FORMAT + 1])
def test_a_snapshot_of_another_format_says_so_and_what_to_do(used: World, stored: int | None) -> None:
    used.fold()
    pointer = used.item(schema.snapshot_pointer(KTA.id))
    key = schema.snapshot_chunk(KTA.id, int(str(pointer["generation"])), 0)
    head = {"halted": None, "format": stored} if stored else {"halted": None}
    used.store.commit((Put(key, {"body": snapshot._pack(("head", head))}),))
    with pytest.raises(BookCorrupt, match=r"format .*`make clean`"):
        used.book()


def test_meanwhile_messages_wait_and_an_alarm_says_why(used: World) -> None:
    packed = zlib.compress(json.dumps({"time": 1}).encode())
    used.store.commit((Put(schema.journal_entry(KTA.id, 1), {"body": packed}),))
    used.restart()
    used.queue.put(KTA.id, '[["tick","t-1"]]')
    assert len(used.deliver()) == 1
    ((event, fields),) = used.notebook.alarms
    assert event == "journal_unreadable"
    assert "format 1" in str(fields["reason"])
