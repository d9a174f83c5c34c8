"""How is the money? Stops, runs in flight, withdrawals, addresses, solvency, and the last reconciliation."""

from collections import Counter
from typing import Any

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SLOTS
from chalicelib.flows.proof.solvency import statements
from chalicelib.flows.runs.run import read_run
from chalicelib.flows.runs.settle import STUCK_MS
from chalicelib.flows.withdrawals.waiting import waiting
from chalicelib.wiring import Exchange
from infra.ops.money import amount, stopped
from infra.ops.status.part import Part, ago_s

# Reconciliation comes every five minutes, and a round takes some visits.
ROUND_S_MAX = 3_600
# More than that are not counted.
COUNTED_MAX = 1_000


def money_part(house: Exchange) -> Part:
    """Raises StoreError."""
    parts = (
        _stops(house),
        _runs(house),
        _withdrawals(house),
        _addresses(house),
        _solvency(house),
        _chain(house),
    )
    facts = {name: value for found, _ in parts for name, value in found.items()}
    return Part("money", facts, [complaint for _, complaints in parts for complaint in complaints])


def _stops(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    found = stopped(house)
    return {"paused": found}, [f"withdrawals of {token} are paused" for token in found]


def _runs(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    """Who signs now, and what is on its way."""
    now_ms = house.timer.now_ms()
    facts: dict[str, Any] = {}
    complaints: list[str] = []
    for slot in SLOTS:
        lease = house.store.get(table.lease(slot)) or {}
        number, until_ms = int(str(lease.get("run", 0))), int(str(lease.get("until_ms", 0)))
        item = house.store.get(table.run(slot, number)) if number else None
        facts[f"{slot}_lease"] = "held" if until_ms > now_ms else "free"
        facts[f"{slot}_run"] = None
        if item is not None:
            run = read_run(slot, item)
            age_ms = now_ms - run.times["planned"]
            facts[f"{slot}_run"] = f"{number} {run.kind} {run.state} for {age_ms // 1000} s"
            if run.state == "broken":
                complaints.append(f"run {number} of {slot} is broken: {run.trouble}")
            elif age_ms > STUCK_MS:
                complaints.append(f"run {number} of {slot} is {run.state} for {age_ms // 60_000} minutes")
    return facts, complaints


def _withdrawals(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    found = list(waiting(house.store, house.timer.now_ms()))
    states = Counter(each.withdrawal.state for each in found)
    needed = sum(each.needs_person for each in found)
    told = [f"{state} {count}" for state, count in sorted(states.items())]
    complaints = [f"{needed} withdrawals wait for a person: see cex-ops withdrawals stuck"] if needed else []
    return {"withdrawals": told, "withdrawals_needing_person": needed}, complaints


def _addresses(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    """Those that wait for users; a stage that never had any has no network."""
    free = len(house.store.page(table.free_address("0"), "~", COUNTED_MAX).items)
    begun = house.store.get(table.cursor("treasury")) is not None
    complaints = ["no address is free: new users can not deposit"] if begun and not free else []
    return {"free_addresses": f"{free}+" if free == COUNTED_MAX else free}, complaints


def _solvency(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    found = statements(house.store, house.treasury.tokens)
    facts = {f"own_{each.asset}": amount(each.asset, each.difference) for each in found}
    missing = [
        f"{amount(each.asset, -each.difference)} {each.asset} are missing"
        for each in found
        if not each.is_solvent
    ]
    return facts, missing


def _chain(house: Exchange) -> tuple[dict[str, Any], list[str]]:
    """How lately the chain was looked at, and what was found there."""
    now_ms = house.timer.now_ms()
    place = house.store.get(table.cursor("deposits")) or {}
    reports = house.store.page(table.report(0), "~", 1, newest_first=True).items
    gaps = len(house.store.page(table.note("gap", "0"), "~", COUNTED_MAX).items)
    round_s = ago_s(now_ms, int(str(reports[0]["sk"])) if reports else 0)
    seen_s = ago_s(now_ms, int(str(place.get("done", 0))))
    facts = {"reconciled_s": round_s, "gaps": gaps, "deposits_seen_s": seen_s}
    complaints = [f"books and chain differ at {gaps} places: see cex-ops notes gap"] if gaps else []
    if round_s is not None and round_s > ROUND_S_MAX:
        complaints.append(f"no reconciliation was finished for {round_s} s")
    if seen_s is not None and seen_s > ROUND_S_MAX:
        complaints.append(f"no history was read for {seen_s} s: deposits wait")
    return facts, complaints
