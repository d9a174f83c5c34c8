"""What is one repair? What differs, and the write that mends it, on the condition that it still does."""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.flows.plan import Absent, AtMost, Condition, Equals, Item, Plan, Present, Update, Value
from chalicelib.flows.schema import Key
from chalicelib.ledger.audit import Difference


class Repair(NamedTuple):
    """`plan` is empty where nothing can be written: a person has to look."""

    difference: Difference
    plan: Plan

    @property
    def can_be_made(self) -> bool:
        return bool(self.plan)


def repair(check: str, subject: str, expected: object, found: object, *plan: object) -> Repair:
    return Repair(Difference(check, subject, str(expected), str(found)), plan)  # type: ignore[arg-type]


def set_to(key: Key, fields: Mapping[str, Value], found: Item | None) -> Update:
    """Set these attributes, as long as each of them is what it was found to be."""
    known = found or {}
    require: tuple[Condition, ...] = tuple(
        Equals(name, known[name]) for name in fields if name in known and known[name] != fields[name]
    )
    if found is None:
        require = (Absent(),)
    elif not require:
        require = (Present(),)
    return Update(key, set=fields, require=require)


def set_units(key: Key, units: Mapping[str, int], found: Mapping[str, int]) -> Update:
    """The same for numbers, of which an absent one is 0 and is found as 0."""
    require = tuple(Equals(name, found[name]) if found.get(name, 0) else AtMost(name, 0) for name in units)
    return Update(key, set=dict(units), require=require)
