"""How is something done that changes the exchange? Said by somebody, for a reason, and recorded.

The record is written before anything is done: what can not be recorded is not done.
"""

import argparse
import getpass
import sys
from collections.abc import Callable

from chalicelib.errors import CexError, OutcomeUnknown, QueueUnavailable, StoreError, StoreUnavailable
from chalicelib.flows.records.actions import Action, State, actions
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.answer import Answer
from infra.ops.command import Commands, Parser, command
from infra.ops.stage import where

OUTCOME_MAX = 500


def add_action(parser: Parser, *, moves_money: bool = False, reason: str | None = None) -> None:
    """The options of every action. One that moves money only says what it would do without --yes.

    reason: what is written down when nobody says why; None: it has to be said.
    """
    who, stays = _login(), "stands in the record for good"
    parser.add_argument("--reason", required=not reason, default=reason, type=text, help=stays)
    parser.add_argument(
        "--by",
        default=who,
        required=not who,
        type=text,
        help="who does it (you); at a deployed stage AWS tells",
    )
    if moves_money:
        parser.add_argument("--yes", action="store_true", help="do it; else it is only said what would be")


def perform(
    house: Exchange,
    options: argparse.Namespace,
    subject: str,
    would: str,
    do: Callable[[], Answer],
    *,
    looks: bool = False,
) -> int:
    """The exit code. `would` says in one sentence what `do` does; a dry run stops there. Where it is done
    stands on standard error first. looks: it is done, whatever it finds.

    Raises what `do` raises, once that is recorded, and StoreError when nothing can be recorded.
    """
    print(where(house.stage, house.prefix, str(options.by)), file=sys.stderr)
    if not getattr(options, "yes", True):
        value = {"dry_run": True, "would": would}
        return answer.show(options, Answer(value, [f"would {would}", "nothing was done; --yes does it"]))
    begun = _begun(house, options, subject)
    house.store.commit(begun.begin())
    try:
        with answer.apart():
            done = do()
    except (StoreUnavailable, QueueUnavailable, OutcomeUnknown, KeyboardInterrupt):
        raise  # nobody knows: it stays `begun`, and `status` asks somebody to look
    except CexError as error:
        _end(house, begun, "failed", f"{error.code}: {error.detail}")
        raise
    except BaseException as fault:
        _end(house, begun, "failed", repr(fault))
        raise
    state: State = "done" if looks or done.code == answer.DONE else "refused"
    _end(house, begun, state, "; ".join(done.lines))
    return answer.show(options, done._replace(value={**done.value, "action": begun.id}))


def add_commands(commands: Commands) -> None:
    listed = command(
        commands,
        "actions",
        run_actions,
        "what operators did, newest first",
        "actions",
        "actions --limit 5 --json",
    )
    listed.add_argument("--limit", type=int, default=50, choices=range(1, 1001), metavar="1..1000")
    listed.add_argument("--before", metavar="CURSOR", help="`next` of the answer before")


def run_actions(house: Exchange, options: argparse.Namespace) -> int:
    found, more = actions(house.store, options.limit, options.before)
    rows = [
        {
            "time": iso(each.began_ms),
            "by": each.by,
            "command": each.command,
            "subject": each.subject,
            "state": each.state,
            "reason": each.reason,
            "id": each.id,
        }
        for each in found
    ]
    value = {"actions": [each._asdict() for each in found], "next": more}
    return answer.show(options, Answer(value, answer.table(rows) or ["nothing was done yet"]))


def text(given: str) -> str:
    """A word of an option that must say something."""
    if not given.strip():
        raise argparse.ArgumentTypeError("say it")
    return given.strip()


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a machine that does not know who works on it
        return None


def _begun(house: Exchange, options: argparse.Namespace, subject: str) -> Action:
    now_ms, words = house.timer.now_ms(), _words(options)
    return Action(
        house.ids.uuid(), options.command, subject, words, options.by, options.reason, "begun", "", now_ms, 0
    )


def _words(options: argparse.Namespace) -> str:
    """What was asked for, as the parser understood it."""
    given = {name: value for name, value in sorted(vars(options).items()) if value not in (None, "", False)}
    told = (
        f"{name}={value}" for name, value in given.items() if name not in ("run", "command", "by", "reason")
    )
    return " ".join(told)


def _end(house: Exchange, begun: Action, state: State, outcome: str) -> None:
    """What is done is done, even if that can not be written down; then it is said."""
    try:
        house.store.commit(begun.end(state, outcome[:OUTCOME_MAX], house.timer.now_ms()))
    except StoreError as error:
        print(
            f"action {begun.id} is {state}, but its record still says begun: {error.detail}", file=sys.stderr
        )
