"""What do the votes of the first round cost, are we ready to pay it, and which block pays?

Any account may pay. The block is the last of the staple and lands with it or not at all.
"""

from collections.abc import Iterable, Mapping

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import BlockBody, Purpose, Signer
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Send
from chalicelib.keeta.votes import Vote, fee_sends
from chalicelib.settlement.publishing import Publishing

# The most that one vote may cost, in base units of each token that we pay fees in.
Limits = Mapping[Account, int]


def is_affordable(vote: Vote, limits: Limits, network: Network) -> bool:
    return all(fee.amount <= limits.get(fee.token, 0) for fee in fee_sends((vote,), network))


def payable(votes: Iterable[Vote], network: Network) -> tuple[Vote, ...]:
    """Those that one fee block can pay together, in their order.

    The network compares each fee with the first SEND to its payee. So two votes that want
    different amounts for one payee can not both be paid; the payee's own vote is preferred.
    """
    ordered = list(votes)
    paid: dict[Account, Send] = {}
    for vote in sorted(ordered, key=lambda vote: _payee(vote) != vote.issuer):
        for fee in fee_sends((vote,), network):
            if paid.setdefault(fee.to, fee) != fee:
                ordered.remove(vote)
    return tuple(ordered)


def fee_previous(publishing: Publishing, payer: Account, head: bytes) -> bytes:
    """What the fee block's `previous` must be: the payer's last block here, else `head`.

    `head` is the payer's newest block on the main ledger, or its opening hash before the first.
    """
    own = [block.hash for block in publishing.blocks if block.body.account == payer]
    return own[-1] if own else head


def plan_fee(
    publishing: Publishing, payer: Account, signer: Signer, head: bytes, now: Moment
) -> BlockBody | None:
    """The block to sign, with exactly one SEND per vote that asks; None when all are free."""
    if not publishing.fees:
        return None
    return BlockBody(
        network=publishing.network.network_id,
        account=payer,
        signer=signer,
        previous=fee_previous(publishing, payer, head),
        date=now,
        operations=publishing.fees,
        purpose=Purpose.FEE,
    )


def _payee(vote: Vote) -> Account:
    return (vote.fee and vote.fee.pay_to) or vote.issuer
