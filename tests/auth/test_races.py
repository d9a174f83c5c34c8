"""What if many answer one challenge at once, or ask while others answer? On every store."""

import base64
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.system import RandomIds
from chalicelib.auth.challenge import Challenge
from chalicelib.auth.token import TokenKeys
from chalicelib.errors import NotAuthenticated
from chalicelib.flows.sign_in import SignedIn, SignIn
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.signature import PrivateKey, sign
from infra.local.provision import create_tables

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEYS = TokenKeys("exchange.example", "a", {"a": "s" * 64})
ALICE = PrivateKey(KeyType.SECP256K1, b"\x01" * 32)
ADDRESS = ALICE.account.address
THREADS = 8
ROUNDS = 3


class Keys:
    def current(self, now_ms: int) -> TokenKeys:
        return KEYS

    def refreshed(self, now_ms: int) -> TokenKeys:
        return KEYS


class Now:
    def now_ms(self) -> int:
        return 1_769_860_800_000

    def pause(self, ms: int) -> None: ...

    def jitter(self, ms: int) -> int:
        return 0


@pytest.fixture
def sign_in(any_dynamodb: "DynamoDBClient", prefix: str) -> SignIn:
    create_tables(any_dynamodb, prefix)
    store = DynamoStore(any_dynamodb, prefix)
    return SignIn("exchange.example", "test", Keys(), store, store, Now(), RandomIds())


def at_once(action: Callable[[], object]) -> list[object]:
    """What each thread got, its error included."""
    gate, results = threading.Barrier(THREADS), [None] * THREADS

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = action()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def signature(challenge: Challenge) -> str:
    return base64.b64encode(sign(ALICE, challenge.message(ALICE.account))).decode()


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_of_many_answers_to_one_challenge_exactly_one_wins(sign_in: SignIn, named: bool) -> None:
    for _ in range(ROUNDS):
        challenge = sign_in.ask(ADDRESS if named else None)
        answer = signature(challenge), None if named else challenge.nonce
        results = at_once(partial(sign_in.verify, ADDRESS, *answer))
        won = [result for result in results if isinstance(result, SignedIn)]
        lost = [result for result in results if isinstance(result, NotAuthenticated)]
        assert (len(won), len(lost)) == (1, THREADS - 1), results
        assert {fault.code for fault in lost} == {"no_open_challenge"}


def test_whatever_is_asked_meanwhile_each_challenge_is_good_once(sign_in: SignIn) -> None:
    def ask_and_answer() -> tuple[str, str]:
        challenge = sign_in.ask(ADDRESS)
        return challenge.nonce, sign_in.verify(ADDRESS, signature(challenge), challenge.nonce).jwt

    results = at_once(ask_and_answer)
    won = [result for result in results if isinstance(result, tuple)]
    lost = [result for result in results if not isinstance(result, tuple)]
    assert won
    assert all(isinstance(fault, NotAuthenticated) for fault in lost), lost
    assert len({nonce for nonce, _ in won}) == len({jwt for _, jwt in won}) == len(won)


def test_logging_out_twice_at_once_is_fine(sign_in: SignIn) -> None:
    challenge = sign_in.ask(ADDRESS)
    token = sign_in.verify(ADDRESS, signature(challenge), None).jwt
    session = sign_in.session(token)
    assert at_once(partial(sign_in.log_out, session)) == [None] * THREADS
    with pytest.raises(NotAuthenticated, match="logged out"):
        sign_in.session(token)


def test_a_nonce_of_any_spelling_opens_nothing_and_breaks_nothing(sign_in: SignIn) -> None:
    sign_in.ask(ADDRESS)
    for nonce in ("\0", "~", "C#", "\N{SNOWMAN}" * 100, "\U0010ffff" * 100):
        with pytest.raises(NotAuthenticated):
            sign_in.verify(ADDRESS, signature(sign_in.ask(ADDRESS)), nonce)
