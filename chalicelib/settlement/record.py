"""How is a staple under way saved, and read again after a crash?

As texts and lists of texts, base64 of what travels on the wire. Whatever was saved is read by the
strict readers: a record that was spoiled is refused, not repaired.
"""

from base64 import b64decode, b64encode
from typing import TypedDict

from chalicelib.keeta.blocks import read_block
from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.network import network as network_named
from chalicelib.keeta.votes import Vote, read_vote
from chalicelib.settlement.publishing import Publishing


class Record(TypedDict):
    """`fee_block` is "" while there is none."""

    network: str
    blocks: list[str]
    temporary: list[str]
    fee_block: str
    permanent: list[str]
    renewed: list[str]


def to_record(publishing: Publishing) -> Record:
    fee_block = publishing.fee_block
    return Record(
        network=publishing.network.alias,
        blocks=[_text(block.raw) for block in publishing.blocks],
        temporary=_texts(publishing.temporary),
        fee_block="" if fee_block is None else _text(fee_block.raw),
        permanent=_texts(publishing.permanent),
        renewed=_texts(publishing.renewed),
    )


def from_record(record: Record) -> Publishing:
    """Raises KeetaError for a record that is not what `to_record` wrote."""
    network = network_named(record["network"])
    fee_block = record["fee_block"]
    return Publishing(
        network,
        blocks=tuple(read_block(_bytes(text), network) for text in record["blocks"]),
        temporary=_votes(record["temporary"]),
        fee_block=read_block(_bytes(fee_block), network) if fee_block else None,
        permanent=_votes(record["permanent"]),
        renewed=_votes(record["renewed"]),
    )


def _votes(texts: list[str]) -> tuple[Vote, ...]:
    return tuple(read_vote(_bytes(text)) for text in texts)


def _texts(votes: tuple[Vote, ...]) -> list[str]:
    return [_text(vote.raw) for vote in votes]


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Malformed("not base64") from None
