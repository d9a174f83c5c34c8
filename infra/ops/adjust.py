"""How do two people change what a user has? One asks and says why, another approves.

For what no trade, deposit or withdrawal explains: suspense that found its owner, a mistake of ours, coins
that a rebuilt exchange can not account for. The user reads it in his ledger, with the reason.
"""

import argparse

from chalicelib import listing
from chalicelib.errors import InvalidInput
from chalicelib.flows.custody.adjustments import (
    OPEN_MS,
    SOURCES,
    Adjustment,
    require_open,
    require_other,
)
from chalicelib.ids import UserId
from chalicelib.keeta.moment import iso
from chalicelib.money import Amount, parse_units
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Run, command, group, keeta_account
from infra.ops.money import amount


def add_commands(commands: Commands) -> None:
    adjust = group(commands, "adjust", "change what a user has; it takes two people")
    request = command(
        adjust,
        "request",
        run_request,
        f"ask for it; somebody else approves it within {OPEN_MS // 3_600_000} hours",
        'adjust request keeta_aab... USDT 12.5 --against suspense --reason "deposit to an old address" --yes',
        'adjust request keeta_aab... KTA -3 --reason "credited twice, see INC-7" --yes',
    )
    request.add_argument("user", type=keeta_account, help="whose wallet, a Keeta address")
    request.add_argument("token", choices=sorted(listing.ASSETS), metavar="TOKEN")
    request.add_argument("amount", help="in whole tokens; what begins with a minus he loses")
    text = "capital (the house's own) or suspense (owed to somebody unknown): who gives, or gets"
    request.add_argument("--against", choices=sorted(SOURCES), default="capital", help=text)
    add_action(request, moves_money=True)
    told: tuple[tuple[str, Run, str], ...] = (
        ("approve", run_approve, "let it happen; not by whom it was asked for"),
        ("reject", run_reject, "let it not happen"),
    )
    for name, run, about in told:
        parser = command(adjust, name, run, about, f'adjust {name} ID --by lou --reason "checked" --yes')
        parser.add_argument("id")
        add_action(parser, moves_money=True)
    command(adjust, "list", run_list, "what was asked for, newest first", "adjust list --json")


def run_request(house: Exchange, options: argparse.Namespace) -> int:
    user, moved = UserId(options.user.address), _amount(options.token, options.amount)
    by = str(options.by)
    draft = house.adjustments.draft(user, moved, options.against, options.reason, by)

    def request() -> Answer:
        made = house.adjustments.request(draft)
        lines = [f"asked for as {made.id}; it is open until {iso(made.until_ms)}"]
        return Answer(_told(made), lines)

    return perform(house, options, draft.user, f"ask to {_spoken(draft)}", request)


def run_approve(house: Exchange, options: argparse.Namespace) -> int:
    found, by = house.adjustments.get(options.id), str(options.by)
    require_other(found, by)
    if found.state != "posted":
        require_open(found)

    def approve() -> Answer:
        done = house.adjustments.approve(found.id, by)
        told = "posted before" if found.state == "posted" else "posted"
        return Answer(_told(done), [f"{told}: {_spoken(done)}"])

    return perform(house, options, found.id, _spoken(found), approve)


def run_reject(house: Exchange, options: argparse.Namespace) -> int:
    found, by = house.adjustments.get(options.id), str(options.by)
    if found.state != "rejected":
        require_open(found)

    def reject() -> Answer:
        done = house.adjustments.reject(found.id, by, options.reason)
        return Answer(_told(done), [f"rejected: {_spoken(done)}"])

    return perform(house, options, found.id, f"not {_spoken(found)}", reject)


def run_list(house: Exchange, options: argparse.Namespace) -> int:
    found = house.adjustments.listed()
    lines = answer.table(
        {
            "id": each.id,
            "state": each.state,
            "user": each.user,
            "amount": f"{amount(each.asset, each.units)} {each.asset}",
            "against": each.source,
            "asked by": each.asked_by,
            "decided by": each.decided_by,
            "reason": each.reason,
        }
        for each in found
    )
    value = {"adjustments": [_told(each) for each in found]}
    return answer.show(options, Answer(value, lines or ["nobody has asked for any"]))


def _amount(asset: str, text: str) -> Amount:
    """Raises InvalidInput."""
    sign = -1 if text.startswith("-") else 1
    units = parse_units(text.removeprefix("-"), listing.ASSETS[asset].decimals)
    if not units:
        raise InvalidInput("an adjustment of nothing", field="amount")
    return Amount(asset, sign * units)


def _told(found: Adjustment) -> dict[str, object]:
    return {**found._asdict(), "amount": amount(found.asset, found.units)}


def _spoken(found: Adjustment) -> str:
    verb, way = ("give", "to") if found.units > 0 else ("take", "from")
    moved = f"{amount(found.asset, abs(found.units))} {found.asset}"
    return f"{verb} {moved} {way} {found.user}, against {found.source}: {found.reason}"
