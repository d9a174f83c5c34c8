"""How is the body of a block written as DER, and read back?

The two versions differ in the order of account and signer, and in what may be left out.
The hash is over the body alone, in an outer sequence of its own length: a signed block
is never cut to get it, its body is written again.
(Keeta protocol: SDK `BlockV1ASN1Schema`, `BlockV2ASN1Schema`.)
"""

from chalicelib.keeta import der
from chalicelib.keeta.blocks.body import BlockBody, Purpose
from chalicelib.keeta.blocks.signer import read_signer, write_signer
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations import read_operation, write_operation
from chalicelib.keeta.operations.fields import read_account
from chalicelib.keeta.reader import Reader

# Version 1 is told by an INTEGER 0 inside the sequence, version 2 by a context tag around it.
_V1_MARK = der.integer(0)
_V2_TAG = 1
# No subnet exists yet. Version 1 says so, version 2 says nothing.
_NO_SUBNET = der.null()


def write_body(body: BlockBody) -> bytes:
    """The bytes whose SHA3-256 is the block's hash."""
    return _wrap(body, _fields(body))


def write_block(body: BlockBody, signatures: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """The bytes that travel, and those of the body alone."""
    fields = _fields(body)
    written = b"".join(map(der.octets, signatures))
    signed = fields + (written if len(signatures) == 1 else der.sequence(written))
    return _wrap(body, signed), _wrap(body, fields)


def read_block_fields(raw: bytes) -> tuple[BlockBody, tuple[bytes, ...]]:
    """Body and signatures; canonical only if `write_block` gives the same bytes.

    Raises Malformed, InvalidAccount, InvalidBlock, InvalidPermissions.
    """
    with Reader(raw) as whole:
        if whole.next_is(der.SEQUENCE):
            with whole.sequence() as fields:
                return _read_v1(fields), (fields.octets(),)
        with whole.explicit(_V2_TAG) as wrapped, wrapped.sequence() as fields:
            return _read_v2(fields), _read_signatures(fields)


def _wrap(body: BlockBody, fields: bytes) -> bytes:
    whole = der.sequence(fields)
    return whole if body.version == 1 else der.explicit(_V2_TAG, whole)


def _fields(body: BlockBody) -> bytes:
    chain = der.octets(body.previous) + der.sequence(*map(write_operation, body.operations))
    return (_v1_head(body) if body.version == 1 else _v2_head(body)) + chain


def _v1_head(body: BlockBody) -> bytes:
    return b"".join(
        (
            _V1_MARK,
            der.integer(body.network),
            _NO_SUBNET,
            b"" if body.idempotent is None else der.octets(body.idempotent),
            der.time(body.date),
            write_signer(body.signer),
            der.null() if body.account == body.signer else der.octets(body.account.ktk),
        )
    )


def _v2_head(body: BlockBody) -> bytes:
    return b"".join(
        (
            der.integer(body.network),
            b"" if body.idempotent is None else der.octets(body.idempotent),
            der.time(body.date),
            der.integer(body.purpose),
            der.octets(body.account.ktk),
            der.null() if body.account == body.signer else write_signer(body.signer),
        )
    )


def _read_v1(fields: Reader) -> BlockBody:
    fields.expect(_V1_MARK)
    network = _read_network(fields)
    fields.expect(_NO_SUBNET)
    idempotent, date = _read_idempotent(fields), fields.time()
    signer = read_account(fields)
    return BlockBody(
        version=1,
        network=network,
        idempotent=idempotent,
        date=date,
        signer=signer,
        account=fields.nullable(read_account) or signer,
        previous=fields.octets(),
        operations=fields.sequence_of(read_operation),
    )


def _read_v2(fields: Reader) -> BlockBody:
    network = _read_network(fields)
    idempotent, date = _read_idempotent(fields), fields.time()
    purpose, account = _read_purpose(fields), read_account(fields)
    return BlockBody(
        version=2,
        network=network,
        idempotent=idempotent,
        date=date,
        purpose=purpose,
        account=account,
        signer=fields.nullable(read_signer) or account,
        previous=fields.octets(),
        operations=fields.sequence_of(read_operation),
    )


def _read_network(fields: Reader) -> int:
    network = fields.integer()
    if fields.next_is(der.INTEGER):
        raise InvalidBlock("a block of a subnet", code="LEDGER_INVALID_SUBNET")
    return network


def _read_idempotent(fields: Reader) -> bytes | None:
    return fields.octets() if fields.next_is(der.OCTET_STRING) else None


def _read_purpose(fields: Reader) -> Purpose:
    try:
        return Purpose(fields.integer())
    except ValueError:
        raise InvalidBlock("no such purpose", code="BLOCK_INVALID_PURPOSE_VALIDATION") from None


def _read_signatures(fields: Reader) -> tuple[bytes, ...]:
    if fields.next_is(der.SEQUENCE):
        return fields.sequence_of(Reader.octets)
    return (fields.octets(),)
