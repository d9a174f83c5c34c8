"""Where do withdrawals differ from what their runs did with them?

    the newest run that names it     the withdrawal
    planned, signed, submitted       planned in it
    landed                           planned in it until it is posted
    closed                           landed, if one of its blocks paid it
    broken                           stuck
    void, or gone                    requested again
    any, and it was set aside        stuck: its block could still land

What has ended stays so: it was posted, whatever its run has forgotten.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.plan import Absent, Delete, Equals, Item, Present, Put, Update, Write
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.restore.repair import Repair, repair, set_units
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.flows.withdrawals.day import share
from chalicelib.flows.withdrawals.record import DAY_MS, Withdrawal, queued
from chalicelib.flows.withdrawals.request import unapproved


def payout_repairs(stored: Stored) -> Iterator[Repair]:
    """Withdrawals as they must be. From here on they count as stored."""
    runs = [run for run in stored.custody.runs if run.slot == SETTLEMENT]
    named = {p.id: (run, p) for run in sorted(runs, key=lambda each: each.number) for p in run.payments}
    known = {each.id for each in stored.withdrawals}
    for place, found in enumerate(stored.withdrawals):
        aside = found.state == "stuck" and table.note("aside", found.id) in stored.custody.others
        wanted = found if aside else _wanted(found, *named.get(found.id, (None, None)))
        if wanted != found:
            stored.withdrawals[place] = wanted
            yield repair("withdrawals", found.id, _told(wanted), _told(found), _moved(found, wanted))
    for run, payment in named.values():
        if payment.id not in known and run.state != "void":
            made = _again(run, payment)
            stored.withdrawals.append(made)
            put = Put(schema.withdrawal(made.user, made.id), made.to_item(), require=(Absent(),))
            yield repair("withdrawals", made.id, _told(made), "none, yet a run pays it", put)


def _wanted(found: Withdrawal, run: Run | None, payment: Payment | None) -> Withdrawal:
    if not found.is_open:
        return found
    if run is None or payment is None or run.state == "void":
        waits = found.state == "requested" or (run is None and not found.run)
        return found if waits else found._replace(state="requested", run=0, reason="")
    if run.state == "closed":
        block = run.landed.get(payment.id, "")
        # Left out of what was signed in the end, it may wait in the queue again.
        return _landed(found, run, block) if block else found
    state = "stuck" if run.state == "broken" else "planned"
    return found if found.state == state and found.run == run.number else _in_run(found, run)


def _in_run(found: Withdrawal, run: Run) -> Withdrawal:
    if run.state == "broken":
        return found._replace(state="stuck", run=run.number, reason="a person looks at it")
    return found._replace(state="planned", run=run.number, reason="")


def _landed(found: Withdrawal, run: Run, block: str) -> Withdrawal:
    closed_ms = run.times["closed"]
    return found._replace(state="landed", run=run.number, block=block, reason="", updated_ms=closed_ms)


def _again(run: Run, payment: Payment) -> Withdrawal:
    """As it was asked for, but for its client's own id."""
    asked_ms = run.times["planned"]
    terms = (payment.id, payment.user, payment.asset, payment.units, payment.to)
    made = Withdrawal(*terms, "planned", "", asked_ms, asked_ms, "", run.number, "", 0, [])
    return _wanted(made, run, payment)


def _moved(found: Withdrawal, wanted: Withdrawal) -> Update:
    names = ("state", "run", "block", "reason", "updated_ms")
    fields = {name: getattr(wanted, name) for name in names}
    same = (Equals("state", found.state), Equals("run", found.run))
    return Update(schema.withdrawal(found.user, found.id), set=fields, require=same)


def _told(found: Withdrawal) -> str:
    return f"{found.state} in run {found.run}" if found.run else found.state


# --- what stands beside them --------------------------------------------------------------------


def list_repairs(stored: Stored) -> Iterator[Repair]:
    """The queue, and the lists that their users see. Then what was counted against the day."""
    wanted: dict[Key, Write] = {}
    for each in stored.withdrawals:
        key = schema.asked_withdrawal(each.user, each.created_ms, each.id)
        wanted[key] = Put(key, {})
        if each.state == "requested":
            waits = queued(each) if len(each.approved) >= each.needs else unapproved(each)
            wanted[waits.key] = waits
    items = {**stored.others, **stored.custody.others}
    found = {key for key in items if _is_listed(key)}
    for key in sorted(found - wanted.keys()):
        gone = Delete(key, require=(Present(),))
        yield repair("queue", f"{key.pk} {key.sk}", "none", "a withdrawal", gone)
    for key in sorted(wanted.keys() - found):
        yield repair("queue", f"{key.pk} {key.sk}", "a withdrawal", "none", wanted[key])
    yield from _limit_repairs(stored)


def _is_listed(key: Key) -> bool:
    lists = {table.queued_withdrawal("").pk, table.unapproved_withdrawal("").pk}
    return key.sk.startswith(schema.ASKED_PREFIX) or key.pk in lists


def _limit_repairs(stored: Stored) -> Iterator[Repair]:
    """Never less than was asked for. It may be more: what the day counted stays counted."""
    asked: Counter[tuple[Key, str]] = Counter()
    all_day: Counter[tuple[int, str]] = Counter()
    for each in stored.withdrawals:
        if each.state in ("canceled", "failed"):
            continue  # given back to the day
        day = each.created_ms // DAY_MS
        asked[schema.asked_of_user(each.user, day), f"units_{each.asset}"] += each.units
        asked[schema.asked_of_user(each.user, day), "number"] += 1
        all_day[day, each.asset] += each.units
        if not each.needs:
            asked[schema.asked_of_user(each.user, day), f"free_{each.asset}"] += each.units
    items = {**stored.others, **stored.custody.others}
    for (day, asset), units in all_day.items():
        keys = [table.asked_of_all(day, asset, part) for part in range(table.DAY_PARTS)]
        counted = [_counted(items, key, "units") for key in keys]
        missing = units - sum(counted)
        for part, key in enumerate(keys):
            # Filled evenly, none gets more than its share of the limit.
            added = min(max(share(units, part) - counted[part], 0), max(missing, 0))
            asked[key, "units"], missing = counted[part] + added, missing - added
    for (key, name), units in asked.items():
        found = _counted(items, key, name)
        if found < units:
            write = set_units(key, {name: units}, {name: found})
            yield repair("limits", f"{key.pk} {key.sk} {name}", units, found, write)


def _counted(items: Mapping[Key, Item], key: Key, name: str) -> int:
    return int(str(items.get(key, {}).get(name, 0)))
