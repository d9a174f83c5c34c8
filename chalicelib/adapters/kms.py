"""How does a key sign that lies in AWS KMS, and that nobody ever has in memory?

An asymmetric key of KMS (ECC_SECG_P256K1, for signing) is a secp256k1 account of Keeta. KMS is sent
the digest itself: a message it would hash with SHA-256, and Keeta signs SHA3-256.
(Keeta protocol: SDK `account.sign(data)`. AWS KMS API reference: Sign, MessageType DIGEST.)
"""

from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from chalicelib.errors import Unavailable
from chalicelib.keeta import ecdsa, secp256k1
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block, BlockBody, block_hash, signed_elsewhere
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import BadSignature, CannotSign

# The name says SHA-256, which means 32 bytes and the curve's usual ECDSA; KMS hashes no digest.
ALGORITHM = "ECDSA_SHA_256"


class KmsSigner:
    """A `Signer` of the flows. client: boto3's for KMS; key: id, ARN or alias of the key there."""

    def __init__(self, client: Any, key: str) -> None:
        self._client = client
        self._key = key

    @cached_property
    def account(self) -> Account:
        """Raises Unavailable, and CannotSign for a key of another curve."""
        answer = self._call("get_public_key")
        point = load_der_public_key(answer["PublicKey"])
        if not isinstance(point, ec.EllipticCurvePublicKey) or not isinstance(point.curve, ec.SECP256K1):
            raise CannotSign("a key of KMS that is no secp256k1 key")
        return Account(KeyType.SECP256K1, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))

    def sign(self, body: BlockBody) -> Block:
        """The block, its signature verified. Raises Unavailable, InvalidBlock.

        Signing again gives another signature and the same hash: KMS draws its nonce.
        """
        message = digest(block_hash(body))
        answer = self._call("sign", Message=message, MessageType="DIGEST", SigningAlgorithm=ALGORITHM)
        try:
            return signed_elsewhere(body, secp256k1.low_s(ecdsa.from_der(answer["Signature"])))
        except BadSignature as error:
            raise Unavailable(f"KMS gave a signature that is not the account's: {error.detail}") from error

    def _call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, method)(KeyId=self._key, **arguments)
        except (ClientError, BotoCoreError) as error:
            raise Unavailable(f"KMS does not sign: {error}") from error
