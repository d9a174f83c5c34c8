"""What did a staple of ours do that our books know nothing of, and can it be believed to be ours?

The chain remembers what a restored backup forgot: what was signed after its moment. Its blocks say which
run they were, by their idempotent keys, and which withdrawals they paid. But a thief who has the key
signs such blocks, too. So nothing is believed that pays to somebody outside, unless it pays a withdrawal
that our books know, to where its user wanted it; the rest a person names, block by block.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from chalicelib.flows.custody.accounts import Custody
from chalicelib.flows.custody.lease import POOL, SETTLEMENT
from chalicelib.flows.runs.run import Payment
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, Purpose, keys_of
from chalicelib.keeta.operations import CreateIdentifier, Send
from chalicelib.keeta.staple import Staple
from chalicelib.settlement.netting import Move

_KEY = re.compile(r"([sp])([0-9]{1,12})(?:\.[0-9]+)?")
_SLOTS = {"s": SETTLEMENT, "p": POOL}


class Found(NamedTuple):
    """`number` is the run's by its blocks, 0 if they do not say. troubles: why it can not be ours, or can
    not be posted. doubts: why a person has to say that it is."""

    staple: Staple
    slot: str
    number: int
    moves: tuple[Move, ...]
    payments: tuple[Payment, ...]
    troubles: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """In their order, without the one that pays the votes."""
        return tuple(b for b in self.staple.blocks if b.body.purpose is not Purpose.FEE)

    @property
    def name(self) -> str:
        """The hash of its first block: what a person accepts it by."""
        return self.staple.blocks[0].hash.hex()

    @property
    def created(self) -> list[Account]:
        """Accounts that it made."""
        operations = (each for block in self.blocks for each in block.body.operations)
        return [each.created for each in operations if isinstance(each, CreateIdentifier)]

    def can_be_posted(self, accepted: frozenset[str]) -> bool:
        return not self.troubles and (not self.doubts or self.name in accepted)

    def doubted(self, known: Mapping[str, Withdrawal]) -> "Found":
        """`known`: withdrawals of our books that it names, by their ids."""
        return self._replace(doubts=tuple(_doubts(self.payments, known)))


def read_staple(
    staple: Staple, own: Mapping[str, Custody], keys: Mapping[str, str], assets: Mapping[Account, str]
) -> Found:
    """`own`: our accounts among those that it names. `keys`: our own, by their addresses."""
    moves: list[Move] = []
    payments: list[Payment] = []
    troubles: list[str] = []
    for block in staple.blocks:
        signers = [key.address for key in keys_of(block.body.signer)]
        if not set(signers) <= keys.keys():
            troubles.append(f"signed by {' '.join(signers)}, which is no key of ours")
        if block.body.purpose is not Purpose.FEE:
            for send in block.body.operations:
                if isinstance(send, Send):
                    troubles += _sent(send, block.body.account.address, own, assets, moves, payments)
    slot, number = _run_of(staple)
    return Found(staple, slot, number, tuple(moves), tuple(payments), tuple(dict.fromkeys(troubles)))


def _sent(
    send: Send,
    source: str,
    own: Mapping[str, Custody],
    assets: Mapping[Account, str],
    moves: list[Move],
    payments: list[Payment],
) -> Iterator[str]:
    asset, to, account = assets.get(send.token), send.to.address, own.get(source)
    if asset is None:
        yield f"sends {send.token.address}, which is not listed"
    elif to in own:
        moves.append(Move(source, to, asset, send.amount))
    elif account is None or not account.user or not send.external:
        yield f"sends {send.amount} {asset} from {source} to {to} for no withdrawal"
    else:
        payments.append(Payment(send.external, UserId(account.user), source, to, asset, send.amount))


def _run_of(staple: Staple) -> tuple[str, int]:
    for block in staple.blocks:
        match = _KEY.fullmatch((block.body.idempotent or b"").decode(errors="replace"))
        if match is not None:
            return _SLOTS[match.group(1)], int(match.group(2))
    return SETTLEMENT, 0


def _doubts(payments: tuple[Payment, ...], known: Mapping[str, Withdrawal]) -> Iterator[str]:
    for each in payments:
        found = known.get(each.id)
        if found is None:
            paid = f"{each.units} {each.asset} of {each.user} to {each.to}"
            yield f"pays {paid}: no withdrawal {each.id} is known"
        elif (found.to, found.units, found.asset) != (each.to, each.units, each.asset):
            yield f"pays withdrawal {each.id} otherwise than its user asked for"
        elif not found.is_open:
            yield f"pays withdrawal {each.id}, which has {found.state}"
