"""Does an operator learn what a dead letter is, and does sending it again do what he was told?"""

import json

import pytest

from chalicelib.flows.matcher.late import SURE_MS
from infra import ops
from tests.flows.promised import promised
from tests.flows.world import KTA, World
from tests.ops.letters import MemoryDeadLetters

MINUTE_MS = 60_000


@pytest.fixture
def dead(world: World, monkeypatch: pytest.MonkeyPatch) -> MemoryDeadLetters:
    letters = MemoryDeadLetters(world)
    vars(world.house)["dead_letters"] = letters
    monkeypatch.setattr(ops, "exchange", lambda: world.house)  # also the one after a restart
    world.fund("ann", "ben")
    return letters


class Told:
    """What a command answered."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        self.code = ops.main(["dead-letter", *words])
        told = capsys.readouterr()
        self.text = told.out + told.err

    @property
    def value(self):
        return json.loads(self.text)


@pytest.fixture
def say(dead: MemoryDeadLetters, capsys: pytest.CaptureFixture[str]):
    return lambda *words: Told(capsys, *words)


@pytest.fixture
def redrive(say):
    return lambda *words: say("redrive", "KTA/USDT", "--reason", "store is back", "--by", "kim", *words)


def explained(say) -> list[dict[str, object]]:
    """Every command of every letter."""
    letters = say("explain", "KTA/USDT", "--json").value["letters"]
    return [command for letter in letters for command in letter["commands"]]


def test_where_nothing_died_the_list_says_so_with_exit_code_0(say) -> None:
    told = say("list")
    assert (told.code, told.text) == (0, "no dead letters\n")


def test_dead_letters_are_listed_with_exit_code_1_and_stay(
    say, world: World, dead: MemoryDeadLetters
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    world.cancel("ann", order_id)
    dead.bury(KTA)
    for _ in range(2):
        told = say("list", "--json")
        assert told.code == 1
        assert [(row["queue"], row["holds"], row["received"]) for row in told.value["letters"]] == [
            ("KTA/USDT", "PlaceOrder", 1_000),
            ("KTA/USDT", "CancelOrder", 1_000),
        ]


def test_a_late_place_is_explained_as_such_and_sent_again_it_gives_its_hold_back(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    dead.bury(KTA)
    world.timer.advance(20 * MINUTE_MS)
    (command,) = explained(say)
    assert (command["command"], command["order"], command["state"]) == ("PlaceOrder", order_id, "pending")
    assert command["then"] == "its order expires and the hold goes back"
    assert command["late_ms"] > 19 * MINUTE_MS
    assert redrive("--yes").code == 0
    world.settle()
    assert (world.status(order_id), world.record(order_id).reason) == ("expired", "late")
    assert world.held("ann") == {}
    assert say("list").code == 0


def test_a_place_in_time_comes_into_the_book(say, redrive, world: World, dead: MemoryDeadLetters) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    dead.bury(KTA)
    assert explained(say)[0]["then"] == "done as it was asked for"
    redrive("--yes")
    world.settle()
    assert world.status(order_id) == "resting"


def test_without_yes_it_is_only_said_what_would_be_done(
    redrive, world: World, dead: MemoryDeadLetters
) -> None:
    world.place("ann", "sell", 100, 10_000)
    dead.bury(KTA)
    told = redrive()
    assert told.code == 0
    assert "would send 1 messages to KTA/USDT again: dead-0" in told.text
    assert dead.count(KTA) == (1, 0)
    assert world.queue.waiting(KTA.id) == 0


@pytest.mark.parametrize("forgotten", [False, True])
def test_whoever_is_killed_between_sending_and_removing_does_both_again(
    redrive, world: World, dead: MemoryDeadLetters, forgotten: bool
) -> None:
    """Whether the queue drops the second message or not: the command is done once."""
    maker = world.place("ben", "sell", 100, 10_000)
    world.settle()
    world.place("ann", "buy", 60, 10_000)
    dead.bury(KTA)
    dead.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        redrive("--yes")
    world.settle()
    if forgotten:
        dead.forget_sent()
        world.restart()
    vars(world.house)["dead_letters"] = dead
    assert dead.count(KTA) == (1, 0)
    assert redrive("--yes").code == 0
    world.settle()
    assert world.state(maker).filled == 60
    assert len(world.fills()) == 1
    assert world.audit().differences == []


def test_what_was_done_before_it_died_is_explained_and_does_nothing_again(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    body = world.queue.letters[KTA.id][0].body
    world.settle()
    dead.put(KTA, body)
    (command,) = explained(say)
    assert (command["state"], command["then"]) == ("resting", "nothing: it was done before")
    world.timer.advance(30 * MINUTE_MS)
    world.place("ben", "sell", 100, 10_000)
    world.settle()
    assert explained(say)[0]["then"] == "nothing: nothing waits for it any more", "forgotten by then"
    redrive("--yes")
    world.settle()
    assert world.status(order_id) == "resting"


def test_a_cancel_in_time_cancels_a_late_one_is_refused_and_a_very_late_one_is_passed_over(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    orders = [world.place("ann", "sell", 100, 10_000 + n) for n in range(3)]
    world.settle()
    for order_id, later_ms, then, becomes in (
        (orders[0], 0, "done as it was asked for", "canceled"),
        (orders[1], 8 * MINUTE_MS, "refused as late", "resting"),
        (orders[2], 7 * MINUTE_MS + SURE_MS, "nothing: it is passed over, much too late", "resting"),
    ):
        world.cancel("ann", order_id)
        dead.bury(KTA)
        world.timer.advance(later_ms)
        assert explained(say)[0]["then"] == then
        redrive("--yes")
        world.settle()
        assert world.status(order_id) == becomes


def test_a_replace_that_died_gives_its_extra_hold_back(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    before = world.held("ann")
    world.replace("ann", order_id, quantity=150)
    dead.bury(KTA)
    world.timer.advance(MINUTE_MS)
    (command,) = explained(say)
    assert command["state"] == "resting, waits for a replace"
    assert command["then"] == "its replace is refused and the extra hold goes back"
    redrive("--yes")
    world.settle()
    assert world.held("ann") == before


def test_in_a_halted_market_it_is_said_that_nothing_is_taken(
    say, world: World, dead: MemoryDeadLetters
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    dead.bury(KTA)
    world.timer.meanwhile = world.deliver
    ops.main(["markets", "halt", "KTA/USDT", "--reason", "drill", "--by", "kim"])
    told = say("explain", "KTA/USDT")
    assert "sent again: refused: the market is halted" in told.text
    assert f"order {order_id} of ann is pending" in told.text


def test_what_holds_no_command_is_told_and_put_aside_by_its_market(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    dead.put(KTA, "no command at all")
    (command,) = explained(say)
    assert (command["command"], command["then"]) == ("Unreadable", "put aside as failed, with an alarm")
    redrive("--yes")
    world.settle()
    assert world.notebook.alarmed == ["unreadable_message"]
    assert len(world.journal()[-1].failed) == 1


def test_one_letter_can_be_chosen_and_the_others_stay_in_their_order(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    for _ in range(3):
        promised(world, "ann")
    for order in world.records():
        world.queue.send(KTA, [world.place_command(order.id)])
    dead.bury(KTA)
    assert redrive("--id", "dead-1", "--yes").code == 0
    assert [row["id"] for row in say("list", "--json").value["letters"]] == ["dead-0", "dead-2"]
    assert redrive("--id", "dead-1", "--yes").code == 2, "it is not there any more"


def test_more_than_one_look_shows_are_all_sent_in_their_order(
    say, redrive, world: World, dead: MemoryDeadLetters
) -> None:
    orders = [world.place("ann", "sell", 100, 10_000 + n) for n in range(25)]
    dead.bury(KTA)
    assert "15 more stand behind these" in say("list").text
    assert redrive("--yes").code == 0
    bodies = [letter.body for letter in world.queue.letters[KTA.id]]
    assert [order_id in body for order_id, body in zip(orders, bodies, strict=True)] == [True] * 25


def test_runs_of_schedules_are_told_and_only_put_aside(say, world: World, dead: MemoryDeadLetters) -> None:
    arn = "arn:aws:lambda:eu-north-1:123456789012:function:cex-prod-sweeper"
    failed = {
        "requestContext": {"functionArn": f"{arn}:$LATEST", "condition": "RetriesExhausted"},
        "responsePayload": {"errorMessage": "Task timed out"},
    }
    dead.put(None, json.dumps(failed))
    dead.put(None, "{}", TARGET_ARN=arn, ERROR_CODE="THROTTLED", ERROR_MESSAGE="Rate exceeded")
    dead.put(None, "rubbish")
    told = say("explain", "schedules").text
    assert "a run of cex-prod-sweeper failed: Task timed out" in told
    assert "a run of cex-prod-sweeper failed: Rate exceeded" in told
    assert "rubbish" in told
    words = ("redrive", "schedules", "--reason", "seen", "--by", "kim")
    assert "put 3 failed runs aside" in say(*words).text
    assert say(*words, "--yes").code == 0
    assert dead.count(None) == (0, 0)
    assert world.queue.sent == []


def test_what_was_sent_again_stands_in_the_record_of_actions(
    redrive, world: World, dead: MemoryDeadLetters, capsys: pytest.CaptureFixture[str]
) -> None:
    world.place("ann", "sell", 100, 10_000)
    dead.bury(KTA)
    redrive("--yes")
    ops.main(["actions", "--json"])
    (action,) = json.loads(capsys.readouterr().out)["actions"]
    assert (action["command"], action["by"], action["reason"]) == (
        "dead-letter redrive",
        "kim",
        "store is back",
    )
    assert "dead-0" in action["outcome"]
