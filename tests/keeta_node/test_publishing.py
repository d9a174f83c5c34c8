"""What is the next step of a staple, going by what was saved? No network is asked here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.keeta_node import Representative, Representatives
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, BlockBody, Purpose, read_block, sign_block
from chalicelib.keeta.errors import BadSignature, InvalidStaple, KeetaError
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import Send
from chalicelib.keeta.votes import Fee, Vote, VoteBody, sign_vote
from chalicelib.keeta.votes.vote import FOREVER
from chalicelib.settlement.errors import KeetaNodeError, NoAnswer, NotEnough, Refused, Unreachable
from chalicelib.settlement.fees import fee_previous, is_affordable, payable, plan_fee
from chalicelib.settlement.outlook import Outlook, Verdict, may_begin_anew, verdict
from chalicelib.settlement.publishing import Publishing, Step, begin, next_step
from chalicelib.settlement.record import from_record, to_record
from chalicelib.settlement.refusals import Meaning
from chalicelib.settlement.rounds import adopt
from tests.keeta_node.world import KTA, crashed, new_keys, opening

NOW = 1_760_000_000_000
MINUTE = 60_000
KEYS = new_keys(4)
WEIGHTS: Mapping[Account, int] = {key.account: 10 for key in KEYS}
PAYER, OTHER = new_keys(2)


def signed(key: Any = PAYER, **parts: Any) -> Block:
    body = BlockBody(
        network=DEV.network_id,
        account=key.account,
        signer=key.account,
        previous=parts.pop("previous", opening(key)),
        date=NOW,
        operations=parts.pop("operations", (Send(OTHER.account, 5, KTA),)),
        **parts,
    )
    return sign_block(body, key)


PAID = signed()
OURS = begin(DEV, [PAID], NOW)


def votes(
    numbers: Iterable[int], known: Publishing, *, permanent: bool = False, fee: Fee | None = None
) -> tuple[Vote, ...]:
    hashes = known.hashes if permanent else tuple(block.hash for block in known.blocks)
    body = VoteBody(
        issuer=KEYS[0].account,
        serial=1,
        valid_from=NOW,
        valid_to=NOW + (2 * FOREVER if permanent else 5 * MINUTE),
        blocks=hashes,
        fee=fee,
    )
    return tuple(sign_vote(replace(body, issuer=KEYS[each].account), KEYS[each]) for each in numbers)


def temporary(numbers: Iterable[int], fee: Fee | None = None) -> Publishing:
    return OURS.with_temporary(votes(numbers, OURS, fee=fee))


def paid_fees(known: Publishing) -> Publishing:
    body = plan_fee(known, OTHER.account, OTHER.account, opening(OTHER), NOW)
    assert body is not None
    return known.with_fee_block(sign_block(body, OTHER))


FREE = temporary((0, 1, 2))
DEAR = temporary((0, 1, 2), Fee(7))
PAID_FOR = paid_fees(DEAR)
LATER = NOW + 6 * MINUTE


@pytest.mark.parametrize(
    ("known", "now", "step"),
    [
        (OURS, NOW, Step.TEMPORARY),
        (OURS, LATER, Step.TEMPORARY),
        (FREE, NOW, Step.PERMANENT),
        (FREE, LATER, Step.EXPIRED),
        (temporary((0, 1)), NOW, Step.EXPIRED),
        (DEAR, NOW, Step.FEE),
        (DEAR, LATER, Step.EXPIRED),
        (PAID_FOR, NOW, Step.PERMANENT),
        (PAID_FOR, LATER, Step.EXPIRED),
        (PAID_FOR.with_permanent(votes((0, 1), PAID_FOR, permanent=True)), NOW, Step.PERMANENT),
        (PAID_FOR.with_permanent(votes((0, 1), PAID_FOR, permanent=True)), LATER, Step.RENEW),
        (PAID_FOR.with_permanent(votes((0,), PAID_FOR, permanent=True)), LATER, Step.EXPIRED),
        (PAID_FOR.with_permanent(votes((0, 1, 3), PAID_FOR, permanent=True)), LATER, Step.PUBLISH),
    ],
)
def test_the_next_step_follows_from_what_is_known(known: Publishing, now: int, step: Step) -> None:
    assert next_step(crashed(known), WEIGHTS, now) is step


def test_renewed_votes_and_permanent_ones_together_ask_for_the_rest() -> None:
    known = FREE.with_permanent(votes((0, 1), FREE, permanent=True))
    renewed = known.with_renewed(votes((1, 2), FREE))
    assert [vote.issuer for vote in renewed.renewed] == [KEYS[2].account], "the second has done its part"
    assert next_step(crashed(renewed), WEIGHTS, NOW) is Step.PERMANENT
    assert len(renewed.supporting) == 3
    assert next_step(renewed, WEIGHTS, LATER) is Step.RENEW


def test_votes_of_strangers_weigh_nothing() -> None:
    strangers = dict.fromkeys((key.account for key in new_keys(4)), 10)
    assert next_step(FREE, strangers, NOW) is Step.EXPIRED


@pytest.mark.parametrize("known", [OURS, FREE, DEAR, PAID_FOR])
def test_a_record_gives_back_what_was_saved(known: Publishing) -> None:
    assert crashed(known) == known


@given(data=st.data())
def test_a_spoiled_record_is_refused_and_never_read_as_something_else(data: st.DataObject) -> None:
    record: Any = to_record(PAID_FOR)
    name = data.draw(st.sampled_from(["blocks", "temporary", "fee_block"]))
    text = record[name] if name == "fee_block" else record[name][0]
    at = data.draw(st.integers(0, len(text) - 2))
    letter = data.draw(st.sampled_from("AQgw+/=!"))
    worse = text[:at] + letter + text[at + 1 :]
    record[name] = worse if name == "fee_block" else [worse, *record[name][1:]]
    try:
        read = from_record(json.loads(json.dumps(record)))
    except KeetaError:
        return
    # What is not covered by a hash is a signature, and that is verified where it counts.
    assert read.blocks[0].body == PAID_FOR.blocks[0].body
    assert [vote.body for vote in read.temporary][1:] == [vote.body for vote in PAID_FOR.temporary][1:]


def test_the_second_round_does_not_go_back_to_the_first() -> None:
    with pytest.raises(InvalidStaple):
        PAID_FOR.with_temporary(DEAR.temporary)
    with pytest.raises(InvalidStaple, match="there is a fee block"):
        paid_fees(PAID_FOR)
    with pytest.raises(InvalidStaple) as unpaid:
        DEAR.with_permanent(votes((0,), DEAR, permanent=True))
    assert unpaid.value.code == "LEDGER_MISSING_REQUIRED_FEE_BLOCK"
    with pytest.raises(InvalidStaple):
        _ = OURS.staple


def test_permanent_votes_are_for_all_blocks_and_the_fee_block_with_them() -> None:
    of_the_first_round = votes((0,), FREE, permanent=True)
    for misplaced in (PAID_FOR.with_permanent, PAID_FOR.with_renewed):
        with pytest.raises(InvalidStaple) as refused:
            misplaced(of_the_first_round)
        assert refused.value.code == "LEDGER_BLOCKS_DIFFER_FROM_VOTED_ON"


def test_a_block_that_was_not_signed_by_its_signer_is_not_begun() -> None:
    forged = read_block(PAID.raw[:-64] + bytes(64), DEV)
    with pytest.raises(BadSignature):
        begin(DEV, [forged], NOW)


def test_a_fee_block_follows_the_payer_s_last_block_in_the_staple() -> None:
    second = signed(previous=PAID.hash)
    two = begin(DEV, [PAID, second], NOW)
    assert fee_previous(two, PAYER.account, bytes(32)) == second.hash
    assert fee_previous(two, OTHER.account, bytes(32)) == bytes(32)
    assert plan_fee(two, PAYER.account, PAYER.account, bytes(32), NOW) is None
    body = plan_fee(DEAR, PAYER.account, PAYER.account, bytes(32), NOW)
    assert body is not None
    assert (body.purpose, body.previous, body.version) == (Purpose.FEE, PAID.hash, 2)
    assert [send.amount for send in body.operations if isinstance(send, Send)] == [7, 7, 7]


def test_two_prices_for_one_payee_can_not_both_be_paid_and_its_own_goes_first() -> None:
    own = votes((1,), OURS, fee=Fee(5))
    greedy = votes((0,), OURS, fee=Fee(50, pay_to=KEYS[1].account))
    alike = votes((2,), OURS, fee=Fee(5, pay_to=KEYS[1].account))
    free = votes((3,), OURS)
    assert payable((*greedy, *own, *alike, *free), DEV) == (*own, *alike, *free)
    assert payable((), DEV) == ()


@pytest.mark.parametrize(
    ("fee", "affordable"),
    [(None, True), (Fee(7), True), (Fee(8), False), (Fee(1, token=DEV.base_token), True)],
)
def test_a_vote_is_affordable_up_to_its_limit_in_its_token(fee: Fee | None, affordable: bool) -> None:
    (vote,) = votes((0,), OURS, fee=fee)
    assert is_affordable(vote, {KTA: 7}, DEV) is affordable
    assert is_affordable(vote, {}, DEV) is (fee is None)


def seen(permanent: Iterable[int] = (), promised: Iterable[int] = (), silent: Iterable[int] = ()) -> Outlook:
    found = (*votes(permanent, FREE, permanent=True), *votes(promised, FREE))
    missing: dict[Account, KeetaNodeError] = {KEYS[each].account: NoAnswer("x") for each in silent}
    return Outlook(None, None, found, {PAID.hash: PAID}, missing)


@pytest.mark.parametrize(
    ("outlook", "wanted", "anew"),
    [
        (seen(), Verdict.NOTHING, True),
        (seen(promised=(0, 1, 2, 3)), Verdict.PENDING, True),
        (seen(silent=(3,)), Verdict.SILENT, True),
        (seen(silent=(2, 3)), Verdict.SILENT, False),
        (seen(permanent=(0,)), Verdict.FINISH, True),
        (seen(permanent=(0,), silent=(1,)), Verdict.FINISH, False),
        (seen(permanent=(0, 1)), Verdict.FINISH, False),
    ],
)
def test_beginning_anew_needs_a_quorum_that_is_surely_free(
    outlook: Outlook, wanted: Verdict, anew: bool
) -> None:
    assert verdict(outlook, NOW) is wanted
    assert may_begin_anew(OURS, outlook, WEIGHTS, NOW) is anew


def test_the_heavier_of_two_rounds_is_gone_on_with() -> None:
    first, second = PAID_FOR, paid_fees(temporary((0, 1, 2), Fee(6)))
    both = (*votes((0,), first, permanent=True), *votes((1, 2), second, permanent=True))
    blocks = {block.hash: block for known in (first, second) for block in known.all_blocks}
    found = adopt(first, Outlook(None, None, both, blocks, {}), WEIGHTS, NOW)
    assert found.fee_block == second.fee_block
    assert len(found.permanent) == 2
    assert crashed(found) == found
    with pytest.raises(InvalidStaple):
        adopt(OURS, seen(promised=(0, 1)), WEIGHTS, NOW)


@pytest.mark.parametrize(
    ("ours", "theirs", "gone_on_with"),
    [((0,), (1,), "theirs"), ((0, 1), (2,), "ours"), ((0,), (1, 2), "theirs"), ((0, 1), (2, 3), "ours")],
)
def test_another_s_round_is_finished_as_long_as_it_can_be(
    ours: tuple[int, ...], theirs: tuple[int, ...], gone_on_with: str
) -> None:
    first, second = PAID_FOR, paid_fees(temporary((0, 1, 2), Fee(6)))
    both = (*votes(ours, first, permanent=True), *votes(theirs, second, permanent=True))
    blocks = {block.hash: block for known in (first, second) for block in known.all_blocks}
    found = adopt(first, Outlook(None, None, both, blocks, {}), WEIGHTS, NOW)
    assert found.fee_block == {"ours": first, "theirs": second}[gone_on_with].fee_block


def test_our_blocks_in_somebody_else_s_staple_are_not_adopted() -> None:
    stranger = signed(OTHER)
    theirs = begin(DEV, [stranger, PAID], NOW)
    found = votes((0, 1), theirs, permanent=True)
    blocks = {block.hash: block for block in theirs.blocks}
    with pytest.raises(InvalidStaple, match="not ours"):
        adopt(OURS, Outlook(None, None, found, blocks, {}), WEIGHTS, NOW)


def test_too_few_means_what_so_many_mean_that_the_rest_can_not_help() -> None:
    known = Representatives(DEV, [Representative(account, "http://x", 10) for account in WEIGHTS])
    final, away = Refused("no", "LEDGER_INVALID_BALANCE"), Unreachable("away")
    first, second, third, _ = WEIGHTS

    def meaning(failures: dict[Account, KeetaNodeError]) -> Meaning:
        error = known.not_enough("x", failures)
        assert isinstance(error, NotEnough)
        return error.meaning

    assert meaning({first: final}) is Meaning.LOOK, "one may lie"
    assert meaning({first: final, second: final}) is Meaning.FINAL
    assert meaning({first: away, second: away, third: final}) is Meaning.TRANSIENT
    assert meaning({first: final, second: away}) is Meaning.LOOK
    known.close()
