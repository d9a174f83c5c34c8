"""What does a refusal of the network mean to us, going by its code?

Never by the HTTP status: nodes do not agree on it. `docs/keeta.md` shows this table.
(Keeta protocol: SDK `KeetaNetErrorBase`, `LedgerBaseErrorCodes` and its sisters.)
"""

from enum import Enum
from typing import Final


class Meaning(Enum):
    """What is worth doing next. None of them says that a signed block can never land."""

    FINAL = "asking again with the same content is useless"
    TRANSIENT = "nothing is wrong with the content; ask again in a moment"
    LOOK = "it depends on what has happened; look before doing anything else"


_FINAL, _TRANSIENT, _LOOK = Meaning.FINAL, Meaning.TRANSIENT, Meaning.LOOK

LEDGER_CODES: Final = {
    # what may have happened to these very blocks, or to their predecessor
    "LEDGER_BLOCK_ALREADY_EXISTS": _LOOK,
    "LEDGER_PREVIOUS_ALREADY_USED": _LOOK,
    "LEDGER_SUCCESSOR_VOTE_EXISTS": _LOOK,
    "LEDGER_NOT_SUCCESSOR": _LOOK,
    "LEDGER_NOT_OPENING": _LOOK,
    "LEDGER_NOT_EMPTY": _LOOK,
    "LEDGER_IDEMPOTENT_KEY_EXISTS": _LOOK,
    # a clock, ours or theirs: sign anew on the same `previous`, after a look
    "LEDGER_BLOCK_EXPIRED": _LOOK,
    "LEDGER_OTHER": _LOOK,
    # the node, or the others
    "LEDGER_TRANSACTION_ABORTED": _TRANSIENT,
    "LEDGER_INSUFFICIENT_VOTING_WEIGHT": _TRANSIENT,
    # what the blocks want to do
    "LEDGER_INVALID_BALANCE": _FINAL,
    "LEDGER_INVALID_PERMISSIONS": _FINAL,
    "LEDGER_INVALID_OWNER_COUNT": _FINAL,
    "LEDGER_INVALID_SET_REP": _FINAL,
    "LEDGER_INVALID_ACCOUNT_INFO_KEY": _FINAL,
    "LEDGER_RECEIVE_NOT_MET": _FINAL,
    "LEDGER_OPERATION_NOT_SUPPORTED": _FINAL,
    # how the blocks stand together
    "LEDGER_MISSING_BLOCKS": _FINAL,
    "LEDGER_INVALID_NETWORK": _FINAL,
    "LEDGER_INVALID_SUBNET": _FINAL,
    "LEDGER_INVALID_CHAIN": _FINAL,
    "LEDGER_PREVIOUS_NOT_SEEN": _FINAL,
    # how the votes and the fee stand to the blocks
    "LEDGER_MULTIPLE_FEE_BLOCK": _FINAL,
    "LEDGER_MISSING_REQUIRED_FEE_BLOCK": _FINAL,
    "LEDGER_REQUIRED_FEE_MISMATCH": _FINAL,
    "LEDGER_FEE_AMOUNT_MISMATCH": _FINAL,
    "LEDGER_FEE_TOKEN_MISMATCH": _FINAL,
    "LEDGER_FEE_MISSING": _FINAL,
    "LEDGER_BLOCKS_DIFFER_FROM_VOTED_ON": _FINAL,
    "LEDGER_DUPLICATE_VOTE_FOUND": _FINAL,
    "LEDGER_DUPLICATE_VOTE_ISSUER_FOUND": _FINAL,
    "LEDGER_NO_PERM_WITHOUT_SELF_TEMP": _FINAL,
    "LEDGER_CANNOT_EXCHANGE_PERM_VOTE": _FINAL,
    "LEDGER_TEMP_VOTE_INCLUDES_SELF": _FINAL,
    "LEDGER_VOTE_WITH_QUOTE": _FINAL,
    "LEDGER_QUOTE_MISMATCH": _FINAL,
}

# Votes age while they are collected: the round has to be begun again.
VOTE_CODES: Final = {
    "VOTE_EXPIRED": _LOOK,
    "VOTE_MOMENT_BEFORE_VALIDITY_FROM": _LOOK,
}

# Whole families that are about what we sent: no node will ever take it.
FINAL_FAMILIES: Final = ("ACCOUNT_", "API_", "BLOCK_", "CERTIFICATE_", "PERMISSIONS_", "VOTE_")


def meaning_of(code: str | None, *, should_retry: bool = False) -> Meaning:
    """No code, or one that nobody has told us of, is a reason to look."""
    if should_retry:
        return Meaning.TRANSIENT
    known = LEDGER_CODES.get(code or "") or VOTE_CODES.get(code or "")
    if known is not None:
        return known
    return Meaning.FINAL if (code or "").startswith(FINAL_FAMILIES) else Meaning.LOOK
