"""How does a trader prove a Keeta key? The client's side of signing in, with keys made on the spot.

Written from the protocol alone: nothing of the exchange is imported, so that a mistake there
can not hide behind the same mistake here. The three kinds of key are those that can sign.
(Keeta protocol: SDK `Account.publicKeyString`, `account.sign(data)`; `SignData` of the npm
package @keetanetwork/anchor.)
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import coincurve
import nacl.signing
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PURPOSE, WITHDRAW = "LOGIN", "WITHDRAW"
_OCTET_STRING, _UTF8_STRING, _SEQUENCE = 0x04, 0x0C, 0x30


class WillNotSign(Exception):
    """The statement is not the one that a login at this exchange needs."""


class Key(Protocol):
    """`key_type` is the first byte of the account, `public` the rest of it."""

    algorithm: str
    key_type: int
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """64 bytes, over the message's SHA3-256."""


class Ed25519Key:
    algorithm = "Ed25519"
    key_type = 1

    def __init__(self) -> None:
        self._secret = nacl.signing.SigningKey.generate()
        self.public = bytes(self._secret.verify_key)

    def sign(self, message: bytes) -> bytes:
        return self._secret.sign(_digest(message)).signature


class Secp256k1Key:
    algorithm = "secp256k1"
    key_type = 0

    def __init__(self) -> None:
        self._secret = coincurve.PrivateKey()
        self.public = bytes(self._secret.public_key.format())

    def sign(self, message: bytes) -> bytes:
        return bytes(self._secret.sign_recoverable(_digest(message), hasher=None)[:64])


class Secp256r1Key:
    algorithm = "secp256r1"
    key_type = 6

    def __init__(self) -> None:
        self._secret = ec.generate_private_key(ec.SECP256R1())
        point = self._secret.public_key()
        self.public = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, message: bytes) -> bytes:
        # SHA256 names only the digest's length here: what is signed has been hashed already.
        signature = self._secret.sign(_digest(message), ec.ECDSA(Prehashed(SHA256())))
        return b"".join(half.to_bytes(32, "big") for half in decode_dss_signature(signature))


class Statement(NamedTuple):
    """A challenge as it was received. `message` is what the exchange says the bytes to sign are."""

    nonce: str
    timestamp: str
    items: Sequence[str]
    message: bytes


class Wallet:
    """One account. It answers logins of one exchange, known by `domain`, on one Keeta network."""

    def __init__(self, key: Key, domain: str = "localhost", network: str = "dev") -> None:
        self.algorithm = key.algorithm
        self._key = key
        self._domain = domain
        self._network = network
        self._ktk = bytes((key.key_type,)) + key.public

    @property
    def address(self) -> str:
        body = self._ktk + _digest(self._ktk)[:5]
        return "keeta_" + base64.b32encode(body).decode().rstrip("=").lower()

    def answer(self, statement: Statement) -> bytes:
        """The signature, 64 bytes. Raises WillNotSign unless every byte is as it must be."""
        if list(statement.items) != [self._domain, PURPOSE, statement.nonce, self._network]:
            raise WillNotSign(f"not a login at {self._domain}: {' '.join(statement.items)}")
        message = self._login(statement.nonce, statement.timestamp)
        if message != statement.message:
            raise WillNotSign("the bytes to sign are not the statement that was shown")
        return self._key.sign(message)

    def consent(self, token: str, amount: str, to: str, client_id: str, expires_at: str) -> bytes:
        """The signature of a withdrawal, 64 bytes; all as the request says it."""
        items = (self._domain, WITHDRAW, self._network, token, amount, to)
        return self._key.sign(self._statement(client_id, expires_at, items))

    def _login(self, nonce: str, timestamp: str) -> bytes:
        return self._statement(nonce, timestamp, (self._domain, PURPOSE, nonce, self._network))

    def _statement(self, nonce: str, timestamp: str, items: Sequence[str]) -> bytes:
        """DER SEQUENCE { nonce, timestamp, account, items... }: no block looks like that."""
        texts = [_element(_UTF8_STRING, text.encode()) for text in (nonce, timestamp, *items)]
        texts.insert(2, _element(_OCTET_STRING, self._ktk))
        return _element(_SEQUENCE, b"".join(texts))


def new_wallet() -> Wallet:
    """With a key of any of the three kinds."""
    kinds: tuple[type[Key], ...] = (Ed25519Key, Secp256k1Key, Secp256r1Key)
    return Wallet(secrets.choice(kinds)())


def _digest(data: bytes) -> bytes:
    return hashlib.sha3_256(data).digest()


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
