"""Does a staple land step by step, paid exactly once, whatever fails on the way?"""

from collections.abc import Callable

import pytest

from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import Send
from chalicelib.keeta.signature import PrivateKey
from chalicelib.settlement.errors import KeetaNodeError, NotEnough, TooDear
from chalicelib.settlement.outlook import Verdict
from chalicelib.settlement.publishing import Publishing, Step, next_step, sends_of
from chalicelib.settlement.refusals import Meaning
from infra.local.keeta.controls import Action, Condition, Controls
from tests.keeta_node.world import KTA, SHORT, STEPS_MAX, World, crashed, new_key

Payers = Callable[[int], list[PrivateKey]]
MILLION = 1_000_000


def step_of(world: World, known: Publishing) -> Step:
    return next_step(known, world.representatives.weights, world.now())


def test_a_payment_lands_with_one_representative_and_with_four(
    one: World, four: World, payer: PrivateKey
) -> None:
    to = new_key().account
    four.settle(four.pay(payer, to, 5))
    assert four.balance(to) == 5
    one.fund([to], 7)
    assert one.balance(to) == 7


def test_blocks_of_several_accounts_land_in_one_staple(four: World, payers: Payers) -> None:
    to, (first, second) = new_key().account, payers(2)
    one, two = four.pay(first, to, 10), four.pay(second, to, 20)
    three = four.pay(first, second.account, 30, previous=one.hash)
    assert [block.hash for block in four.settle(one, two, three).blocks] == [
        block.hash for block in (one, two, three)
    ]
    assert four.balance(to) == 30
    assert four.balance(first.account) == MILLION - 40
    assert four.balance(second.account) == MILLION + 10


def test_a_fee_is_paid_once_for_each_vote_in_one_more_block(
    four: World, controls: Controls, payers: Payers
) -> None:
    controls.fee(70)
    controls.fee(30, representative=2, pay_to=(treasury := new_key().account).address)
    payer, other = payers(2)
    to = new_key().account
    landed = four.settle(four.pay(payer, to), payer=other)
    assert landed.fee_block is not None
    assert sorted(send.amount for send in sends_of(landed.fee_block)) == [30, 70, 70, 70]
    assert four.balance(other.account) == MILLION - 240
    assert four.balance(payer.account) == MILLION - 1
    assert four.balance(treasury) == 30


def test_the_one_who_pays_may_pay_the_fee_too_on_the_same_chain(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    controls.fee(1_000)
    landed = four.settle(four.pay(payer, new_key().account), payer=payer)
    assert landed.fee_block is not None
    assert landed.fee_block.body.previous == landed.blocks[0].hash
    assert four.balance(payer.account) == MILLION - 4_001


def test_a_vote_that_is_too_dear_is_done_without(four: World, controls: Controls, payers: Payers) -> None:
    promised, payer, other = payers(3)
    controls.fee(10)
    controls.fee(10**9, representative=1)
    controls.fee(5, representative=3, token=four.token("USDT").address)
    dear = four.begin(four.pay(promised, new_key().account))
    with pytest.raises(NotEnough) as failed:
        four.publisher.ask_temporary(dear)
    assert {type(error) for error in failed.value.failures.values()} == {TooDear}
    assert len(failed.value.votes) == 2

    controls.fee(10, representative=3)
    landed = four.settle(four.pay(payer, new_key().account), payer=other)
    assert landed.fee_block is not None
    assert [send.amount for send in sends_of(landed.fee_block)] == [10, 10, 10]


def test_a_fee_in_another_s_name_costs_only_the_vote_of_the_one_who_asks_it(
    four: World, controls: Controls, payers: Payers
) -> None:
    payer, other = payers(2)
    controls.fee(7)
    first, second, *_ = four.representatives.nodes
    controls.fee(9, representative=2, pay_to=first.address)
    landed = four.settle(four.pay(payer, new_key().account), payer=other)
    assert landed.fee_block is not None
    assert [send.amount for send in sends_of(landed.fee_block)] == [7, 7, 7]
    assert second not in {vote.issuer for vote in landed.staple.votes}


def test_a_quote_binds_the_price_of_a_vote(four: World, controls: Controls, payer: PrivateKey) -> None:
    controls.fee(70)
    known = four.begin(four.pay(payer, new_key().account))
    quotes = four.publisher.quotes(known)
    controls.fee(900)
    known = four.publisher.ask_temporary(known, quotes)
    assert [fee.amount for fee in known.fees] == [70] * 4


@pytest.mark.parametrize("condition", ["unavailable", "reset", "silent"])
def test_one_of_four_may_be_away(
    four: World, controls: Controls, payer: PrivateKey, condition: Condition
) -> None:
    controls.condition(condition, representative=2)
    to = new_key().account
    with World(four.description, SHORT) as world:
        landed = world.settle(world.pay(payer, to))
        assert len(landed.blocks) == 1
        assert world.balance(to) == 1


def test_with_two_of_four_away_nothing_is_paid_until_one_is_back(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    to = new_key().account
    known = four.begin(four.pay(payer, to))
    controls.condition("reset", representative=2)
    controls.condition("unavailable", representative=3)
    with pytest.raises(NotEnough, match="too few votes") as failed:
        four.publisher.ask_temporary(known)
    assert len(failed.value.failures) == 2
    assert len(failed.value.votes) == 2
    controls.condition("up")
    assert four.balance(to) == 0
    assert four.verdict(known) is Verdict.PENDING
    assert finish(four, known) == Verdict.LANDED
    assert four.balance(to) == 1


def test_two_that_vanish_between_the_rounds_stop_a_payment_and_do_not_lose_it(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    to = new_key().account
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, to)))
    controls.condition("reset", representative=1)
    controls.condition("reset", representative=4)
    with pytest.raises(NotEnough) as failed:
        four.publisher.ask_permanent(known)
    assert len(failed.value.votes) == 2
    known = known.with_permanent(failed.value.votes)
    controls.condition("up")
    assert four.balance(to) == 0
    assert finish(four, crashed(known)) is Verdict.LANDED
    assert four.balance(to) == 1


def finish(world: World, known: Publishing, payer: PrivateKey | None = None) -> Verdict:
    """Settlement's loop: one step after the other, each tried again when it fails."""
    for _ in range(STEPS_MAX):
        try:
            further = world.step(crashed(known), payer)
        except KeetaNodeError:
            continue
        if further is None and world.verdict(known) is Verdict.LANDED:
            return Verdict.LANDED
        known = further or known
    return world.verdict(known)


ROUTES = ["vote.temporary", "vote.permanent", "publish", "votes", "account", "block", "successor"]
ACTIONS: list[Action] = ["drop_request", "drop_response"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("route", ROUTES)
def test_lost_requests_and_answers_cost_no_payment_and_pay_none_twice(
    four: World, controls: Controls, payers: Payers, route: str, action: Action
) -> None:
    controls.fee(7)
    payer, other = payers(2)
    to = new_key().account
    known = four.begin(four.pay(payer, to, 100))
    controls.fault(route, action, times=4)
    assert finish(four, known, other) is Verdict.LANDED
    assert four.balance(to) == 100
    assert four.balance(other.account) == MILLION - 28


def test_a_lost_answer_to_a_vote_is_found_without_asking_for_the_vote_again(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    known = four.begin(four.pay(payer, new_key().account))
    controls.fault("vote.temporary", "drop_response", times=4)
    known = four.publisher.ask_temporary(known)
    controls.fault("vote.permanent", "drop_response", times=4)
    known = four.publisher.ask_permanent(known)
    assert len(known.temporary) == len(known.permanent) == 4
    assert controls.state()["faults"] == []


def test_every_step_may_be_done_twice_when_a_crash_came_before_it_was_saved(
    four: World, controls: Controls, payers: Payers
) -> None:
    controls.fee(7)
    payer, other = payers(2)
    to = new_key().account
    known = four.begin(four.pay(payer, to, 100))
    taken = []
    while True:
        taken.append(step_of(four, known))
        lost = four.step(crashed(known), other)
        again = four.step(crashed(known), other)
        assert (again is None) == (lost is None)
        if again is None:
            break
        if taken[-1] is not Step.FEE:  # a fee block is signed anew, with another date
            assert again == lost
        known = again
    assert taken == [Step.TEMPORARY, Step.FEE, Step.PERMANENT, Step.PUBLISH]
    four.proven(known)
    assert four.balance(to) == 100
    assert four.balance(other.account) == MILLION - 28


def test_each_step_works_with_nothing_but_the_record_in_a_new_process(
    four: World, controls: Controls, payer: PrivateKey
) -> None:
    controls.fee(7)
    to = new_key().account
    known: Publishing | None = four.begin(four.pay(payer, to))
    saved = None
    while known is not None:
        saved = crashed(known)
        with World(four.description) as newborn:
            known = newborn.step(saved, payer)
    assert saved is not None
    with World(four.description) as newborn:
        assert newborn.verdict(saved) is Verdict.LANDED
    assert four.balance(to) == 1


def test_publishing_again_says_that_it_has_landed_and_is_no_reason_to_pay_again(
    four: World, payer: PrivateKey
) -> None:
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, new_key().account)))
    known = four.publisher.ask_permanent(known)
    assert len(four.publisher.publish(known).applied) >= 1
    again = four.publisher.publish(known)
    assert (again.applied, again.parked, again.failures) == ((), (), {})
    assert len(again.known) == 4


def test_permanent_votes_alone_move_nothing(four: World, payer: PrivateKey) -> None:
    to = new_key().account
    known = four.publisher.ask_temporary(four.begin(four.pay(payer, to)))
    known = four.publisher.ask_permanent(known)
    assert four.balance(to) == 0
    assert four.verdict(known) is Verdict.FINISH


def test_a_send_on_behalf_of_nobody_is_refused_for_good(four: World, payers: Payers) -> None:
    payer, stranger = payers(2)
    block = four.block(payer.account, stranger, Send(stranger.account, 1, KTA))
    with pytest.raises(NotEnough) as failed:
        four.publisher.ask_temporary(four.begin(block))
    assert failed.value.meaning is Meaning.FINAL
    assert {error.code for error in failed.value.failures.values()} == {"LEDGER_INVALID_PERMISSIONS"}


def test_the_network_of_these_tests_is_the_developers_one(four: World) -> None:
    assert four.description["network"]["base_token"] == DEV.base_token.address
    assert four.description["network"]["address"] == DEV.address.address
