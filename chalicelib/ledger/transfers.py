"""Which money moves, from which account to which?

A transfer names two accounts and one amount, so nothing is ever created or lost. A fill,
a hold, a release and a credit are lists of transfers; `net` folds a list into one change
per account, since one transaction may touch an item only once.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

from chalicelib.money import Amount

Bucket = Literal["available", "held", "house", "custody"]


class Account(NamedTuple):
    """`owner` is a user's address, the name of one of the house's own accounts, or, in custody,
    the Keeta address where coins lie. Custody is below zero by what lies there."""

    owner: str
    bucket: Bucket


def available(user: str) -> Account:
    return Account(user, "available")


def held(user: str) -> Account:
    return Account(user, "held")


# Fees earned: own funds. Not an item of its own; every journal entry carries the sum.
FEES = Account("fees", "house")
# Own funds: what was put in, and what adjustments took or gave.
CAPITAL = Account("capital", "house")
# Coins on chain that nobody is known to own: owed to somebody.
SUSPENSE = Account("suspense", "house")
# Left custody for somebody whose hold is not yet taken away: below zero by as much.
IN_FLIGHT = Account("in flight", "house")
# What the network was paid for its votes: below zero by as much.
EXPENSE = Account("network fees", "house")


def custody(address: str) -> Account:
    return Account(address, "custody")


class Transfer(NamedTuple):
    source: Account
    target: Account
    amount: Amount


class Hold(NamedTuple):
    """`units` of `asset` that `user` can not spend while something is open."""

    user: str
    asset: str
    units: int

    @property
    def amount(self) -> Amount:
        return Amount(self.asset, self.units)


class Trade(NamedTuple):
    """One fill in units. Fees come out of what each side receives.

    `released` goes back to a buyer who had held for a worse price than he got.
    """

    buyer: str
    seller: str
    base: Amount
    quote: Amount
    buyer_fee: int
    seller_fee: int
    released: int


def hold_transfers(hold: Hold) -> list[Transfer]:
    return [Transfer(available(hold.user), held(hold.user), hold.amount)]


def release_transfers(hold: Hold) -> list[Transfer]:
    return [Transfer(held(hold.user), available(hold.user), hold.amount)]


def deposit_transfers(address: str, amount: Amount, owner: Account) -> list[Transfer]:
    """Coins that came from outside: custody of an address, and whose they are."""
    return [Transfer(custody(address), owner, amount)]


def leaving_transfers(address: str, amount: Amount) -> list[Transfer]:
    """Coins that were seen to leave custody for somebody outside."""
    return [Transfer(IN_FLIGHT, custody(address), amount)]


def moving_transfers(source: str, target: str, amount: Amount) -> list[Transfer]:
    """Coins that went from one address of ours to another."""
    return [Transfer(custody(target), custody(source), amount)]


def network_fee_transfers(address: str, amount: Amount) -> list[Transfer]:
    return [Transfer(EXPENSE, custody(address), amount)]


def payment_transfers(hold: Hold) -> list[Transfer]:
    """What left custody was this user's: his hold is over."""
    return [Transfer(held(hold.user), IN_FLIGHT, hold.amount)]


def credit_transfers(user: str, amount: Amount, source: Account) -> list[Transfer]:
    return [Transfer(source, available(user), amount)]


def trade_transfers(trade: Trade) -> list[Transfer]:
    base, quote = trade.base, trade.quote
    moves = [
        Transfer(held(trade.seller), available(trade.buyer), base),
        Transfer(held(trade.buyer), available(trade.seller), quote),
        Transfer(available(trade.buyer), FEES, Amount(base.asset, trade.buyer_fee)),
        Transfer(available(trade.seller), FEES, Amount(quote.asset, trade.seller_fee)),
        Transfer(held(trade.buyer), available(trade.buyer), Amount(quote.asset, trade.released)),
    ]
    return [move for move in moves if move.amount.units]


def net(transfers: Iterable[Transfer]) -> dict[Account, dict[str, int]]:
    """Change per account and asset, in units. Sums to zero per asset over all accounts."""
    changes: dict[Account, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source, target, (asset, units) in transfers:
        changes[source][asset] -= units
        changes[target][asset] += units
    return changes
