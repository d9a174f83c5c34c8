"""Does a follower get past staples that we refuse to read, and past nodes that send nonsense?"""

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.adapters.keeta_node import Node, Transport, http_client
from chalicelib.keeta import der
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.moment import iso
from chalicelib.keeta.network import DEV
from chalicelib.keeta.signature import sign_certificate
from chalicelib.keeta.votes import VoteBody, sign_vote
from chalicelib.keeta.votes.vote import FOREVER
from chalicelib.settlement.errors import MalformedAnswer
from chalicelib.settlement.told import Entry, Unreadable
from tests.keeta.mutate import parse, write
from tests.keeta_node import sdk
from tests.keeta_node.stub import serving
from tests.keeta_node.unchecked import Shown, hash_of, raw_block, raw_staple
from tests.keeta_node.world import KTA, World, new_key, opening

MOMENT = time.time_ns() // 1_000_000
KEY = new_key(KeyType.ED25519)
REPRESENTATIVE = new_key()


def shown(**parts: Any) -> Shown:
    """A payment, as the vectors spell blocks."""
    send = {"type": "SEND", "to": KEY.account.address, "amount": "5", "token": KTA.address}
    return {
        "network": DEV.network_id,
        "date": iso(MOMENT),
        "purpose": 0,
        "account": KEY.account.address,
        "signer": KEY.account.address,
        "previous": opening(KEY).hex(),
        "operations": [{**send, **parts.pop("send", {})}],
        **parts,
    }


def vote_body(hashes: tuple[bytes, ...], **parts: Any) -> VoteBody:
    return VoteBody(
        issuer=REPRESENTATIVE.account,
        serial=1,
        valid_from=MOMENT,
        valid_to=MOMENT + 2 * FOREVER,
        blocks=hashes,
        **parts,
    )


def stapled(block: Shown) -> bytes:
    vote = sign_vote(vote_body((hash_of(block),)), REPRESENTATIVE)
    return raw_staple([raw_block(block, [KEY])], [vote.raw])


def with_newer_vote() -> bytes:
    """A vote that says something more, in an extension that nobody knows yet."""
    block = shown()
    (whole,) = parse(sign_vote(vote_body((hash_of(block),)), REPRESENTATIVE).raw)
    assert whole.children is not None
    body = whole.children[0]
    assert body.children is not None
    wrapped = body.children[-1].children
    assert wrapped is not None
    extensions = wrapped[0]
    newer = der.sequence(der.oid("1.3.6.1.4.1.62675.0.9.9"), der.octets(b"new"))
    assert extensions.children is not None
    extensions.children.extend(parse(newer))
    whole.children[2].content = b"\x00" + sign_certificate(REPRESENTATIVE, write(body))
    return raw_staple([raw_block(block, [KEY])], [write(whole)])


STRANGE = {
    "malformed: a negative integer": stapled(shown(send={"amount": "-5"})),
    "LEDGER_INVALID_SUBNET: a block of a subnet": stapled(shown(subnet=1)),
    "LEDGER_INVALID_NETWORK: not a block of dev": stapled(shown(network=0x5382)),
}
NEWER = with_newer_vote()


def row(raw: bytes, id_: bytes) -> Shown:
    return {
        "voteStaple": {"votes": [], "blocks": [], "$binary": b64encode(raw).decode()},
        "$id": id_.hex().upper(),
        "$timestamp": iso(MOMENT),
    }


@contextmanager
def telling(answer: object) -> Iterator[Node]:
    client = http_client()
    with serving(lambda *_: answer) as url:
        yield Node(DEV, Transport(url, client))
    client.close()


def test_the_official_sdk_reads_what_we_do_not_and_not_what_is_newer_than_itself(four: World) -> None:
    texts = [b64encode(raw).decode() for raw in (*STRANGE.values(), NEWER)]
    ids = sdk.run("legal.mjs", four.description, texts)
    assert [id_ is None for id_ in ids] == [False, False, False, True]


def test_a_history_with_staples_that_we_do_not_read_is_followed_to_its_end() -> None:
    good = stapled(shown())
    strange = {**STRANGE, "malformed: ": NEWER}
    rows = [row(raw, digest(raw)) for raw in strange.values()]
    rows.insert(2, row(good, digest(hash_of(shown()))))
    with telling({"history": rows, "nextKey": None}) as node:
        page = node.history(None)
    assert len(page.entries) == len(rows)
    read = page.entries[2]
    assert isinstance(read, Entry)
    assert read.staple.blocks[0].hash == hash_of(shown())
    others = [entry for entry in page.entries if isinstance(entry, Unreadable)]
    for entry, (reason, raw) in zip(others, strange.items(), strict=True):
        assert entry.reason.startswith(reason)
        assert (entry.id, entry.raw, entry.moment) == (digest(raw), raw, MOMENT)
    assert page.next == others[-1].id


def test_staples_to_start_from_may_be_unreadable_too() -> None:
    answer = {"voteStaples": [{"$binary": b64encode(raw).decode()} for raw in STRANGE.values()]}
    with telling(answer) as node:
        entries = node.bootstrap_votes(MOMENT)
    assert [type(entry) for entry in entries] == [Unreadable] * len(STRANGE)


def test_a_staple_under_another_id_is_not_taken_for_it() -> None:
    with telling({"history": [row(stapled(shown()), bytes(32))], "nextKey": None}) as node:
        (entry,) = node.history(None).entries
    assert isinstance(entry, Unreadable)
    assert entry.reason == "not the staple of this id"


def test_a_history_that_goes_in_circles_is_refused() -> None:
    id_ = digest(hash_of(shown()))
    once = row(stapled(shown()), id_)
    with telling({"history": [once], "nextKey": None}) as node:
        assert node.history(None).next == id_
        with pytest.raises(MalformedAnswer, match="repeats itself"):
            node.history(None, start=id_)
    with telling({"history": [once, once], "nextKey": None}) as node, pytest.raises(MalformedAnswer):
        node.history(None)


def test_what_is_no_history_at_all_is_an_error_of_the_node() -> None:
    answers: list[Any] = [{}, {"history": None}, {"history": [{}]}]
    for answer in [*answers, {"history": [{**row(b"", bytes(32)), "$id": 5}]}]:
        with telling(answer) as node, pytest.raises(MalformedAnswer):
            node.history(None)
