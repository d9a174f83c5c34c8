"""Can a server that always says yes, or some representatives that lie, make us believe anything?"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.keeta_node import Representatives, landed
from chalicelib.keeta import seed
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block, Purpose, read_block, sign_block
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import Send
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.votes import Fee, Vote
from chalicelib.settlement.errors import MalformedAnswer, NotEnough
from chalicelib.settlement.outlook import Verdict
from tests.keeta_node.stub import Answering, YesMan, binary, serving
from tests.keeta_node.world import KTA, World, new_key, opening


def known_key(told: dict[str, Any]) -> PrivateKey:
    """A representative's own: the seed of the local network is public."""
    return seed.private_key(bytes.fromhex(told["seed"]), told["index"], KeyType.SECP256K1)


@contextmanager
def replaced(world: World, liars: dict[int, Answering]) -> Iterator[World]:
    """The same network, with these (numbered from 1) in the place of some representatives."""
    with ExitStack() as running:
        told = [
            {**each, "api": running.enter_context(serving(liars[each["number"]]))}
            if each["number"] in liars
            else each
            for each in world.description["representatives"]
        ]
        yield running.enter_context(World({**world.description, "representatives": told}))


def yes_men(world: World, *numbers: int, honest_votes: bool) -> dict[int, Answering]:
    told = {each["number"]: each for each in world.description["representatives"]}
    return {
        number: YesMan(
            known_key(told[number]) if honest_votes else new_key(),
            Account.from_address(told[number]["address"]),
        )
        for number in numbers
    }


def payment(world: World, payer: PrivateKey) -> Block:
    to = new_key().account
    return world.block(payer.account, payer, Send(to, 1, KTA), previous=opening(payer))


def test_where_everybody_always_says_yes_nothing_lands(four: World, payer: PrivateKey) -> None:
    with replaced(four, yes_men(four, 1, 2, 3, 4, honest_votes=False)) as world:
        with pytest.raises(NotEnough) as failed:
            world.settle(payment(world, payer))
        assert {type(error) for error in failed.value.failures.values()} == {MalformedAnswer}
        assert len(failed.value.failures) == 4
        assert failed.value.votes == ()


def test_votes_under_a_name_of_their_own_are_not_those_of_representatives(
    four: World, payer: PrivateKey
) -> None:
    stranger = new_key()
    liars: dict[int, Answering] = dict.fromkeys((1, 2, 3, 4), YesMan(stranger, stranger.account))
    with replaced(four, liars) as world, pytest.raises(NotEnough, match="malformed_answer"):
        world.settle(payment(world, payer))


def test_a_publish_that_is_only_said_to_have_been_applied_is_no_payment(
    four: World, payer: PrivateKey
) -> None:
    """Good votes of the real network, published into the void."""
    known = four.publisher.ask_temporary(four.begin(payment(four, payer)))
    known = four.publisher.ask_permanent(known)

    def answer(method: str, path: str, body: Any) -> object:
        if method == "POST":
            return {"publish": True}
        return {"blockhash": path.split("/")[2].partition("?")[0], "votes": None, "successorBlock": None}

    with replaced(four, dict.fromkeys((1, 2, 3, 4), answer)) as world:
        assert len(world.publisher.publish(known).applied) >= 3
        assert world.verdict(known) is Verdict.NOTHING
    assert four.verdict(known) is Verdict.FINISH


def test_forged_votes_on_every_main_ledger_prove_nothing(four: World, payer: PrivateKey) -> None:
    """Only who asks to be content with their word, for the sake of old blocks, believes all four."""
    known = four.begin(payment(four, payer))
    with replaced(four, yes_men(four, 1, 2, 3, 4, honest_votes=False)) as world:
        nodes = [*world.representatives.nodes.values()]
        for node in nodes[:2]:
            node.vote(known.blocks)
        hash_, now = known.hashes[0], world.now()
        assert landed(world.representatives, hash_, now, by_word=True)[0] is None
        for node in nodes[2:]:
            node.vote(known.blocks)
        assert world.publisher.look(known).landed is None
        assert world.verdict(known) is Verdict.SILENT
        assert landed(world.representatives, hash_, now)[0] is None
        assert landed(world.representatives, hash_, now, by_word=True)[0] is not None


@pytest.mark.parametrize("numbers", [(1,), (2, 4)])
def test_two_liars_of_four_do_not_make_a_payment_even_with_their_own_keys(
    four: World, payer: PrivateKey, numbers: tuple[int, ...]
) -> None:
    with replaced(four, yes_men(four, *numbers, honest_votes=True)) as world:
        known = world.begin(payment(world, payer))
        # They vote for ever for whatever they hear of, and show it on their main ledgers.
        for number, node in enumerate(world.representatives.nodes.values(), 1):
            if number in numbers:
                node.vote(known.blocks)
        outlook = world.publisher.look(known)
        assert outlook.landed is None
        assert len(outlook.silent) == len(numbers), "whoever proves nothing has not answered"
        assert world.verdict(known) is Verdict.SILENT


def test_two_liars_of_four_do_not_hide_a_payment(four: World, payer: PrivateKey) -> None:
    def nothing_here(method: str, path: str, body: Any) -> object:
        return {"blockhash": path.split("/")[2].partition("?")[0], "votes": None, "successorBlock": None}

    known = four.begin(payment(four, payer))
    four.settle(*known.blocks)
    with replaced(four, {1: nothing_here, 3: nothing_here}) as world:
        assert world.verdict(known) is Verdict.LANDED


def test_votes_of_two_liars_are_worth_nothing_without_a_third(four: World, payer: PrivateKey) -> None:
    with replaced(four, yes_men(four, 1, 2, honest_votes=True)) as world:
        too_much = world.block(
            payer.account, payer, Send(new_key().account, 10**12, KTA), previous=opening(payer)
        )
        with pytest.raises(NotEnough, match="LEDGER_INVALID_BALANCE") as failed:
            world.settle(too_much)
        assert len(failed.value.votes) == 2


def test_a_vote_of_the_other_kind_is_not_taken(four: World, payer: PrivateKey) -> None:
    told = four.description["representatives"][0]
    key = known_key(told)
    with replaced(four, {1: YesMan(key, key.account, confused=True)}) as world:
        known = world.publisher.ask_temporary(world.begin(payment(world, payer)))
        assert key.account not in {vote.issuer for vote in known.temporary}
    known = four.publisher.ask_temporary(four.begin(*known.blocks))
    with replaced(four, {1: YesMan(key, key.account, confused=True)}) as world:
        known = world.publisher.ask_permanent(known)
        assert {vote.permanent(world.now()) for vote in known.permanent} == {True}
        assert key.account not in {vote.issuer for vote in known.permanent}


def test_nobody_is_paid_for_joining_permanent_votes(four: World, payer: PrivateKey) -> None:
    known = four.publisher.ask_temporary(four.begin(payment(four, payer)))
    first, second, third, fourth = four.representatives.nodes
    permanent = [
        four.representatives.nodes[each].vote(known.blocks, known.temporary) for each in (first, second)
    ]
    known = known.with_permanent(permanent)
    greedy = YesMan(known_key(four.description["representatives"][2]), third, confused=True, fee=Fee(1))
    with replaced(four, {3: greedy}) as world:
        assert [vote.issuer for vote in world.publisher.renew(known).renewed] == [fourth]


def showing(votes: list[Vote], blocks: list[Block]) -> Answering:
    """A side ledger with these, and nothing else anywhere."""
    known = {block.hash.hex().upper(): binary(block.raw) for block in blocks}

    def answer(method: str, path: str, body: Any) -> object:
        *_, kind, last = path.partition("?")[0].split("/")
        shown = [binary(vote.raw) for vote in votes] if path.endswith("side=side") else None
        asked: dict[str, dict[str, Any]] = {"vote": {"votes": shown}, "block": {"block": known.get(last)}}
        return {"blockhash": last, "successorBlock": None, **asked.get(kind, {})}

    return answer


def test_a_promise_counts_only_where_its_maker_shows_it(four: World, payer: PrivateKey) -> None:
    known = four.begin(payment(four, payer))
    temporary = four.publisher.ask_temporary(known).temporary
    with replaced(four, {1: showing(list(temporary), [])}) as world:
        outlook = world.publisher.look(known)
    assert len(outlook.votes) == 4
    assert {vote.issuer for vote in outlook.votes} == {*four.representatives.nodes}


def test_a_fee_block_that_its_payer_did_not_sign_is_not_taken_over(four: World, payer: PrivateKey) -> None:
    known = four.begin(payment(four, payer))
    body = replace(known.blocks[0].body, purpose=Purpose.FEE, previous=known.hashes[0])
    signed = sign_block(body, payer)
    forged = read_block(signed.raw[:-64] + bytes(64), DEV)
    key = known_key(four.description["representatives"][0])
    for fee_block, silent in ((signed, 0), (forged, 1)):
        liar = YesMan(key, key.account)
        vote = liar.vote((*known.blocks, fee_block), permanent=True)
        with replaced(four, {1: showing([vote], [fee_block])}) as world:
            outlook = world.publisher.look(known)
        assert len(outlook.silent) == silent
        assert len(outlook.votes) == 1 - silent


def state(balance: int) -> Answering:
    def answer(method: str, path: str, body: Any) -> object:
        return {
            "account": path.rsplit("/", 1)[-1],
            "balances": [{"token": KTA.address, "balance": hex(balance)}],
            "info": {"name": "", "description": "", "metadata": ""},
        }

    return answer


def test_one_liar_is_outvoted_about_an_account_and_two_are_no_answer(four: World, payer: PrivateKey) -> None:
    with replaced(four, {1: state(10**9)}) as world:
        assert world.balance(payer.account) == 1_000_000
    liars = {1: state(10**9), 2: state(10**9)}
    with replaced(four, liars) as world, pytest.raises(NotEnough, match="do not agree"):
        world.balance(payer.account)


def test_a_vote_for_other_blocks_is_not_taken(four: World, payer: PrivateKey) -> None:
    """A true vote, given for something else before, played back."""
    other = payment(four, payer)
    old = four.publisher.ask_temporary(four.begin(other)).temporary[0]
    numbered = next(
        each["number"]
        for each in four.description["representatives"]
        if each["address"] == old.issuer.address
    )
    with replaced(four, {numbered: lambda *_: {"vote": binary(old.raw)}}) as world:
        known = world.publisher.ask_temporary(world.begin(payment(world, new_payer(four))))
        assert old.issuer not in {vote.issuer for vote in known.temporary}


def new_payer(world: World) -> PrivateKey:
    key = new_key()
    world.fund([key.account])
    return key


def test_nobody_known_is_nobody_to_believe(four: World) -> None:
    nobody = Representatives(four.representatives.network, ())
    with pytest.raises(NotEnough):
        nobody.head(new_key().account)
    nobody.close()
