"""How much was asked for today (UTC), by one user and by all, and is there room for more?

What all users ask for is counted in parts, each with its share of the limit, so that requests of the same
moment seldom write the same item. No part takes more than its share, so all together never more than the
limit. A request counts in a part of its own while it fits there, and otherwise wherever there is room.
What ends unpaid goes back to the request's own part, which may fall below zero and has that much more room.
"""

from collections.abc import Mapping, Sequence

from chalicelib import listing
from chalicelib.errors import CexError, PayoutRefused, RateLimited
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.custody.table import DAY_PARTS
from chalicelib.flows.plan import AtMost, Condition, Item, Update
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.withdrawals.record import DAY_MS, Withdrawal
from chalicelib.ledger.transfers import release_transfers
from chalicelib.terms import PayoutTerms

# Units by part.
Parts = Mapping[int, int]

_NUMBER = "number"


def check_size(made: Withdrawal, terms: PayoutTerms) -> None:
    """Raises PayoutRefused for what no day has room for: counters can not tell it while there are none."""
    if made.units > terms.user_day_units:
        raise over_user_day()


def over_user_day() -> PayoutRefused:
    return PayoutRefused("more than one account may withdraw on one day", code="daily_limit")


def over_all_day() -> PayoutRefused:
    return PayoutRefused("more than the exchange pays out on one day", code="exchange_daily_limit")


# --- one user ---------------------------------------------------------------------------------


def counted_of_user(made: Withdrawal, terms: PayoutTerms) -> Update:
    """The write that counts it against its user's day, if there is room."""
    units = {f"units_{made.asset}": made.units, _NUMBER: 1}
    room: list[Condition] = [AtMost(f"units_{made.asset}", terms.user_day_units - made.units)]
    room.append(AtMost(_NUMBER, listing.WITHDRAWALS_PER_DAY - 1))
    if not made.needs:
        units[f"free_{made.asset}"] = made.units
        room.append(AtMost(f"free_{made.asset}", terms.approval_units - made.units))
    return Update(schema.asked_of_user(made.user, _day(made)), add=units, require=tuple(room))


def refused_of_user(reader: StoreReader, made: Withdrawal) -> CexError:
    """Why `counted_of_user` found no room."""
    item = reader.get(schema.asked_of_user(made.user, _day(made)))
    if _number(item, _NUMBER) < listing.WITHDRAWALS_PER_DAY:
        return over_user_day()
    return RateLimited(
        f"more than {listing.WITHDRAWALS_PER_DAY} withdrawals of one account in a day (UTC)",
        code="too_many_withdrawals",
        retry_s=left_of_day_s(made.created_ms),
    )


def left_of_day_s(now_ms: int) -> int:
    """Seconds until the next day (UTC) begins."""
    return -(-(DAY_MS - now_ms % DAY_MS) // 1000)


# --- all of them ------------------------------------------------------------------------------


def share(most: int, part: int) -> int:
    """A part's share of a limit; all of them together are the limit."""
    return most // DAY_PARTS + (part < most % DAY_PARTS)


def own_part(made: Withdrawal, terms: PayoutTerms) -> Parts | None:
    """All of it in its own part; None when it is larger than that part's share."""
    part = table.day_part(made.id)
    return {part: made.units} if made.units <= share(terms.all_day_units, part) else None


def spread(reader: StoreReader, made: Withdrawal, terms: PayoutTerms) -> Parts:
    """Where it fits now, in as few parts as can be. Raises PayoutRefused when it does not fit at all."""
    counted = asked_of_all(reader, made.asset, _day(made))
    rooms = [share(terms.all_day_units, part) - counted[part] for part in range(DAY_PARTS)]
    found, left = {}, made.units
    for part in sorted(range(DAY_PARTS), key=lambda part: -rooms[part]):
        taken = min(left, max(rooms[part], 0))
        if taken:
            found[part] = taken
            left -= taken
    # A part below zero has more room than its share, so the sum tells what there is.
    if left:
        raise over_all_day()
    return found


def asked_of_all(reader: StoreReader, asset: str, day: int) -> Sequence[int]:
    """Units that are counted, part by part."""
    keys = [table.asked_of_all(day, asset, part) for part in range(DAY_PARTS)]
    found = {str(item["sk"]): item for item in reader.get_many(keys)}
    return [_number(found.get(key.sk), "units") for key in keys]


def counted_of_all(made: Withdrawal, terms: PayoutTerms, parts: Parts) -> list[Update]:
    """The writes that count it there, if there is room."""
    return [
        Update(
            table.asked_of_all(_day(made), made.asset, part),
            add={"units": units},
            require=(AtMost("units", share(terms.all_day_units, part) - units),),
        )
        for part, units in sorted(parts.items())
    ]


# --- back -------------------------------------------------------------------------------------


def given_back(found: Withdrawal) -> list[Update]:
    """What is written when a withdrawal ends unpaid: the hold is over, and its day has not counted it."""
    units = {f"units_{found.asset}": -found.units, _NUMBER: -1}
    if not found.needs:
        units[f"free_{found.asset}"] = -found.units
    own = table.asked_of_all(_day(found), found.asset, table.day_part(found.id))
    return [
        *posting(release_transfers(found.hold)),
        Update(schema.asked_of_user(found.user, _day(found)), add=units),
        Update(own, add={"units": -found.units}),
    ]


def _day(found: Withdrawal) -> int:
    return found.created_ms // DAY_MS


def _number(item: Item | None, name: str) -> int:
    return int(str((item or {}).get(name, 0)))
