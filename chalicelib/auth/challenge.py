"""What does a user sign to prove a Keeta key, and when is the answer good?

The statement names the exchange, the purpose, this challenge and the network, and it is
DER of a form that no block has. A bare random number must never be signed: one that
equals a block's hash would be a valid signature of that block.
"""

import base64
import binascii
from typing import NamedTuple

from chalicelib.errors import InvalidInput, NotAuthenticated
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import BadSignature, InvalidAddress
from chalicelib.keeta.moment import iso
from chalicelib.keeta.sign_data import sign_data_message
from chalicelib.keeta.signature import verify

PURPOSE = "LOGIN"
OPEN_MS = 5 * 60_000
# The machines that issue and check a challenge may disagree about the time by so much.
SKEW_MS_MAX = 60_000


class Challenge(NamedTuple):
    """`nonce` names it and is known to nobody before. `address` is None while unknown."""

    nonce: str
    domain: str
    network: str
    issued_ms: int
    address: UserId | None

    @property
    def expires_ms(self) -> int:
        return self.issued_ms + OPEN_MS

    @property
    def timestamp(self) -> str:
        return iso(self.issued_ms)

    @property
    def items(self) -> tuple[str, ...]:
        return (self.domain, PURPOSE, self.nonce, self.network)

    def message(self, account: Account) -> bytes:
        """The exact bytes that the holder of `account` signs."""
        return sign_data_message(self.nonce, self.timestamp, account, self.items)

    def is_open(self, now_ms: int) -> bool:
        return self.issued_ms - SKEW_MS_MAX <= now_ms < self.expires_ms

    def check(self, account: Account, signature: bytes) -> None:
        """Raises BadSignature unless the holder of `account` answered this challenge."""
        if self.address not in (None, account.address):
            raise BadSignature("the challenge was given to another key")
        verify(account, self.message(account), signature)


def signing_account(address: str) -> Account:
    """The account behind an address. Raises InvalidInput unless it is canonical and can sign."""
    try:
        account = Account.from_address(address)
    except InvalidAddress as error:
        raise InvalidInput(error.detail, code="invalid_address", field="pubkey") from None
    if not account.key_type.signs:
        raise InvalidInput("this kind of account can not sign", code="account_cannot_sign", field="pubkey")
    return account


def signature_bytes(text: str) -> bytes:
    """The 64 bytes of a base64 signature. Raises InvalidInput for any other spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # Writing it again finds spare bits that are not zero.
    if len(raw) != 64 or base64.b64encode(raw).decode() != text:
        raise InvalidInput("not 64 bytes in base64", code="invalid_signature", field="signature")
    return raw


def answered(challenges: list[Challenge], account: Account, signature: bytes, now_ms: int) -> Challenge:
    """The open challenge that this signature answers. Raises NotAuthenticated."""
    still_open = [challenge for challenge in challenges if challenge.is_open(now_ms)]
    if not still_open:
        raise NotAuthenticated("no open challenge for this key; ask for one", code="no_open_challenge")
    for challenge in still_open:
        try:
            challenge.check(account, signature)
        except BadSignature:
            continue
        return challenge
    raise NotAuthenticated("the signature does not answer an open challenge", code="bad_signature")
