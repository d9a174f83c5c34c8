"""Which blocks and votes could there be? Draws blocks, lawful or not, and votes, from one seed."""

import random
from typing import Literal

from chalicelib.keeta import seed
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import BlockBody, Multisig, Purpose, Signer
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.identifier import from_seed, identifier, opening_hash
from chalicelib.keeta.limits import AMOUNT_MAX
from chalicelib.keeta.network import NETWORKS
from chalicelib.keeta.operations import (
    Adjust,
    CreateIdentifier,
    ModifyPermissions,
    Operation,
    Quorum,
    Receive,
    Send,
    SetInfo,
    SetRep,
    TokenAdminModifyBalance,
    TokenAdminSupply,
)
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.votes import Fee, VoteBody
from chalicelib.keeta.votes.vote import FOREVER
from tests.keeta.vectors import SEED

KEYS = [seed.private_key(SEED, index, kind) for kind in KeyType if kind.signs for index in range(4)]
BY_ACCOUNT: dict[Account, PrivateKey] = {key.account: key for key in KEYS}
IDENTIFIERS = [from_seed(SEED, index, kind) for kind in KeyType if not kind.signs for index in range(2)]
TOKENS = [each for each in IDENTIFIERS if each.key_type is KeyType.TOKEN]
MULTISIGS = [each for each in IDENTIFIERS if each.key_type is KeyType.MULTISIG]
ACCOUNTS = [*BY_ACCOUNT, *IDENTIFIERS]
TEXT = "ABCxyz012_-+/= "


class Draw:
    """One stream of bodies. Parts that their own constructor refuses are drawn again."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def body(self) -> BlockBody:
        chance = self.chance
        account = chance.choice([*BY_ACCOUNT, *ACCOUNTS])
        versions: tuple[Literal[1, 2], ...] = (1, 2)
        version = chance.choice(versions)
        previous = opening_hash(account) if chance.random() < 0.2 else chance.randbytes(32)
        return BlockBody(
            version=version,
            network=chance.choice(list(NETWORKS.values())).network_id,
            account=account,
            signer=account if account.key_type.signs and chance.random() < 0.6 else self.signer(version),
            previous=previous,
            date=chance.randrange(1_700_000_000, 1_800_000_000) * 1000 + chance.choice((0, 7, 10, 500, 999)),
            purpose=Purpose.FEE if version == 2 and chance.random() < 0.1 else Purpose.GENERIC,
            idempotent=chance.randbytes(chance.choice((0, 1, 32))) if chance.random() < 0.3 else None,
            operations=tuple(
                self.operation(account, previous, place) for place in range(chance.randrange(4))
            ),
        )

    def vote(self, now: int) -> VoteBody:
        """Given within the last five minutes; temporary, permanent, with a fee or a mere quote."""
        chance = self.chance
        start = now - chance.randrange(300_000)
        permanent, quote = chance.random() < 0.3, chance.random() < 0.2
        return VoteBody(
            issuer=chance.choice(list(BY_ACCOUNT)),
            serial=chance.getrandbits(chance.choice((1, 8, 64, 150))),
            valid_from=start,
            valid_to=start + (2 * FOREVER if permanent and not quote else 300_000),
            blocks=tuple(chance.randbytes(32) for _ in range(chance.randrange(1, 5))),
            fee=self.fee() if quote or (not permanent and chance.random() < 0.5) else None,
            quote=quote,
        )

    def fee(self) -> Fee:
        payees = [each for each in ACCOUNTS if each.key_type.signs or each.key_type is KeyType.STORAGE]
        return Fee(self.amount(), self.chance.choice((None, *payees)), self.chance.choice((None, *TOKENS)))

    def signer(self, version: int) -> Signer:
        if version == 1 or self.chance.random() < 0.7:
            return self.chance.choice(list(BY_ACCOUNT))
        return self.multisig(self.chance.randrange(1, 4))

    def multisig(self, depth: int) -> Signer:
        members: list[Signer] = list(self.chance.sample(list(BY_ACCOUNT), self.chance.randrange(1, 4)))
        if depth > 1:
            members.append(self.multisig(depth - 1))
        return Multisig(MULTISIGS[depth % 2], tuple(members))

    def operation(self, account: Account, previous: bytes, place: int) -> Operation:
        while True:
            try:
                return self.any_operation(account, previous, place)
            except KeetaError:
                continue

    def any_operation(self, account: Account, previous: bytes, place: int) -> Operation:
        draw = (
            self.send,
            self.send,
            self.receive,
            lambda: SetRep(self.someone()),
            self.set_info,
            self.modify,
            self.modify,
            lambda: self.create(account, previous, place),
            lambda: TokenAdminSupply(self.amount(), self.method()),
            lambda: TokenAdminModifyBalance(self.someone(), self.amount(), self.method()),
        )
        return self.chance.choice(draw)()

    def send(self) -> Send:
        external = self.text(TEXT, (0, 5, 256, 257)) if self.chance.random() < 0.3 else None
        return Send(self.someone(), self.amount(), self.chance.choice(TOKENS), external)

    def receive(self) -> Receive:
        forward = self.someone() if self.chance.random() < 0.4 else None
        exact = self.chance.random() < 0.6
        return Receive(self.amount(), self.chance.choice(TOKENS), self.someone(), exact, forward)

    def set_info(self) -> SetInfo:
        default = self.permissions() if self.chance.random() < 0.6 else None
        description = self.text("ab \"%':;?@\\^\u2018~", (0, 250))
        return SetInfo(self.text("AZ_", (0, 50)), description, self.text("aZ0+/=-", (0, 5464)), default)

    def modify(self) -> ModifyPermissions:
        permissions = self.permissions() if self.chance.random() < 0.8 else None
        target = self.someone() if self.chance.random() < 0.4 else None
        return ModifyPermissions(self.someone(), self.method(), permissions, target)

    def create(self, account: Account, previous: bytes, place: int) -> CreateIdentifier:
        kind = self.chance.choice((KeyType.TOKEN, KeyType.STORAGE, KeyType.MULTISIG))
        place += self.chance.random() < 0.1
        signers = tuple(self.someone() for _ in range(self.chance.randrange(4)))
        quorum = Quorum(signers, self.chance.randrange(4)) if kind is KeyType.MULTISIG else None
        return CreateIdentifier(identifier(account, previous, place, kind), quorum)

    def permissions(self) -> Permissions:
        flags = self.chance.sample(list(Flag), self.chance.choice((0, 1, 1, 2, 3)))
        return Permissions.of(*flags, external=self.chance.choice((0, 0, 1, 2**31 - 1)))

    def someone(self) -> Account:
        return self.chance.choice(ACCOUNTS)

    def method(self) -> Adjust:
        return self.chance.choice(list(Adjust))

    def amount(self) -> int:
        return self.chance.choice((1, 127, 128, 255, 256, 2**63, 2**64, 10**60, AMOUNT_MAX))

    def text(self, alphabet: str, sizes: tuple[int, ...]) -> str:
        return "".join(self.chance.choices(alphabet, k=self.chance.choice(sizes)))
