"""Where do the keys come from that sign for coins?

`file:<path>` reads a JSON file that nobody else may read, `secret:<name>` reads AWS Secrets
Manager. Either holds {"type": "ED25519", "seed": <64 hex digits>}. `kms:<key>` names a key that AWS KMS
keeps to itself. A key is never logged: nothing here
prints one, and no error says what was read.
"""

import json

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.kms import KmsSigner
from chalicelib.adapters.secrets import read_secret
from chalicelib.errors import Unavailable
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block, BlockBody, sign_block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.seed import private_key
from chalicelib.keeta.signature import PrivateKey


class KeySigner:
    """A `Signer` of the flows that has its key in memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.account: Account = key.account

    def sign(self, body: BlockBody) -> Block:
        return sign_block(body, self._key)


def signer(source: str, index: int = 0) -> KeySigner | KmsSigner:
    """Raises Unavailable when the key is not there, not private, or not a key; of KMS when it is used."""
    kind, _, name = source.partition(":")
    if kind == "kms":
        return KmsSigner(boto3.session.Session().client("kms"), name)
    try:
        said = json.loads(read_secret(source))
        return KeySigner(private_key(bytes.fromhex(said["seed"]), index, KeyType[said["type"]]))
    except (OSError, BotoCoreError, ClientError, ValueError, KeyError, TypeError, KeetaError) as error:
        raise Unavailable(f"a custody key can not be read: {type(error).__name__}") from None
