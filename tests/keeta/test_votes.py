"""Are votes and quotes those of the official SDK, and is a bad one refused?"""

import dataclasses

import pytest

from chalicelib.keeta import der
from chalicelib.keeta.errors import BadSignature, InvalidVote, KeetaError, Malformed, VoteNotValidNow
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.network import TEST
from chalicelib.keeta.votes import Fee, Vote, fee_sends, read_quote, read_vote, sign_vote, verify_vote
from chalicelib.keeta.votes.vote import FOREVER, SLOP
from tests.keeta.vectors import Shown, key, table, vote_body

VOTES = table("votes", "votes")
EACH_VOTE = pytest.mark.parametrize("row", VOTES, ids=lambda row: f"{row['issuer']} {row['serial']}")
NOW = parse_iso("2025-06-01T12:35:00.000Z")
TEMPORARY = vote_body(VOTES[0])


def read(row: Shown) -> Vote:
    return (read_quote if row.get("quote") else read_vote)(bytes.fromhex(row["raw"]))


@EACH_VOTE
def test_a_vote_made_from_the_same_inputs_is_the_same_to_the_last_byte(row: Shown) -> None:
    vote = sign_vote(vote_body(row), key(row["issuer"]))
    assert vote.raw.hex() == row["raw"]
    assert vote.hash.hex() == row["hash"]


@EACH_VOTE
def test_a_vote_of_the_sdk_is_read_and_verified(row: Shown) -> None:
    vote = read(row)
    assert vote.body == vote_body(row)
    assert vote.hash.hex() == row["hash"]
    assert vote.blocks_hash.hex() == row["blocks_hash"]
    assert vote.permanent(parse_iso(row["now"])) == row["permanent"]
    verify_vote(vote, parse_iso(row["now"]))


@EACH_VOTE
def test_a_vote_is_no_quote_and_a_quote_no_vote(row: Shown) -> None:
    other = read_vote if row.get("quote") else read_quote
    with pytest.raises(InvalidVote) as refused:
        other(bytes.fromhex(row["raw"]))
    assert refused.value.code in ("VOTE_FEE_IS_QUOTE", "VOTE_FEE_NOT_QUOTE")


@EACH_VOTE
def test_a_vote_whose_content_was_changed_does_not_verify(row: Shown) -> None:
    vote = read(row)
    changed = dataclasses.replace(vote, body=dataclasses.replace(vote.body, serial=vote.body.serial + 1))
    with pytest.raises(BadSignature):
        verify_vote(changed, NOW)


@EACH_VOTE
def test_a_vote_with_more_or_fewer_bytes_is_refused(row: Shown) -> None:
    raw = bytes.fromhex(row["raw"])
    for other in (raw + b"\x00", raw[:-1], raw[1:], b""):
        with pytest.raises(Malformed):
            read_vote(other)


def test_a_vote_counts_from_a_minute_before_until_a_minute_after() -> None:
    vote = read(VOTES[0])
    verify_vote(vote, vote.body.valid_from - SLOP)
    verify_vote(vote, vote.body.valid_to + SLOP)
    with pytest.raises(VoteNotValidNow) as early:
        verify_vote(vote, vote.body.valid_from - SLOP - 1)
    with pytest.raises(VoteNotValidNow) as late:
        verify_vote(vote, vote.body.valid_to + SLOP + 1)
    assert (early.value.code, late.value.code) == ("VOTE_MOMENT_BEFORE_VALIDITY_FROM", "VOTE_EXPIRED")


def test_a_permanent_vote_with_a_fee_is_refused() -> None:
    body = dataclasses.replace(TEMPORARY, valid_to=NOW + FOREVER + 1, fee=Fee(1))
    with pytest.raises(InvalidVote) as refused:
        verify_vote(sign_vote(body, key("SECP256K1/0")), NOW)
    assert refused.value.code == "VOTE_MALFORMED_FEES_IN_PERMANENT_VOTE"


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("no blocks", {"blocks": ()}),
        ("a short hash", {"blocks": (bytes(31),)}),
        ("a block twice", {"blocks": (bytes(32), bytes(32))}),
        ("over before it began", {"valid_to": TEMPORARY.valid_from - 1}),
        ("a quote of no price", {"quote": True}),
        ("an issuer without a key", {"issuer": TEST.address}),
    ],
)
def test_a_vote_that_makes_no_sense_can_not_be_made(why: str, change: Shown) -> None:
    with pytest.raises(InvalidVote):
        dataclasses.replace(TEMPORARY, **change)


@pytest.mark.parametrize(
    ("fee", "code"),
    [
        ({"amount": 0}, "VOTE_MALFORMED_FEES_AMOUNT"),
        ({"amount": -5}, "VOTE_MALFORMED_FEES_AMOUNT"),
        ({"amount": 1, "pay_to": TEST.base_token}, "VOTE_MALFORMED_FEES_PAY_TO_INVALID"),
        ({"amount": 1, "token": TEST.address}, "VOTE_MALFORMED_FEES_TOKEN_NOT_TOKEN"),
    ],
)
def test_a_fee_that_can_not_be_paid_is_refused(fee: Shown, code: str) -> None:
    with pytest.raises(InvalidVote) as refused:
        Fee(**fee)
    assert refused.value.code == code


def test_a_vote_is_signed_by_its_issuer_only() -> None:
    with pytest.raises(InvalidVote):
        sign_vote(TEMPORARY, key("SECP256K1/1"))


def test_a_vote_that_names_another_key_than_its_issuer_is_refused() -> None:
    issuer, other = (key(f"SECP256K1/{index}").account.key for index in (0, 1))
    with pytest.raises(KeetaError):
        read_vote(bytes.fromhex(VOTES[0]["raw"]).replace(der.bits(issuer), der.bits(other)))


def test_an_extension_that_is_not_understood_is_refused() -> None:
    raw = bytes.fromhex(VOTES[0]["raw"])
    known, unknown = der.oid("2.16.840.1.101.3.3.1.3"), der.oid("2.16.840.1.101.3.3.1.4")
    assert known in raw
    with pytest.raises(Malformed):
        read_vote(raw.replace(known, unknown))


def test_each_vote_with_a_fee_is_paid_once_to_whom_it_says_in_what_it_says() -> None:
    votes = [read(row) for row in VOTES if row["issuer"] == "SECP256K1/0" and not row.get("quote")]
    sends = fee_sends(votes, TEST)
    fees = [vote.fee for vote in votes if vote.fee is not None]
    assert len(sends) == len(fees) == 4
    assert [send.amount for send in sends] == [fee.amount for fee in fees]
    assert sends[0].to == votes[0].issuer
    assert sends[0].token == TEST.base_token
    assert sends[1].to == fees[1].pay_to
    assert sends[2].token == fees[2].token != TEST.base_token


def test_free_votes_cost_nothing() -> None:
    assert fee_sends([read(VOTES[0])], TEST) == ()
