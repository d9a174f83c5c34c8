"""Which blocks carry out a run, and what did the blocks that landed do to our books?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.flows.runs.ports import ChainState
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, BlockBody, Purpose, block_hash
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Operation, Send
from chalicelib.ledger.transfers import (
    Transfer,
    leaving_transfers,
    moving_transfers,
    network_fee_transfers,
)
from chalicelib.money import Amount


class Draft(NamedTuple):
    """One block to be: what an account does."""

    account: Account
    operations: tuple[Operation, ...]


def drafts(run: Run, tokens: Mapping[str, Account]) -> list[Draft]:
    """What moves between our accounts comes first, then the payments that wait for it.

    An account that pays from what it has already does all of it in one block.
    """
    funded = {(move.target, move.asset) for move in run.moves}
    first: dict[str, list[Operation]] = {}
    then: dict[str, list[Operation]] = {}
    for move in run.moves:
        send = Send(Account.from_address(move.target), move.units, tokens[move.asset])
        first.setdefault(move.source, []).append(send)
    for payment in run.payments:
        waits = (payment.source, payment.asset) in funded
        (then if waits else first).setdefault(payment.source, []).append(pay(payment, tokens))
    return [
        Draft(Account.from_address(address), tuple(operations))
        for part in (first, then)
        for address, operations in part.items()
    ]


def pay(payment: Payment, tokens: Mapping[str, Account]) -> Send:
    """The withdrawal's id stands in the open, so that both sides can tell which one was paid."""
    return Send(Account.from_address(payment.to), payment.units, tokens[payment.asset], payment.id)


def bodies(
    network: Network,
    plan: Sequence[Draft],
    states: Mapping[Account, ChainState],
    signer: Account,
    key: str,
    now_ms: int,
) -> list[BlockBody]:
    """Each on its account's head, or on the account's block before. `key`: begins their idempotent keys."""
    heads = {account: state.previous for account, state in states.items()}
    made = []
    for number, (account, operations) in enumerate(plan):
        body = BlockBody(
            network=network.network_id,
            account=account,
            signer=signer,
            previous=heads[account],
            date=now_ms,
            operations=operations,
            idempotent=f"{key}.{number}".encode(),
        )
        heads[account] = block_hash(body)
        made.append(body)
    return made


class Effect(NamedTuple):
    """What landed blocks did: transfers of the books, and the payments among them by block."""

    transfers: list[Transfer]
    paid: dict[str, str]


def effect(blocks: Iterable[Block], run: Run, ours: Iterable[str], assets: Mapping[Account, str]) -> Effect:
    """Told by the blocks alone; the run only names its payments."""
    own, named = set(ours), {payment.id: payment for payment in run.payments}
    transfers: list[Transfer] = []
    paid: dict[str, str] = {}
    for block in blocks:
        source = block.body.account.address
        for send in block.body.operations:
            if not isinstance(send, Send):
                continue
            amount, target = Amount(assets[send.token], send.amount), send.to.address
            if block.body.purpose is Purpose.FEE:
                transfers += network_fee_transfers(source, amount)
            elif target in own:
                transfers += moving_transfers(source, target, amount)
            else:
                transfers += leaving_transfers(source, amount)
                paid |= _recognized(send, named.get(send.external or ""), block)
    return Effect(transfers, paid)


def _recognized(send: Send, payment: Payment | None, block: Block) -> dict[str, str]:
    if payment is None or (send.to.address, send.amount) != (payment.to, payment.units):
        return {}
    return {payment.id: block.hash.hex()}
