"""How does the house give somebody money that did not come from outside? From its capital.

An adjustment: an ordinary ledger entry, with capital as its source.
"""

from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Plan
from chalicelib.flows.records.entries import CreditEntry, put_credit
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import CAPITAL, credit_transfers
from chalicelib.money import Amount


def credit(user: UserId, amount: Amount, credit_id: str, now_ms: int) -> Plan:
    """The wallet gains what capital loses; the entry can be written only once."""
    entry = CreditEntry(now_ms, amount.asset, amount.units, CAPITAL.owner)
    return (put_credit(user, entry, credit_id), *posting(credit_transfers(user, amount, CAPITAL)))
