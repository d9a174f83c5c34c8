"""Which alarms can the code raise, and which page of docs/runbook.md says what to do?

A test holds this list against the code: whoever raises a new kind gives it a page.
"""

# Kind by kind, the heading of its page as an anchor.
ALARMS = {
    "matcher_failed": "matcher-stuck",
    "journal_unreadable": "market-halted",
    "market_halted": "market-halted",
    "poison_command": "poison-message",
    "hold_stranded": "poison-message",
    "order_stranded": "poison-message",
    "unreadable_message": "poison-message",
    "custody_shortfall": "reconciliation-difference",
    "custody_surplus": "reconciliation-difference",
    "books_do_not_add_up": "reconciliation-difference",
    "reconciliation_failed": "reconciliation-difference",
    "foreign_block": "operator-key-leaked",
    "grants_left": "operator-key-leaked",
    "run_broken": "withdrawal-stuck",
    "run_does_not_land": "withdrawal-stuck",
    "run_refused": "withdrawal-stuck",
    "leg_may_not_send": "withdrawal-stuck",
    "operator_may_not_send": "withdrawal-stuck",
    "payment_left_out": "withdrawal-stuck",
    "refill_void": "coins-out-of-reach",
    "hot_balance_low": "coins-out-of-reach",
    "reach_above_limit": "coins-out-of-reach",
    "fees_low": "coins-out-of-reach",
    "settlement_failed": "withdrawal-stuck",
    "settlement_contradicted": "withdrawal-stuck",
    "weights_differ": "weights-differ",
    "deposits_failed": "deposits-stand-still",
    "unreadable_staple": "deposits-stand-still",
    "pool_failed": "addresses-run-out",
    "pool_refused": "addresses-run-out",
    "pool_overtaken": "addresses-run-out",
    "sweep_failed": "upkeep-failed",
    "fold_failed": "upkeep-failed",
    "volumes_failed": "upkeep-failed",
    "clock_failed": "upkeep-failed",
    "unforeseen_error": "api-fails",
}
RUNBOOK = "docs/runbook.md"


def page(kind: str) -> str:
    """Where somebody who was woken reads on."""
    return f"{RUNBOOK}#{ALARMS[kind]}" if kind in ALARMS else RUNBOOK
