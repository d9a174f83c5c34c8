"""Does one glance tell whether the exchange is well, and what is not?"""

import json
from typing import Any

import pytest

from chalicelib.errors import StoreUnavailable
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Put, Update
from tests.flows.clock import START_MS
from tests.flows.faults import ALWAYS, Crash
from tests.flows.world import KTA, RICH, World
from tests.ops.conftest import Say
from tests.ops.letters import MemoryDeadLetters
from tests.ops.saying import everything, said, told
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

WHO = ("--by", "kim", "--reason", "a test")


@pytest.fixture
def letters(desk: World) -> MemoryDeadLetters:
    found = MemoryDeadLetters(desk)
    vars(desk.house)["dead_letters"] = found
    return found


@pytest.fixture
def well(desk: World, letters: MemoryDeadLetters) -> World:
    """A market with two orders, settled and swept; what ann was given lies in custody."""
    desk.fund("ann")
    desk.store.commit((Update(table.total("KTA"), add={"custody": RICH["KTA"]}),))
    desk.place("ann", "buy", 1_000, 9_000)
    desk.place("ann", "sell", 1_000, 8_000, stop="loss", stop_price=8_500)
    desk.settle()
    desk.sweep()
    return desk


def status(capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = told(capsys, "status", code=code)
    assert found["well"] == (code == 0) == (not found["complaints"])
    return found


def kta(found: dict[str, Any]) -> dict[str, Any]:
    (market,) = (each for each in found["markets"] if each["market"] == "KTA/USDT")
    return market  # type: ignore[no-any-return]


def test_all_is_well_is_said_with_the_numbers(well: World, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(well)
    market = kta(status(capsys))
    assert (market["mode"], market["orders"], market["tail"], market["waiting"]) == ("open", 2, 1, 0)
    well.fold()
    assert kta(status(capsys))["tail"] == 0
    text = said(capsys, "status")
    assert text.splitlines()[-1] == "all is well"
    assert "USDX/USDT" in text
    assert everything(well)[0] == before[0], "it only reads"


def test_a_market_that_is_halted_is_not_well(well: World, capsys: pytest.CaptureFixture[str]) -> None:
    well.timer.meanwhile = well.deliver
    told(capsys, "markets", "halt", "KTA/USDT", *WHO)
    assert status(capsys, 1)["complaints"] == ["KTA/USDT: it is halted: a test"]


def test_messages_that_wait_without_a_step_are_not_well(
    well: World, capsys: pytest.CaptureFixture[str]
) -> None:
    well.place("ann", "buy", 1_000, 8_900)
    well.timer.advance(59_000)
    assert kta(status(capsys))["waiting"] == 1
    well.timer.advance(5_000)
    found = status(capsys, 1)
    assert kta(found)["waits_s_most"] > 60
    assert "seconds without a step while messages wait" in found["complaints"][0]
    well.deliver()


def test_dead_letters_are_not_well(
    well: World, letters: MemoryDeadLetters, capsys: pytest.CaptureFixture[str]
) -> None:
    letters.put(KTA, "what no matcher could do")
    letters.put(None, "what a schedule could not do")
    found = status(capsys, 1)
    assert [each.partition(":")[0] for each in found["complaints"]] == ["KTA/USDT", "schedules"]
    assert kta(found)["dead"] == 1


def test_a_sweeper_or_a_folder_that_stays_behind_is_not_well(
    well: World, capsys: pytest.CaptureFixture[str]
) -> None:
    well.store.commit((Put(schema.sweep_cursor(KTA.id), {"minute": START_MS // 60_000 - 20}),))
    assert "minutes since the sweeper" in status(capsys, 1)["complaints"][0]
    well.store.commit((folded_at(-9_000),))
    assert "9001 journal entries since" in status(capsys, 1)["complaints"][0]


def test_what_a_busy_market_or_a_long_book_leaves_between_two_folds_is_well(
    well: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for pointer in (folded_at(-5_000), folded_at(-90_000, orders=1_000_000)):
        well.store.commit((pointer,))
        status(capsys, 0)


def folded_at(seq: int, orders: int = 0) -> Put:
    pointer = {"generation": 1, "seq": seq, "chunks": 0, "orders": orders}
    return Put(schema.snapshot_pointer(KTA.id), pointer)


def test_what_can_not_be_read_is_told_and_hides_nothing_else(
    well: World, capsys: pytest.CaptureFixture[str]
) -> None:
    well.restart()
    vars(well.house)["dead_letters"] = MemoryDeadLetters(well)
    well.store.read_faults.fail(
        lambda: StoreUnavailable("away"), lambda key: key.pk == KTA.id and key.table == schema.MARKETS, ALWAYS
    )
    found = status(capsys, 1)
    well.store.read_faults.clear()
    assert found["complaints"] == ["KTA/USDT: can not be read: store_unavailable: away"]
    assert [each.get("mode") for each in found["markets"]].count("open") == 1


# --- money ------------------------------------------------------------------------------------


def money(run: Say, code: int) -> tuple[dict[str, Any], list[str]]:
    ended, out = run("status", "--json")
    found = json.loads(out)
    assert ended == code, found["complaints"]
    return found["money"], found["complaints"]


def test_money_that_is_well_is_told_with_its_numbers(house: House, run: Say) -> None:
    Asked(house)
    house.reconcile()
    facts, _ = money(run, 0)
    assert (facts["free_addresses"], facts["withdrawals"], facts["gaps"]) == (2, ["requested 1"], 0)
    assert facts["settlement_run"] is None
    assert facts["own_USDT"] == "0"
    assert facts["reconciled_s"] is not None


def test_paused_withdrawals_and_those_that_need_a_person_are_not_well(
    house: House, run: Say, act: Say
) -> None:
    asked = Asked(house)
    act("withdrawals", "pause", "USDT")
    _, complaints = money(run, 1)
    assert [each.partition(": ")[2] for each in complaints] == [
        "withdrawals of USDT are paused",
        "1 withdrawals wait for a person: see cex-ops withdrawals stuck",
    ]
    act("withdrawals", "resume", "USDT", "--yes")
    asked.settled()
    assert money(run, 0)[1] == []


def test_a_run_that_does_not_land_is_not_well(house: House, run: Say) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    facts, _ = money(run, 0)
    assert facts["settlement_run"].startswith("1 settle submitted for ")
    house.clock.offset_ms += 31 * 60_000
    assert any("run 1 of settlement is submitted for 31 minutes" in each for each in money(run, 1)[1])
    house.clock.offset_ms -= 31 * 60_000
    asked.settled()


def test_missing_coins_gaps_and_a_dry_pool_are_not_well(house: House, run: Say) -> None:
    for _ in range(3):
        house.rich(USDT=1_000)
    house.store.commit((Update(table.total("USDT"), add={"custody": -1_000_000}),))
    house.store.commit((Put(table.note("gap", "somewhere"), {"units": 1, "seen": 1, "at_ms": 0}),))
    assert [each.partition(": ")[2] for each in money(run, 1)[1]] == [
        "no address is free: new users can not deposit",
        "1 USDT are missing",
        "books and chain differ at 1 places: see cex-ops notes gap",
    ]


def test_an_action_that_was_interrupted_is_not_well(well: World, capsys: pytest.CaptureFixture[str]) -> None:
    def killed() -> None:
        raise Crash

    well.timer.meanwhile = killed
    well.store.faults.fail(lambda: StoreUnavailable("gone"), lambda plan: isinstance(plan[0], Update), ALWAYS)
    with pytest.raises(Crash):
        told(capsys, "markets", "halt", "KTA/USDT", *WHO)
    well.store.faults.clear()
    well.timer.meanwhile = None
    well.settle()
    told(capsys, "markets", "resume", "KTA/USDT", *WHO, code=1)
    well.settle()
    well.timer.advance(13 * 60_000)
    well.sweep()
    (complaint,) = status(capsys, 1)["complaints"]
    assert "`markets halt` of kim on KTA/USDT was interrupted" in complaint
    well.timer.advance(24 * 3_600_000)
    well.sweep()
    assert status(capsys)["operators"]["interrupted"] == 0
