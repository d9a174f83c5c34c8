"""What can people do about a withdrawal, or about all of one account?"""

from chalicelib.errors import Conflict
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Delete, Equals, Item, OneOf, Plan, Put, Update
from chalicelib.flows.withdrawals.record import Withdrawal, queued
from chalicelib.flows.withdrawals.request import canceled
from chalicelib.ids import UserId


def freeze(user: UserId, reason: str, now_ms: int) -> Plan:
    """Nothing more is planned for this account. What was signed before goes on."""
    return _frozen(user, 1, reason, now_ms)


def unfreeze(user: UserId, reason: str, now_ms: int) -> Plan:
    return _frozen(user, 0, reason, now_ms)


def approve(found: Withdrawal, by: str, now_ms: int) -> Plan:
    """The last one that is needed lets it into the queue. Raises Conflict."""
    if found.state != "requested" or len(found.approved) >= found.needs:
        raise Conflict("the withdrawal waits for nobody", code="nothing_to_approve")
    if by in found.approved:
        raise Conflict(f"{by} has approved it already", code="approved_already")
    approved = [*found.approved, by]
    done = len(approved) >= found.needs
    reason = "" if done else "awaiting_approval"
    update = Update(
        schema.withdrawal(found.user, found.id),
        set={"approved": list(approved), "reason": reason, "updated_ms": now_ms},
        # Two people at the same moment: the second one looks again.
        require=(OneOf("state", ("requested",)), Equals("updated_ms", found.updated_ms)),
    )
    seen = Delete(table.unapproved_withdrawal(found.queued_id))
    return (update, queued(found), seen) if done else (update,)


def reject(found: Withdrawal, now_ms: int) -> Plan:
    """Its user is told that somebody did, not who and why: that stands in the record of the action.
    Raises Conflict."""
    if found.state != "requested":
        raise Conflict(f"the withdrawal is {found.state}", code="nothing_to_reject")
    return canceled(found, "rejected_by_operator", now_ms)


def _frozen(user: UserId, frozen: int, reason: str, now_ms: int) -> Plan:
    told: Item = {"user": user, "frozen": frozen, "reason": reason, "at_ms": now_ms}
    return (
        Update(schema.payout_controls(user), set={"frozen": frozen}),
        Put(table.note("freeze", f"{now_ms:013d}-{user}"), told),
    )
