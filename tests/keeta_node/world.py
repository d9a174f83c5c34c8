"""How do these tests pay somebody on the local network, and who is there to pay?

Accounts are new for each test; money comes from the faucet. Everything goes through the same
steps as in production, with nothing kept between them but the saved record.
"""

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.adapters.keeta_node import Patience, Publisher, Representative, Representatives
from chalicelib.keeta import seed
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block, BlockBody, sign_block
from chalicelib.keeta.identifier import opening_hash
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import Operation, Send
from chalicelib.keeta.signature import PrivateKey
from chalicelib.settlement.fees import Limits, plan_fee
from chalicelib.settlement.outlook import Landed, Verdict, verdict
from chalicelib.settlement.publishing import Publishing, Step, begin, next_step
from chalicelib.settlement.record import from_record, to_record
from infra.local.keeta.controls import Controls

KTA = DEV.base_token
# Loopback answers in milliseconds; what takes longer was told to be silent.
PATIENCE = Patience(connect=1, answer=5, grace=0.3)
SHORT = Patience(connect=1, answer=1.5, grace=0.2)
STEPS_MAX = 8


class World:
    """The network as our client sees it. `offset_ms` follows the network's shifted clock."""

    def __init__(
        self, description: dict[str, Any], patience: Patience = PATIENCE, limits: Limits | None = None
    ) -> None:
        self.description = description
        self.offset_ms = 0
        self.representatives = Representatives(
            DEV, map(representative, description["representatives"]), patience
        )
        self.publisher = Publisher(self.representatives, self.now, limits or {KTA: 1_000})
        self.node = next(iter(self.representatives.nodes.values()))

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        self.representatives.close()

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def shift(self, controls: Controls, offset_ms: int) -> None:
        """Let the network, and us, believe that it is later."""
        controls.clock(offset_ms)
        self.offset_ms = offset_ms

    def token(self, symbol: str) -> Account:
        return Account.from_address(self.description["tokens"][symbol]["address"])

    def key(self, role: str) -> PrivateKey:
        known = self.description["accounts"][role]
        return seed.private_key(bytes.fromhex(known["seed"]), known["index"], KeyType.SECP256K1)

    def previous(self, account: Account) -> bytes:
        return self.representatives.account(account).previous

    def balance(self, account: Account, token: Account = KTA) -> int:
        return self.representatives.account(account).balance(token)

    def block(self, account: Account, signer: PrivateKey, *operations: Operation, **parts: Any) -> Block:
        """On the account's head, of now, unless `parts` say otherwise."""
        previous = parts.pop("previous", None) or self.previous(account)
        body = BlockBody(
            network=DEV.network_id,
            account=account,
            signer=signer.account,
            previous=previous,
            operations=operations,
            **{"date": self.now(), **parts},
        )
        return sign_block(body, signer)

    def pay(self, payer: PrivateKey, to: Account, amount: int = 1, **parts: Any) -> Block:
        return self.block(payer.account, payer, Send(to, amount, KTA), **parts)

    def begin(self, *blocks: Block) -> Publishing:
        return begin(DEV, blocks, self.now())

    def step(self, known: Publishing, payer: PrivateKey | None = None) -> Publishing | None:
        """One step of the way, as settlement would take it; None when there is no further one."""
        match next_step(known, self.representatives.weights, self.now()):
            case Step.TEMPORARY:
                return self.publisher.ask_temporary(known)
            case Step.FEE:
                assert payer is not None, "somebody must pay the fee"
                head = self.previous(payer.account)
                body = plan_fee(known, payer.account, payer.account, head, self.now())
                assert body is not None
                return known.with_fee_block(sign_block(body, payer))
            case Step.PERMANENT:
                return self.publisher.ask_permanent(known)
            case Step.RENEW:
                return self.publisher.renew(known)
            case Step.PUBLISH:
                self.publisher.publish(known)
        return None

    @property
    def purse(self) -> PrivateKey | None:
        """Whoever pays for votes here, if somebody does."""
        return self.key("purse") if "purse" in self.description["accounts"] else None

    def settle(self, *blocks: Block, payer: PrivateKey | None = None) -> Landed:
        """All the steps, each with nothing but what was saved before it; and the proof."""
        known: Publishing | None = self.begin(*blocks)
        payer = payer or self.purse
        for _ in range(STEPS_MAX):
            assert known is not None
            saved = crashed(known)
            known = self.step(saved, payer)
            if known is None:
                return self.proven(saved)
        raise AssertionError("too many steps")

    def proven(self, known: Publishing) -> Landed:
        outlook = self.publisher.look(known)
        assert verdict(outlook, self.now()) is Verdict.LANDED, outlook
        assert outlook.landed is not None
        return outlook.landed

    def verdict(self, known: Publishing) -> Verdict:
        return verdict(self.publisher.look(known), self.now())

    def fund(self, accounts: Iterable[Account], amount: int = 1_000_000, token: Account = KTA) -> None:
        faucet = self.key("faucet")
        self.settle(self.block(faucet.account, faucet, *(Send(to, amount, token) for to in accounts)))


def representative(told: dict[str, Any]) -> Representative:
    return Representative(Account.from_address(told["address"]), told["api"])


def new_key(kind: KeyType = KeyType.SECP256K1) -> PrivateKey:
    return seed.private_key(secrets.token_bytes(32), 0, kind)


def new_keys(number: int) -> Sequence[PrivateKey]:
    return [new_key() for _ in range(number)]


def opening(key: PrivateKey) -> bytes:
    return opening_hash(key.account)


def crashed(known: Publishing) -> Publishing:
    """What is left after a crash: the record, as a store would give it back."""
    return from_record(json.loads(json.dumps(to_record(known))))
