"""Which permissions does an account have, of all the rows that were ever granted?

The first row that matches decides alone: the row for this very target, else the row for
the whole entity, else the entity's default, else nothing. Rows are never merged. So an
operator who is granted SEND_ON_BEHALF loses what the default had given everybody, and a
weak row for one token beats a strong one for all.
(Keeta protocol: SDK `findPermissionMatch` and the ledger's use of it.)
"""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.keeta.account import Account
from chalicelib.keeta.permissions import Flag, Permissions

NOTHING = Permissions(Flag(0))


class Grant(NamedTuple):
    """One row: what `principal` may do to `entity`; `target` is the entity itself for "all"."""

    principal: Account
    entity: Account
    target: Account
    permissions: Permissions


def resolve(
    rows: Iterable[Grant],
    default: Permissions,
    principal: Account,
    entity: Account,
    target: Account | None = None,
) -> Permissions:
    """What `principal` may do to `entity` concerning `target`, given the entity's default."""
    found = {row.target: row.permissions for row in rows if row[:2] == (principal, entity)}
    if target in found:
        return found[target]
    return found.get(entity, default)
