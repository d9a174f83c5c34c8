"""Which bytes does a wallet sign to make a statement that can never be a block?

DER SEQUENCE { nonce, timestamp, KTK of the signer, items... }: it is longer than any
block hash, so a signature of it is worth nothing on the ledger. Wallets sign it with
their ordinary `account.sign(bytes)`.
(Keeta protocol: `SignData` of the npm package @keetanetwork/anchor.)
"""

from chalicelib.keeta import der
from chalicelib.keeta.account import Account
from chalicelib.keeta.moment import parse_iso

Item = str | int | Account


def sign_data_message(nonce: str, timestamp: str, account: Account, items: tuple[Item, ...]) -> bytes:
    """The bytes to sign. `timestamp` is ISO with milliseconds, "2025-06-01T12:34:56.789Z".

    Raises Malformed for a timestamp of any other form, or a negative item.
    """
    parse_iso(timestamp)
    head = (der.utf8(nonce), der.utf8(timestamp), der.octets(account.ktk))
    return der.sequence(*head, *(_item(item) for item in items))


def _item(item: Item) -> bytes:
    match item:
        case str():
            return der.utf8(item)
        case Account():
            return der.octets(item.ktk)
        case _:
            return der.integer(item)
