"""Do pages show everything once, in order, also while more comes in?"""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.flows.reading import trades as read_trades
from chalicelib.flows.reading.trades import TradePage, recent_trades
from chalicelib.flows.records import entries
from chalicelib.flows.records.entries import CreditEntry, FillEntry, newest
from chalicelib.ids import UserId

from .crossing import MAKERS, place_crossing, rest_makers
from .world import KTA, USDX, World

ANN, BEN = UserId("ann"), UserId("ben")
LIMITS = (1, 2, 3, 7, 50)


def walk(page: Callable[[str | None], Any], between: Callable[[], object] = lambda: None) -> list[Any]:
    """Every row of every page; something may happen between two pages."""
    rows: list[Any] = []
    cursor: str | None = None
    for _ in range(1_000):
        found, cursor = page(cursor)
        rows += found
        if cursor is None:
            return rows
        between()
    raise AssertionError("the pages do not end")


def a_day(world: World) -> None:
    """Entries with no trade, with one, with several; two users on both sides."""
    world.fund("ann", "ben")
    for number in range(6):
        world.place("ann", "sell", 10, 10_000 + number)
        world.place("ann", "sell", 10, 10_000 + number)
        world.settle()
        if number % 3:
            world.place("ben", "buy", 10 * (number % 3), 10_100)
        world.place("ben", "buy", 10, 9_000)
        world.settle()
    rest_makers(world, count=30)
    place_crossing(world, count=30)
    world.settle()


def trade_ids(world: World) -> list[int]:
    return [fill.trade_id for fill in world.fills()]


def trades(world: World, limit: int) -> Callable[[str | None], TradePage]:
    return lambda cursor: recent_trades(world.house.journal, KTA.id, cursor, limit)


@pytest.mark.parametrize("limit", LIMITS)
def test_trades_are_shown_newest_first_and_each_once(world: World, limit: int) -> None:
    a_day(world)
    shown = walk(trades(world, limit))
    assert [trade.fill.trade_id for trade in shown] == trade_ids(world)[::-1]
    assert len(shown) > 30


@pytest.mark.parametrize("limit", LIMITS)
def test_trades_stay_complete_when_a_page_walks_over_few_entries(
    world: World, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is short then, and still names where to go on."""
    monkeypatch.setattr(read_trades, "ENTRIES_PER_READ", 2)
    monkeypatch.setattr(read_trades, "READS_MAX", 1)
    a_day(world)
    pages: list[int] = []

    def page(cursor: str | None) -> TradePage:
        found = trades(world, limit)(cursor)
        pages.append(len(found.trades))
        return found

    shown = walk(page)
    assert [trade.fill.trade_id for trade in shown] == trade_ids(world)[::-1]
    assert max(pages) <= limit
    assert 0 in pages


def test_trades_that_come_in_meanwhile_move_nothing(world: World) -> None:
    a_day(world)
    before = trade_ids(world)[::-1]

    def trade_again() -> None:
        world.place("ann", "sell", 10, 10_000)
        world.place("ben", "buy", 10, 10_000)
        world.settle()

    shown = walk(trades(world, 3), trade_again)
    assert [trade.fill.trade_id for trade in shown] == before


def test_a_market_without_trades_has_one_empty_page(world: World) -> None:
    assert recent_trades(world.house.journal, KTA.id, None, 10) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "1.x"])
def test_a_broken_cursor_is_an_error_of_the_one_who_gave_it(world: World, cursor: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever the parser says
        recent_trades(world.house.journal, KTA.id, cursor, 10)


def kept(world: World, user: str) -> list[str]:
    """The sort keys of all ledger entries of a user, newest first."""
    items = world.store.scan("accounts")
    return sorted(
        (str(item["sk"]) for item in items if item["pk"] == user and str(item["sk"]).startswith("L#")),
        reverse=True,
    )


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("user", [ANN, BEN, MAKERS[1], UserId("taker")])
def test_ledger_entries_are_shown_newest_first_and_each_once(world: World, user: UserId, limit: int) -> None:
    a_day(world)
    shown = walk(lambda cursor: newest(world.house.store, user, cursor, limit))
    assert [entry_id for entry_id, _ in shown] == kept(world, user)


@pytest.mark.parametrize("kind", [FillEntry, CreditEntry])
def test_entries_of_one_kind_are_complete_though_a_page_reads_a_bounded_number(
    world: World, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "READS_MAX", 1)
    a_day(world)
    all_of_them = walk(lambda cursor: newest(world.house.store, ANN, cursor, 100))
    shown = walk(lambda cursor: newest(world.house.store, ANN, cursor, 2, kind))
    assert shown == [each for each in all_of_them if isinstance(each[1], kind)]
    assert len(shown) > 2


def test_entries_that_come_in_meanwhile_move_nothing(world: World) -> None:
    a_day(world)
    before = kept(world, "ann")
    shown = walk(lambda cursor: newest(world.house.store, ANN, cursor, 3), lambda: world.fund("ann"))
    assert [entry_id for entry_id, _ in shown] == before


def test_entries_of_two_markets_stand_in_one_ledger_by_their_time(world: World) -> None:
    world.fund("ann", "ben")
    for market in (KTA, USDX, KTA, USDX):
        world.place("ann", "sell", 500, 10_000, market=market)
        world.place("ben", "buy", 500, 10_000, market=market)
        world.settle(market)
    page = newest(world.house.store, ANN, None, 50, FillEntry)
    shown = [entry for _, entry in page.entries if isinstance(entry, FillEntry)]
    times = [entry.time_ms for entry in shown]
    assert times == sorted(times, reverse=True)
    assert [entry.market for entry in shown] == [USDX.id, KTA.id, USDX.id, KTA.id]


@pytest.mark.parametrize("limit", LIMITS)
def test_orders_of_a_user_are_shown_newest_first_and_each_once(world: World, limit: int) -> None:
    a_day(world)

    def page(cursor: str | None) -> tuple[list[str], str | None]:
        found = world.house.orders.of_user(ANN, cursor, limit)
        return [key.order_id for key in found.keys], found.next

    mine = [record for record in world.records() if record.user == "ann"]
    mine.sort(key=lambda record: (record.created_ms, record.id), reverse=True)
    assert walk(page) == [record.id for record in mine]


def test_orders_of_the_same_millisecond_are_shown_each_once(world: World) -> None:
    world.fund("ann")
    for _ in range(9):
        world.timer.advance(-1)
        world.place("ann", "sell", 10, 10_000)
    times = {record.created_ms for record in world.records()}
    assert len(times) == 1

    def page(cursor: str | None) -> tuple[list[str], str | None]:
        found = world.house.orders.of_user(ANN, cursor, 2)
        return [key.order_id for key in found.keys], found.next

    shown = walk(page)
    assert len(shown) == len(set(shown)) == 9
    world.settle()
