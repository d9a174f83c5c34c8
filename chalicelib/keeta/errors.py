"""Which errors can Keeta's bytes and values raise?

    CexError
    `-- KeetaError
        |-- Malformed             not canonical DER, or not the shape that was expected
        |-- InvalidAddress        text that is no account, or not its canonical spelling
        |-- InvalidAccount        key type and key bytes that make no account
        |-- InvalidKey            a seed, an index or a private key that can not be used
        |-- CannotSign            the account has no private key: an identifier
        |-- BadSignature          the signature is not this account's over this data
        |-- UnknownNetwork        a network id or alias that Keeta does not have
        |-- InvalidPermissions    flags that can not stand together, or not here
        |-- InvalidBlock          well formed, but breaks a rule of the network
        |-- InvalidVote           well formed, but breaks a rule of the network
        |   `-- VoteNotValidNow   before or after the time for which it was given
        |-- InvalidStaple         blocks and votes that do not belong together
        `-- QuorumNotReached      the votes weigh too little to trust

Where the official SDK has a code for the same refusal, `code` is that code, verbatim
("BLOCK_ONLY_IDENTIFIER_OP"); else it is the lower-case one of the class.
"""

from chalicelib.errors import CexError


class KeetaError(CexError):
    code = "keeta_error"


class Malformed(KeetaError):
    code = "malformed"


class InvalidAddress(KeetaError):
    code = "invalid_address"


class InvalidAccount(KeetaError):
    code = "invalid_account"


class InvalidKey(KeetaError):
    code = "invalid_key"


class CannotSign(KeetaError):
    code = "ACCOUNT_NO_IDENTIFIER_SIGN"


class BadSignature(KeetaError):
    code = "bad_signature"


class UnknownNetwork(KeetaError):
    code = "unknown_network"


class InvalidPermissions(KeetaError):
    code = "PERMISSIONS_INVALID_FLAG"


class InvalidBlock(KeetaError):
    code = "BLOCK_GENERAL_FIELD_INVALID"


class InvalidVote(KeetaError):
    code = "invalid_vote"


class VoteNotValidNow(InvalidVote):
    code = "VOTE_EXPIRED"


class InvalidStaple(KeetaError):
    code = "VOTE_STAPLE_INVALID_CONSTRUCTION"


class QuorumNotReached(KeetaError):
    code = "LEDGER_INSUFFICIENT_VOTING_WEIGHT"
