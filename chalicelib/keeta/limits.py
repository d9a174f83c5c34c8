"""How large may the parts of a block be?

What we send keeps to the npm SDK 0.14.12. What we read follows the newer nodes, which
raised some limits: a deposit must not be missed because its reference is long.
(Keeta protocol: SDK `Config` validation rules; nodes 0.16 and later for READ.)
"""

from typing import NamedTuple

AMOUNT_MAX = 10**200 - 1
SIGNERS_MAX = 16
SIGNER_DEPTH_MAX = 3
NAME_MAX = 50
DESCRIPTION_MAX = 250
METADATA_MAX = 5464


class Limits(NamedTuple):
    """external: characters of a SEND's reference. idempotent: bytes of the key.

    storage_delegates: whether a storage account may choose a representative.
    """

    external: int
    idempotent: int
    storage_delegates: bool


SENT = Limits(external=256, idempotent=32, storage_delegates=False)
READ = Limits(external=1024, idempotent=36, storage_delegates=True)
