"""How does an operator pause withdrawals, and resume them? Of a token, of all, or of one user."""

import argparse

from chalicelib.errors import InvalidInput
from chalicelib.flows import schema
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.custody.lease import ALL, clear, stop
from chalicelib.flows.plan import Plan
from chalicelib.flows.withdrawals import controls
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.listing import PAYOUTS
from chalicelib.wiring import Exchange
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.aside import add_aside
from infra.ops.command import Commands, command, group
from infra.ops.decisions import add_decisions
from infra.ops.money import stopped


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
    add_decisions(withdrawals)
    add_aside(withdrawals)


def run_pause(house: Exchange, options: argparse.Namespace) -> int:
    """Raises InvalidInput."""
    now_ms, what = house.timer.now_ms(), options.what
    if _is_user(what):
        _require_key(house, what)
        frozen = controls.freeze(UserId(what), options.reason, now_ms)
        return _control(house, options, "plan no withdrawal of this user", frozen)
    return _control(house, options, f"sign nothing of {what}", stop(what, options.reason, now_ms))


def run_resume(house: Exchange, options: argparse.Namespace) -> int:
    now_ms, what = house.timer.now_ms(), options.what
    if _is_user(what):
        free = controls.unfreeze(UserId(what), options.reason, now_ms)
        return _control(house, options, "plan withdrawals of this user again", free)
    return _control(house, options, f"sign {what} again", clear(what, options.reason, now_ms))


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


def _require_key(house: Exchange, address: str) -> None:
    """Raises InvalidInput for what nobody signs in with: pausing it would pause nobody."""
    found = ours(house.store, [address]).get(address)
    if found is not None and found.user:
        raise InvalidInput(f"a deposit address; its user is {found.user}", field="what")
    if found is not None or not Account.from_address(address).key_type.signs:
        raise InvalidInput("no user has this address", field="what")


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
