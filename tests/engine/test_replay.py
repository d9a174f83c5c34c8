"""Does the same day always end in the same book, down to the byte?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.events import Event
from chalicelib.errors import BookCorrupt

from .commands import Command, Place
from .driving import Day, Engine
from .generating import NARROW, command_lists, seeded_day
from .looking import as_event, plain_event, restored, whole_state

quick = settings(max_examples=40, deadline=None)

ROOT = Path(__file__).parents[2]


def serialized(log: list[Event]) -> bytes:
    return json.dumps([plain_event(event) for event in log]).encode()


def replayed(log: list[Event]) -> Book:
    book = Book()
    for event in log:
        book.apply(event)
    return book


def engine_after(commands: list[Command]) -> Engine:
    engine = Engine()
    Day(engine).give_all(commands)
    return engine


@quick
@given(command_lists)
def test_the_same_commands_give_the_same_bytes(commands: list[Command]) -> None:
    assert serialized(engine_after(commands).log) == serialized(engine_after(commands).log)


def day_as_bytes() -> bytes:
    engine = engine_after(seeded_day(11, 400, NARROW))
    return serialized(engine.log) + str(engine.book.checksum).encode()


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_that_hashes_differently_gives_the_same_bytes(hash_seed: str) -> None:
    script = "import sys; from tests.engine.test_replay import *; sys.stdout.buffer.write(day_as_bytes())"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    other = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    assert other.stdout == day_as_bytes()


def follow_all_day(commands: list[Command]) -> None:
    engine, follower = Engine(), Book()
    day = Day(engine)
    for command in commands:
        seen = len(engine.log)
        day.give(command)
        for event in engine.log[seen:]:
            follower.apply(event)
        assert whole_state(follower) == whole_state(engine.book)


@quick
@given(command_lists)
def test_replaying_the_events_gives_the_same_book_after_each_command(commands: list[Command]) -> None:
    follow_all_day(commands)


@pytest.mark.parametrize("seed", range(4))
def test_replaying_a_crowded_day_gives_the_same_book_after_each_command(seed: int) -> None:
    follow_all_day(seeded_day(100 + seed, 300, NARROW))


@pytest.mark.parametrize("seed", range(8))
def test_events_that_were_stored_and_read_again_give_the_same_book(seed: int) -> None:
    engine = engine_after(seeded_day(seed, 300, NARROW))
    log = [as_event(*plain) for plain in json.loads(serialized(engine.log))]
    assert log == engine.log
    assert whole_state(replayed(log)) == whole_state(engine.book)


@quick
@given(command_lists, command_lists)
def test_a_restored_book_goes_on_like_the_one_it_was_taken_from(
    morning: list[Command], afternoon: list[Command]
) -> None:
    go_on_restored(morning, afternoon)


@pytest.mark.parametrize("seed", range(8))
def test_a_crowded_book_goes_on_after_it_was_restored(seed: int) -> None:
    go_on_restored(seeded_day(seed, 200, NARROW), seeded_day(seed + 50, 100, NARROW))


def go_on_restored(morning: list[Command], afternoon: list[Command]) -> None:
    kept = Engine()
    day = Day(kept)
    day.give_all(morning)
    copy = Engine(restored(kept.book))
    other = Day(copy)
    other.__dict__.update({**day.__dict__, "market": copy, "placed": dict(day.placed)})
    assert whole_state(copy.book) == whole_state(kept.book)
    for command in afternoon:
        assert other.give(command) == day.give(command)
    assert whole_state(copy.book) == whole_state(kept.book)


def test_orders_may_be_stored_in_any_order_for_their_arrival_tells_who_is_first() -> None:
    book = engine_after([Place(user, "buy", 5, 2, "gtc") for user in ("ann", "ben", "cid")]).book
    first, second, third = book.resting()
    assert whole_state(restored(book, [third, first, second])) == whole_state(book)


def test_an_order_that_was_stored_twice_is_refused() -> None:
    book = engine_after([Place("ann", "buy", 5, 2, "gtc")]).book
    with pytest.raises(BookCorrupt, match="order-0 is open already"):
        restored(book, [*book.resting(), *book.resting()])
