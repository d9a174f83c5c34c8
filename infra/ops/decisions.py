"""Which withdrawals wait for a person, and what can he decide about one?"""

import argparse
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.plan import Plan
from chalicelib.flows.withdrawals import controls
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.waiting import Waiting, waiting
from chalicelib.ids import UserId
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Run, add_user, command
from infra.ops.evidence import evidence
from infra.ops.finding import owner_of_withdrawal
from infra.ops.money import amount

ID = "qwertyuiopasdfghjklzxcvbnm"


def add_decisions(withdrawals: Commands) -> None:
    """Below `withdrawals`."""
    text = "all that are not over, and what each waits for"
    command(withdrawals, "list", run_list, text, "withdrawals list", "withdrawals list --json")
    text = "those that wait for a person; exit code 1 if there are any"
    command(withdrawals, "stuck", run_stuck, text, "withdrawals stuck")
    text = "all that is known of one, and what may be decided"
    show = command(
        withdrawals, "show", run_show, text, f"withdrawals show {ID}", f"withdrawals show {ID} --json"
    )
    decided: tuple[tuple[str, Run, str], ...] = (
        ("approve", run_approve, "let a large one go; it takes two people"),
        ("reject", run_reject, "give one back that is not planned yet: it is requested, and in no run"),
    )
    for name, run, text in decided:
        line = f'withdrawals {name} {ID} --by kim --reason "talked to its owner" --yes'
        parser = command(withdrawals, name, run, text, line)
        _add_id(parser)
        add_action(parser, moves_money=True)
    _add_id(show)
    line = 'withdrawals resolve --reason "the thief\'s key is revoked" --yes'
    text = "give up a run that met another's block, and plan its payments anew"
    add_action(command(withdrawals, "resolve", run_resolve, text, line), moves_money=True)


def run_list(house: Exchange, options: argparse.Namespace) -> int:
    return _listed(house, options, list(waiting(house.store, house.timer.now_ms())))


def run_stuck(house: Exchange, options: argparse.Namespace) -> int:
    """0 when nobody is needed, else 1."""
    found = [each for each in waiting(house.store, house.timer.now_ms()) if each.needs_person]
    return _listed(house, options, found, answer.NOT_WELL if found else answer.DONE)


def run_show(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound."""
    found = _found(house, options)
    with answer.apart():
        told = evidence(house, found)
    lines = [
        *answer.facts({"user": found.user, "amount": f"{amount(found.asset, found.units)} {found.asset}"}),
        *answer.facts(
            {"to": found.to, "state": told["withdrawal"]["state"], "reason": told["withdrawal"]["reason"]}
        ),
    ]
    for part in ("run", "network", "source"):
        lines += [f"{part}:", *(f"  {line}" for line in answer.facts(told[part] or {"none": ""}))]
    lines += ["decide:", *(f"  {line}" for line in told["decide"])]
    return answer.show(options, Answer(told, lines))


def run_approve(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound, Conflict."""
    found = _found(house, options)
    plan = controls.approve(found, options.by, house.timer.now_ms())
    approved = f"{len(found.approved) + 1} of {found.needs}"
    return _decide(house, options, found, f"approve {_spoken(found)} ({approved})", plan)


def run_reject(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound, Conflict."""
    found = _found(house, options)
    plan = controls.reject(found, house.timer.now_ms())
    return _decide(house, options, found, f"reject {_spoken(found)} and give it back", plan)


def run_resolve(house: Exchange, options: argparse.Namespace) -> int:
    """0 when its payments are planned anew, 1 when that can not be yet."""

    def act() -> Answer:
        if house.treasury.resolver.resolve():
            return Answer({"resolved": True}, ["resolved"])
        lines = ["not now: no broken run, or a block of it could still land; revoke the key first"]
        return Answer({"resolved": False}, lines, answer.NOT_WELL)

    would = "give up the broken run, and plan its payments anew"
    return perform(house, options, "the broken run", would, act)


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id")
    add_user(parser)


def _found(house: Exchange, options: argparse.Namespace) -> Withdrawal:
    """Raises NotFound."""
    user = options.user.address if options.user else owner_of_withdrawal(house, options.id)
    return _read(house, user, options.id)


def _read(house: Exchange, user: str, withdrawal_id: str) -> Withdrawal:
    item = house.store.get(schema.withdrawal(UserId(user), withdrawal_id))
    if item is None:
        raise NotFound("no such withdrawal")
    return Withdrawal.from_item(item)


def _decide(house: Exchange, options: argparse.Namespace, found: Withdrawal, would: str, plan: Plan) -> int:
    def act() -> Answer:
        house.store.commit(plan)
        after = _read(house, found.user, found.id)
        value = {"id": after.id, "state": after.state, "approved": after.approved, "needs": after.needs}
        return Answer(value, [f"{_spoken(after)} is {after.state} {after.reason}".rstrip()])

    return perform(house, options, found.id, would, act)


def _listed(
    house: Exchange, options: argparse.Namespace, found: list[Waiting], code: int = answer.DONE
) -> int:
    now_ms = house.timer.now_ms()
    rows = [_row(each, now_ms) for each in found]
    value = {
        "withdrawals": [{**each.withdrawal._asdict(), **row} for each, row in zip(found, rows, strict=True)]
    }
    return answer.show(options, Answer(value, answer.table(rows) or ["none"], code))


def _row(each: Waiting, now_ms: int) -> dict[str, Any]:
    found = each.withdrawal
    return {
        "id": found.id,
        "user": found.user,
        "amount": f"{amount(found.asset, found.units)} {found.asset}",
        "state": found.state,
        "asked": iso(found.created_ms),
        "age_s": (now_ms - found.created_ms) // 1000,
        "why": each.why,
        "needs_person": each.needs_person,
    }


def _spoken(found: Withdrawal) -> str:
    return f"withdrawal {found.id} of {amount(found.asset, found.units)} {found.asset}"
