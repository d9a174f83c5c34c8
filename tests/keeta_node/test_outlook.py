"""After a crash, or a long silence: what do the representatives show, and what follows from it?"""

from collections.abc import Callable

import pytest

from chalicelib.adapters.keeta_node import landed
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.signature import PrivateKey
from chalicelib.settlement.errors import NotEnough
from chalicelib.settlement.outlook import Verdict, may_begin_anew, verdict
from chalicelib.settlement.publishing import Publishing, Step, next_step
from chalicelib.settlement.rounds import adopt
from infra.local.keeta.controls import Controls
from tests.keeta_node.world import SHORT, World, crashed, new_key

Payers = Callable[[int], list[PrivateKey]]
MINUTE = 60_000


def half_done(world: World, controls: Controls, known: Publishing, missing: tuple[int, ...]) -> None:
    """The second round, in which these representatives are not reached, and nothing is saved."""
    for number in missing:
        controls.fault("vote.permanent", "drop_request", representative=number)
    with pytest.raises(NotEnough):
        world.publisher.ask_permanent(known)


def test_what_nobody_has_heard_of_can_be_begun_anew(four: World, payer: PrivateKey) -> None:
    known = four.begin(four.pay(payer, new_key().account))
    outlook = four.publisher.look(known)
    assert verdict(outlook, four.now()) is Verdict.NOTHING
    assert may_begin_anew(known, outlook, four.representatives.weights, four.now())


def test_a_silent_representative_may_have_voted_and_two_of_them_stop_us(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    known = four.begin(four.pay(payer, new_key().account))
    weights = four.representatives.weights
    controls.condition("reset", representative=1)
    outlook = four.publisher.look(known)
    assert verdict(outlook, four.now()) is Verdict.SILENT
    assert may_begin_anew(known, outlook, weights, four.now()), "three others are a quorum"
    controls.condition("unavailable", representative=2)
    outlook = four.publisher.look(known)
    assert len(outlook.silent) == 2
    assert not may_begin_anew(known, outlook, weights, four.now())


def test_temporary_votes_end_and_the_payment_is_signed_anew_on_the_same_previous(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    to, key = new_key().account, b"one-payment"
    first = four.pay(payer, to, 10, idempotent=key)
    known, weights = four.publisher.ask_temporary(four.begin(first)), four.representatives.weights
    assert four.verdict(known) is Verdict.PENDING
    four.shift(controls, 5 * MINUTE + 30_000)
    assert next_step(known, weights, four.now()) is Step.EXPIRED
    outlook = four.publisher.look(known)
    assert verdict(outlook, four.now()) is Verdict.NOTHING
    assert not may_begin_anew(known, outlook, weights, four.now()), "a minute of slop"
    four.shift(controls, 6 * MINUTE)
    assert may_begin_anew(known, outlook, weights, four.now())
    with pytest.raises(InvalidStaple) as refused:
        four.begin(first)
    assert refused.value.code == "LEDGER_BLOCK_EXPIRED"

    second = four.pay(payer, to, 10, idempotent=key)
    assert second.body.previous == first.body.previous
    four.settle(second)
    assert four.balance(to) == 10
    assert four.verdict(known) is Verdict.RIVAL


def test_a_rival_is_shown_with_the_whole_staple_in_which_it_landed(four: World, payers: Payers) -> None:
    payer, other = payers(2)
    to = new_key().account
    ours = four.begin(four.pay(payer, to, 10))
    rival, more = four.pay(payer, to, 11), four.pay(other, to, 12)
    four.settle(rival, more)
    outlook = four.publisher.look(ours)
    assert verdict(outlook, four.now()) is Verdict.RIVAL
    assert outlook.rival is not None
    assert outlook.rival.blocks == (rival, more)
    assert not may_begin_anew(ours, outlook, four.representatives.weights, four.now())


def test_a_later_block_of_the_same_chain_is_no_rival(four: World, payer: PrivateKey) -> None:
    to = new_key().account
    first = four.pay(payer, to, 1)
    four.settle(first)
    four.settle(four.pay(payer, to, 2))
    outlook = four.publisher.look(four.begin(first))
    assert verdict(outlook, four.now()) is Verdict.LANDED


@pytest.mark.parametrize("fee", [None, 40])
@pytest.mark.parametrize("later", [1, 17])
def test_permanent_votes_of_two_are_found_and_finished_however_late(
    four: World, controls: Controls, payers: Payers, fee: int | None, later: int
) -> None:
    controls.fee(fee)
    payer, other = payers(2)
    to = new_key().account
    known: Publishing | None = four.publisher.ask_temporary(four.begin(four.pay(payer, to, 9)))
    assert known is not None
    if fee:
        known = four.step(known, other)
        assert known is not None
    half_done(four, controls, known, missing=(3, 4))
    four.shift(controls, later * MINUTE)

    outlook = four.publisher.look(known)
    weights, taken = four.representatives.weights, []
    assert verdict(outlook, four.now()) is Verdict.FINISH
    assert not may_begin_anew(known, outlook, weights, four.now())
    known = adopt(crashed(known), outlook, weights, four.now())
    while known is not None:
        saved = crashed(known)
        taken.append(next_step(saved, weights, four.now()))
        known = four.step(saved)
    renewed = [] if later == 1 else [Step.RENEW]
    assert taken == [*renewed, Step.PERMANENT, Step.PUBLISH]
    assert four.proven(saved).fee_block == saved.fee_block
    assert four.balance(to) == 9
    assert four.balance(other.account) == 1_000_000 - 4 * (fee or 0)


def test_a_fee_block_that_was_not_saved_is_found_and_taken_over(
    four: World, controls: Controls, payers: Payers
) -> None:
    controls.fee(40)
    payer, other = payers(2)
    begun = four.begin(four.pay(payer, new_key().account))
    paid = four.step(four.publisher.ask_temporary(begun), other)
    assert paid is not None
    half_done(four, controls, paid, missing=(3, 4))
    outlook = four.publisher.look(begun)
    found = adopt(begun, outlook, four.representatives.weights, four.now())
    assert found.fee_block == paid.fee_block
    assert len(found.permanent) == 2


def test_one_permanent_vote_of_four_binds_one_and_leaves_three_to_begin_anew(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    to, weights = new_key().account, four.representatives.weights
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, to, 10)))
    half_done(four, controls, known, missing=(2, 3, 4))
    four.shift(controls, 6 * MINUTE)
    outlook = four.publisher.look(known)
    assert verdict(outlook, four.now()) is Verdict.FINISH
    assert may_begin_anew(known, outlook, weights, four.now())
    found = adopt(known, outlook, weights, four.now())
    assert next_step(found, weights, four.now()) is Step.EXPIRED, "a quarter is too little to renew"
    four.settle(four.pay(payer, to, 10))
    assert four.balance(to) == 10
    assert four.verdict(known) is Verdict.RIVAL


def test_what_landed_is_seen_although_one_is_silent_and_one_has_not_heard_of_it(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    controls.gossip(False)
    controls.condition("silent", representative=4)
    with World(four.description, SHORT) as world:
        known = world.publisher.ask_temporary(world.begin(world.pay(payer, new_key().account)))
        known = world.publisher.ask_permanent(known)
        controls.fault("publish", "drop_request", representative=2)
        controls.fault("publish", "drop_request", representative=3)
        assert len(world.publisher.publish(known).applied) == 1
        assert world.verdict(known) is Verdict.LANDED
        heads = world.representatives.heads(payer.account)
        assert sorted(head is None for head in heads.values()) == [False, True, True]


def test_a_representative_that_lags_is_outvoted_and_healed_by_publishing_to_it(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    controls.gossip(False)
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, new_key().account)))
    known = four.publisher.ask_permanent(known)
    controls.fault("publish", "drop_request", representative=2)
    four.publisher.publish(known)
    assert len(set(four.representatives.heads(payer.account).values())) == 2
    assert four.representatives.head(payer.account).block == known.blocks[0]
    published = four.publisher.publish(known)
    assert (len(published.applied), len(published.known)) == (1, 3)
    assert len(set(four.representatives.heads(payer.account).values())) == 1


def test_heads_that_differ_too_much_are_no_answer(four: World, controls: Controls, payer: PrivateKey) -> None:
    controls.gossip(False)
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, new_key().account)))
    known = four.publisher.ask_permanent(known)
    for number in (1, 2):
        controls.fault("publish", "drop_request", representative=number)
    four.publisher.publish(known)
    with pytest.raises(NotEnough, match="do not agree"):
        four.representatives.head(payer.account)


def test_a_staple_waits_where_its_predecessor_is_unknown(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    controls.condition("reset", representative=4)
    first, second = (published(four, four.pay(payer, new_key().account)) for _ in range(2))
    controls.condition("up", catch_up=False)
    fourth = [*four.representatives.nodes][3]
    assert four.publisher.publish(second).parked == (fourth,)
    assert four.publisher.publish(first).applied == (fourth,)
    assert len(set(four.representatives.heads(payer.account).values())) == 1


def published(world: World, block: Block) -> Publishing:
    known = world.publisher.ask_permanent(world.publisher.ask_temporary(world.begin(block)))
    world.publisher.publish(known)
    return known


def test_a_hash_alone_is_enough_to_find_the_staple_in_which_it_landed(four: World, payers: Payers) -> None:
    first, second = (four.pay(payer, new_key().account) for payer in payers(2))
    four.settle(first, second)
    found, failures = landed(four.representatives, second.hash, four.now())
    assert found is not None
    assert found.blocks == (first, second)
    assert failures == {}
    assert landed(four.representatives, bytes(32), four.now()) == (None, {})


def test_weights_are_what_the_middle_of_the_representatives_says(four: World) -> None:
    observed = four.representatives.observed_weights()
    assert observed.keys() == four.representatives.weights.keys()
    assert set(observed.values()) == {100_000_000 * 10**18}


def test_a_look_at_many_accounts_asks_for_all_their_heads_at_once(
    four: World, payers: Payers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten, asked = payers(10), list[bytes]()
    known = four.begin(*(four.pay(each, new_key().account) for each in ten))
    successor = Node.successor

    def counted(node: Node, previous: bytes) -> Block | None:
        asked.append(previous)
        return successor(node, previous)

    monkeypatch.setattr(Node, "successor", counted)
    assert four.verdict(known) is Verdict.NOTHING
    assert asked == []
    rival = four.pay(ten[7], new_key().account)
    four.settle(rival)
    assert four.verdict(known) is Verdict.RIVAL
    assert set(asked) == {rival.body.previous}
