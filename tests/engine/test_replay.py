"""Does the same day always end in the same book, down to the byte?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.events import STORED_NAMES, Event
from chalicelib.errors import BookCorrupt

from .driving import NAMES, Command, Engine, Place, command_lists, give, give_all, seeded_day, whole_state

quick = settings(max_examples=50, deadline=None)

ROOT = Path(__file__).parents[2]


def serialized(log: list[Event]) -> bytes:
    return json.dumps([(NAMES[type(event)], *event) for event in log]).encode()


def replayed(log: list[Event]) -> Book:
    book = Book()
    for event in log:
        book.apply(event)
    return book


def restored(book: Book) -> Book:
    return Book.restore(
        book.resting(),
        next_seq=book.next_seq,
        next_trade_id=book.next_trade_id,
        last_price=book.last_price,
        halted=book.halted,
        unfinished=book.unfinished,
    )


@quick
@given(command_lists)
def test_the_same_commands_give_the_same_bytes(commands: list[Command]) -> None:
    first, second = Engine(), Engine()
    give_all(first, commands)
    give_all(second, commands)
    assert serialized(first.log) == serialized(second.log)


def day_as_bytes() -> bytes:
    engine = Engine()
    give_all(engine, seeded_day(11, 400))
    return serialized(engine.log) + str(engine.book.checksum).encode()


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_that_hashes_differently_gives_the_same_bytes(hash_seed: str) -> None:
    script = "import sys; from tests.engine.test_replay import *; sys.stdout.buffer.write(day_as_bytes())"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    other = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    assert other.stdout == day_as_bytes()


@quick
@given(command_lists)
def test_replaying_the_events_gives_the_same_book_after_each_of_them(commands: list[Command]) -> None:
    engine, follower = Engine(), Book()
    for number, command in enumerate(commands):
        seen = len(engine.log)
        give(engine, number, command)
        for event in engine.log[seen:]:
            follower.apply(event)
        assert whole_state(follower) == whole_state(engine.book)


@quick
@given(command_lists)
def test_events_that_were_stored_and_read_again_give_the_same_book(commands: list[Command]) -> None:
    engine = Engine()
    give_all(engine, commands)
    stored = json.loads(serialized(engine.log))
    log = [STORED_NAMES[name](*parts) for name, *parts in stored]
    assert whole_state(replayed(log)) == whole_state(engine.book)


@quick
@given(command_lists, command_lists)
def test_a_restored_book_goes_on_like_the_one_it_was_taken_from(
    morning: list[Command], afternoon: list[Command]
) -> None:
    kept = Engine()
    give_all(kept, morning)
    copy = Engine(restored(kept.book))
    assert whole_state(copy.book) == whole_state(kept.book)
    for number, command in enumerate(afternoon, len(morning)):
        assert give(copy, number, command) == give(kept, number, command)
    assert whole_state(copy.book) == whole_state(kept.book)


def test_orders_that_were_stored_in_another_order_are_refused() -> None:
    """The digest does not see it: it is a sum."""
    engine = Engine()
    give_all(engine, [Place("ann", "buy", 5, 2, "gtc"), Place("ben", "buy", 5, 2, "gtc")])
    first, second = engine.book.resting()
    with pytest.raises(BookCorrupt):
        Book.restore(
            [second, first], next_seq=3, next_trade_id=1, last_price=None, halted=None, unfinished=None
        )
