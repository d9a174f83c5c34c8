"""How does a developer get play money? From a named account, by an ordinary ledger entry.

Only local stages wire this flow.
"""

from chalicelib.flows import schema
from chalicelib.flows.plan import Plan, Update
from chalicelib.flows.records.entries import CreditEntry, put_credit
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import FAUCET, credit_transfers
from chalicelib.money import Amount


def credit(user: UserId, amount: Amount, credit_id: str, now_ms: int) -> Plan:
    """The wallet gains what the faucet's account loses; the entry can be written only once."""
    entry = CreditEntry(now_ms, amount.asset, amount.units, FAUCET.owner)
    return (
        put_credit(user, entry, credit_id),
        Update(
            schema.house_account(FAUCET.owner), add={schema.available_attribute(amount.asset): -amount.units}
        ),
        *wallet_updates(credit_transfers(user, amount, FAUCET)),
    )
