"""Does everything that an operator does leave a record, and does a dry run leave nothing at all?"""

import pytest

from chalicelib.errors import ConditionFailed, StoreError, StoreUnavailable
from chalicelib.keeta.account import Account, KeyType
from infra import ops
from tests.flows.world import World
from tests.ops.saying import everything, told

pytestmark = pytest.mark.usefixtures("desk")

ADA = Account(KeyType.ED25519, b"ada".ljust(32, b".")).address
SAID = ("--by", "kim", "--reason", "a test")


def test_an_action_is_recorded_with_who_why_and_what_came_of_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops.main(["withdrawals", "pause", "USDT", *SAID]) == 0
    capsys.readouterr()
    (record,) = told(capsys, "actions")["actions"]
    assert record["command"] == "withdrawals pause"
    assert (record["subject"], record["by"], record["reason"]) == ("USDT", "kim", "a test")
    assert (record["state"], record["outcome"]) == ("done", "stopped: USDT")
    assert record["began_ms"] == world.timer.now_ms()


def test_a_dry_run_says_what_would_be_and_changes_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(world)
    assert ops.main(["withdrawals", "resume", "USDT", *SAID]) == 0
    assert "nothing was done; --yes does it" in capsys.readouterr().out
    answer = told(capsys, "withdrawals", "resume", "USDT", *SAID)
    assert answer == {"dry_run": True, "would": "sign USDT again"}
    assert everything(world) == before


def test_an_action_that_the_market_refuses_is_recorded_as_refused(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops.main(["markets", "halt", "KTA/USDT", *SAID]) == 1
    capsys.readouterr()
    (record,) = told(capsys, "actions")["actions"]
    assert record["state"] == "refused"
    assert "has not come to it" in record["outcome"]
    world.settle()


def test_what_can_not_be_recorded_is_not_done(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(world)
    world.store.faults.fail(lambda: StoreUnavailable("away"))
    assert ops.main(["markets", "halt", "KTA/USDT", *SAID]) == 2
    assert "away" in capsys.readouterr().err
    assert world.queue.sent == []
    assert everything(world) == before


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (ConditionFailed("somebody was first", (0,)), "failed"),
        (StoreUnavailable("the answer was lost"), "begun"),
    ],
    ids=["refused", "unknown"],
)
def test_an_action_that_fails_is_recorded_so_and_one_of_which_nobody_knows_stays_begun(
    world: World, capsys: pytest.CaptureFixture[str], fault: StoreError, state: str
) -> None:
    world.store.faults.fail(lambda: fault, lambda plan: len(plan) > 1)
    assert ops.main(["withdrawals", "pause", "USDT", *SAID]) == 2
    capsys.readouterr()
    (record,) = told(capsys, "actions")["actions"]
    assert record["state"] == state


def test_actions_are_told_newest_first_page_by_page(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for user in ("USDT", "KTA", ADA):
        world.timer.advance(1)
        assert ops.main(["withdrawals", "pause", user, *SAID]) == 0
    capsys.readouterr()
    first = told(capsys, "actions", "--limit", "2")
    assert [each["subject"] for each in first["actions"]] == [ADA, "KTA"]
    rest = told(capsys, "actions", "--limit", "2", "--before", first["next"])
    assert [each["subject"] for each in rest["actions"]] == ["USDT"]


def test_a_reason_of_blanks_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ops.main(["withdrawals", "pause", "USDT", "--by", "kim", "--reason", "  "])
    assert "say it" in capsys.readouterr().err
