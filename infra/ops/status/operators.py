"""What did operators do last, and was anything of it interrupted?"""

from chalicelib.flows.records.actions import actions
from chalicelib.wiring import Exchange
from infra.ops.sending import ACCEPT_MS
from infra.ops.status.part import Part, ago_s

LOOKED_AT = 50
# Longer ago, somebody has seen it.
DAY_MS = 24 * 3_600_000


def operators_part(house: Exchange) -> Part:
    """Raises StoreError."""
    now_ms = house.timer.now_ms()
    found, _ = actions(house.store, LOOKED_AT)
    cut = [
        each for each in found if each.state == "begun" and 2 * ACCEPT_MS < now_ms - each.began_ms < DAY_MS
    ]
    complaints = [
        f"`{each.command}` of {each.by} on {each.subject} was interrupted: {each.id}" for each in cut
    ]
    newest = found[0] if found else None
    last = f"{newest.command} {newest.subject} by {newest.by}: {newest.state}" if newest else None
    return Part(
        "operators",
        {"last": last, "last_s": ago_s(now_ms, newest.began_ms) if newest else None, "interrupted": len(cut)},
        complaints,
    )
