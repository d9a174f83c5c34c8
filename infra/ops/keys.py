"""Which keys may send from our addresses, and how is the operator key changed? Needs the owner key."""

import argparse
from collections.abc import Callable

from chalicelib.errors import Conflict
from chalicelib.flows import schema
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.runs.grant import Granted
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Run, command, signing_key

DRILL_MS = 600_000


def add_commands(commands: Commands) -> None:
    told: tuple[tuple[str, Run, str], ...] = (
        ("grant-operator", run_grant, "let a key send from every address of ours"),
        ("revoke-operator", run_revoke, "let it send from none of them any more"),
    )
    for name, run, text in told:
        parser = command(commands, name, run, text, f'{name} keeta_aab... --reason "key is out" --yes')
        parser.add_argument("key", type=signing_key, help="its Keeta address")
        add_action(parser, moves_money=True)
    rotate = command(
        commands,
        "rotate-operator",
        run_rotate,
        "change the operator key, in two steps that can be begun again",
        'rotate-operator keeta_aab... --reason "yearly" --yes',
        'rotate-operator keeta_aab... --switched --old keeta_aab... --reason "yearly" --yes',
    )
    rotate.add_argument("key", type=signing_key, help="the new one's Keeta address")
    switched = "the functions have the new one; now the old one goes"
    rotate.add_argument("--switched", action="store_true", help=switched)
    rotate.add_argument("--old", type=signing_key, metavar="ADDRESS", help="which one goes")
    add_action(rotate, moves_money=True)


def run_grant(house: Exchange, options: argparse.Namespace) -> int:
    """Raises Conflict."""
    _require_nobodys(house, options.key)
    would = f"let {options.key.address} send from {_left(house, options.key, may=True)} more addresses"
    return _change(house, options, would, house.treasury.grants.give)


def run_revoke(house: Exchange, options: argparse.Namespace) -> int:
    would = f"let {options.key.address} send from {_left(house, options.key, may=False)} addresses no more"
    if options.key.address == house.treasury.operator_address:
        would += "; it is the operator of now: nothing is paid out until another one is"
    return _change(house, options, would, house.treasury.grants.take)


def run_rotate(house: Exchange, options: argparse.Namespace) -> int:
    """0 when this step is whole, 1 when it has to be begun again, 2 for words that make no sense.
    Raises Conflict."""
    new, old = options.key, options.old
    _require_nobodys(house, new)
    if options.switched != (old is not None) or new == old:
        answer.failed(options, "invalid_input", "--switched and --old OTHER-ADDRESS belong together")
        return answer.FAILED
    given = _left(house, new, may=True)
    if not options.switched:
        would = f"let {new.address} send from {given} more addresses; the old key keeps its rights"
        return perform(house, options, new.address, would, lambda: _given(house, new))
    would = (
        f"let {new.address} send from {given} addresses made meanwhile,"
        f" and {old.address} from {_left(house, old, may=False)} addresses no more"
    )
    return perform(house, options, new.address, would, lambda: _switched(house, new, old))


def _require_nobodys(house: Exchange, key: Account) -> None:
    """Raises Conflict for a key that somebody trades with, or that owns our accounts."""
    user = UserId(key.address)
    if key.address in ours(house.store, [key.address]):
        raise Conflict("the owner's key is no operator's")
    if any(house.store.get(each(user)) is not None for each in (schema.wallet, schema.deposit_address)):
        raise Conflict("a user of the exchange has this key")


def _given(house: Exchange, new: Account) -> Answer:
    done = house.treasury.grants.give(new, _until(house))
    if done.left:
        return _told(done)
    next_ = [
        "the new key may send from every address. Next:",
        f"1. give CEX_OPERATOR={new.address} and its key as CEX_OPERATOR_KEY to the functions",
        "2. see a withdrawal land",
        f"3. cex-ops rotate-operator {new.address} --switched --old OLD --reason ...",
    ]
    return Answer({**done._asdict(), "next": next_[1:]}, next_)


def _switched(house: Exchange, new: Account, old: Account) -> Answer:
    """The new one first: an address that nobody may send from would stop its user's withdrawals."""
    grants = house.treasury.grants
    given = grants.give(new, _until(house))
    if given.left:
        return _told(given)
    taken = grants.take(old, _until(house))
    value = {"given": given._asdict(), "taken": taken._asdict()}
    if taken.left:
        return Answer(value, _told(taken).lines, answer.NOT_WELL)
    return Answer(value, [f"{old.address} may send from no address of ours any more"])


def _change(
    house: Exchange, options: argparse.Namespace, would: str, change: Callable[[Account, int], Granted]
) -> int:
    until_ms = _until(house)
    return perform(house, options, options.key.address, would, lambda: _told(change(options.key, until_ms)))


def _told(done: Granted) -> Answer:
    """0 when nothing is left to do."""
    lines = [f"{done.changed} addresses changed, {done.left} left"]
    if done.left == 0:
        return Answer(done._asdict(), lines)
    lines.append("do it again: a run is in flight, somebody else works, or there are too many for one go")
    return Answer(done._asdict(), lines, answer.NOT_WELL)


def _left(house: Exchange, key: Account, *, may: bool) -> int:
    with answer.apart():
        return house.treasury.grants.lacking(key, may=may)


def _until(house: Exchange) -> int:
    return house.timer.now_ms() + DRILL_MS
