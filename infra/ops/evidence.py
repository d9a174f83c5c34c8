"""What is known of one withdrawal, and what may a person decide about it?

Our record, the run that it is planned in, what the representatives show of its blocks, and what lies
at the address that pays it, in the books and on the chain.
"""

from collections.abc import Collection
from typing import Any

from chalicelib.errors import CexError
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.runs.aside import ASIDE
from chalicelib.flows.runs.left_out import LEFT_OUT
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.keeta.account import Account
from chalicelib.keeta.moment import iso
from chalicelib.settlement.outlook import verdict
from chalicelib.wiring import Exchange
from infra.ops.money import amount


def run_of(house: Exchange, found: Withdrawal) -> Run | None:
    """None as long as it was not planned."""
    item = house.store.get(table.run(SETTLEMENT, found.run)) if found.run else None
    return read_run(SETTLEMENT, item) if item else None


def evidence(house: Exchange, found: Withdrawal) -> dict[str, Any]:
    run = run_of(house, found)
    return {
        "withdrawal": found.within(run)._asdict(),
        "run": _run(run) if run else None,
        "network": _network(house, run) if run else None,
        "source": _source(house, found),
        "decide": decisions(found.within(run), run, _noted(house, found)),
    }


def _noted(house: Exchange, found: Withdrawal) -> set[str]:
    kinds = (ASIDE, LEFT_OUT)
    return {kind for kind in kinds if house.store.get(table.note(kind, found.id)) is not None}


def decisions(found: Withdrawal, run: Run | None, noted: Collection[str] = ()) -> list[str]:
    """What to do next, as sentences or commands. noted: kinds of notes that there are of it."""
    if not found.is_open:
        return [f"nothing: it has {found.state}"]
    if found.state == "requested":
        words = f"{found.id} --user {found.user} --reason ..."
        approve = [f"cex-ops withdrawals approve {words}"] if len(found.approved) < found.needs else []
        return [*approve, f"cex-ops withdrawals reject {words}"]
    if LEFT_OUT in noted:
        return ["a developer must see it: its run has lost it, which contradicts our own records"]
    if ASIDE in noted:
        return [
            "wait: when its address pays something else, it is given back by itself",
            f"cex-ops withdrawals free-place {found.id} --reason ... (puts a block where it could land)",
        ]
    if run is not None and run.state == "broken":
        return [
            "cex-ops revoke-operator KEY --reason ... (it puts a block of ours where the payment could land)",
            "cex-ops withdrawals resolve --reason ...",
            "after that it is requested again: it is paid when withdrawals are resumed, or can be rejected",
        ]
    return ["wait: its blocks may land, so it can be neither paid again nor given back"]


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "state": run.state,
        "trouble": run.trouble,
        "times": {state: iso(ms) for state, ms in run.times.items()},
        "payments": len(run.payments),
        "blocks": [
            {"hash": block.hash.hex(), "account": block.body.account.address}
            for block in (run.publishing.all_blocks if run.publishing else ())
        ],
        "landed": dict(run.landed),
    }


def _network(house: Exchange, run: Run) -> dict[str, Any]:
    """What the representatives show of its staple; or why that is not known."""
    if run.publishing is None:
        return {"verdict": "nothing is signed yet"}
    try:
        seen = house.treasury.chain.look(run.known)
    except CexError as error:
        return {"verdict": "not known", "why": f"{error.code}: {error.detail}"}
    return {
        "verdict": verdict(seen, house.timer.now_ms()).value,
        "votes": len(seen.votes),
        "silent": [account.address for account in seen.silent],
        "rival": [block.hash.hex() for block in seen.rival.blocks] if seen.rival else [],
    }


def _source(house: Exchange, found: Withdrawal) -> dict[str, Any] | None:
    """The address that pays it. None: the user has none."""
    home = house.store.get(schema.deposit_address(found.user))
    if home is None:
        return None
    address = str(home["address"])
    books = ours(house.store, [address])[address].held(found.asset)
    return {
        "address": address,
        "books": amount(found.asset, books),
        "chain": _on_chain(house, address, found.asset),
    }


def _on_chain(house: Exchange, address: str, asset: str) -> str:
    try:
        (state,) = house.treasury.chain.states([Account.from_address(address)])
    except CexError as error:
        return f"not known: {error.detail}"
    return amount(asset, state.balances.get(house.treasury.tokens[asset], 0))
