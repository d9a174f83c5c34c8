"""What can an operator do about withdrawals? Pause and resume them, and decide about single ones."""

import argparse

from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, stop, stops_of
from chalicelib.flows.plan import Plan
from chalicelib.flows.withdrawals import controls
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.listing import PAYOUTS
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Run, command, group
from infra.ops.money import amount


def add_commands(commands: Commands) -> None:
    withdrawals = group(commands, "withdrawals", "pause and resume withdrawals, and decide about single ones")
    pause = command(
        withdrawals,
        "pause",
        run_pause,
        "sign no payment of a token, of ALL tokens, or plan none of one user",
        'withdrawals pause USDT --reason "issuer halted it"',
        'withdrawals pause ALL --reason "drill"',
        'withdrawals pause keeta_aab... --reason "account taken over"',
    )
    resume = command(
        withdrawals,
        "resume",
        run_resume,
        "pay out again what was paused",
        'withdrawals resume USDT --reason "issuer is back" --yes',
    )
    for parser in (pause, resume):
        parser.add_argument("what", type=_token_or_user, help="token, ALL, or the Keeta address of a user")
    add_action(pause)
    add_action(resume, moves_money=True)
    _add_decisions(withdrawals)


def _add_decisions(withdrawals: Commands) -> None:
    told: tuple[tuple[str, Run, str], ...] = (
        ("approve", run_approve, "let a large withdrawal go; it takes two people"),
        ("reject", run_reject, "cancel a withdrawal that waits"),
    )
    for name, run, about in told:
        parser = command(
            withdrawals,
            name,
            run,
            about,
            f'withdrawals {name} keeta_aab... ID --by kim --reason "called" --yes',
        )
        parser.add_argument("user", help="whose it is")
        parser.add_argument("id")
        add_action(parser, moves_money=True)
    resolve = command(
        withdrawals,
        "resolve",
        run_resolve,
        "give up a run that met another's block, and pay anew",
        'withdrawals resolve --reason "looked at the chain" --yes',
    )
    add_action(resolve, moves_money=True)


def run_pause(house: Exchange, options: argparse.Namespace) -> int:
    now_ms, what = house.timer.now_ms(), options.what
    if _is_user(what):
        frozen = controls.freeze(UserId(what), options.reason, now_ms)
        return _control(house, options, "plan no withdrawal of this user", frozen)
    return _control(house, options, f"sign nothing of {what}", stop(what, options.reason, now_ms))


def run_resume(house: Exchange, options: argparse.Namespace) -> int:
    now_ms, what = house.timer.now_ms(), options.what
    if _is_user(what):
        free = controls.unfreeze(UserId(what), options.reason, now_ms)
        return _control(house, options, "plan withdrawals of this user again", free)
    return _control(house, options, f"sign {what} again", clear(what, options.reason, now_ms))


def run_approve(house: Exchange, options: argparse.Namespace) -> int:
    found = withdrawal(house, options.user, options.id)
    plan = controls.approve(found, options.by, house.timer.now_ms())
    approved = f"{len(found.approved) + 1} of {found.needs}"
    return _decide(house, options, found, f"approve {_spoken(found)} ({approved})", plan)


def run_reject(house: Exchange, options: argparse.Namespace) -> int:
    found = withdrawal(house, options.user, options.id)
    plan = controls.reject(found, options.by, options.reason, house.timer.now_ms())
    return _decide(house, options, found, f"reject {_spoken(found)} and give it back", plan)


def run_resolve(house: Exchange, options: argparse.Namespace) -> int:
    def resolve() -> Answer:
        if house.treasury.grants.resolve():
            return Answer({"resolved": True}, ["resolved"])
        lines = ["not now: no broken run, or its blocks could still land"]
        return Answer({"resolved": False}, lines, answer.NOT_WELL)

    return perform(
        house, options, "the broken run", "give up the broken run, and plan its payments anew", resolve
    )


def withdrawal(house: Exchange, user: str, withdrawal_id: str) -> Withdrawal:
    """Raises NotFound."""
    item = house.store.get(schema.withdrawal(UserId(user), withdrawal_id))
    if item is None:
        raise NotFound("no such withdrawal")
    return Withdrawal.from_item(item)


def stopped(house: Exchange) -> list[str]:
    """Tokens, or ALL, of which nothing is signed."""
    return sorted(stops_of(house.store.get(table.lease(SETTLEMENT))))


def _control(house: Exchange, options: argparse.Namespace, would: str, plan: Plan) -> int:
    def act() -> Answer:
        house.store.commit(plan)
        lines = [f"stopped: {', '.join(stopped(house)) or 'nothing'}"]
        if _is_user(options.what):
            controls_now = house.store.get(schema.payout_controls(UserId(options.what))) or {}
            frozen = bool(controls_now.get("frozen"))
            lines = [f"withdrawals of {options.what} are {'paused' if frozen else 'not paused'}"]
            return Answer({"user": options.what, "paused": frozen}, lines)
        return Answer({"stopped": stopped(house)}, lines)

    return perform(house, options, options.what, would, act)


def _decide(house: Exchange, options: argparse.Namespace, found: Withdrawal, would: str, plan: Plan) -> int:
    def act() -> Answer:
        house.store.commit(plan)
        after = withdrawal(house, found.user, found.id)
        value = {"id": after.id, "state": after.state, "approved": after.approved, "needs": after.needs}
        return Answer(value, [f"{_spoken(after)} is {after.state} {after.reason}".rstrip()])

    return perform(house, options, found.id, would, act)


def _spoken(found: Withdrawal) -> str:
    return f"withdrawal {found.id} of {amount(found.asset, found.units)} {found.asset}"


def _token_or_user(given: str) -> str:
    if given == ALL or given in PAYOUTS:
        return given
    try:
        return Account.from_address(given).address
    except KeetaError:
        names = ", ".join((*PAYOUTS, ALL))
        raise argparse.ArgumentTypeError(f"{given} is no Keeta address and none of {names}") from None


def _is_user(what: str) -> bool:
    return what != ALL and what not in PAYOUTS
