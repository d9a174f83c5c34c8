"""Is a withdrawal paid only with its user's signature, where he wants that, and does each word count?"""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from chalicelib.errors import InvalidInput, PayoutRefused
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.custody.assign import assign
from chalicelib.flows.plan import Put
from chalicelib.flows.withdrawals.book import WAIT_MS
from chalicelib.flows.withdrawals.consent import Consent, Place
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.request import PayoutRequest
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.moment import iso
from chalicelib.keeta.signature import PrivateKey, sign
from chalicelib.money import Amount
from infra.traders.wallet import Ed25519Key, Secp256k1Key, Secp256r1Key, Wallet
from tests.treasury.test_requests import HERE, TERMS, TO, UNIT, Desk, account

WALLETS = [Wallet(kind(), HERE.domain, HERE.network) for kind in (Ed25519Key, Secp256k1Key, Secp256r1Key)]
HOUR_MS = 3_600_000


class Signing(Desk):
    """A user whose key is in a wallet that was written from the protocol alone."""

    def __init__(self, wallet: Wallet) -> None:
        super().__init__()
        self.wallet, self.user = wallet, UserId(wallet.address)
        home = account("other home", KeyType.STORAGE).address
        self.store.commit(credit(self.user, Amount("USDT", 100 * UNIT), "start", 1))
        self.store.commit((open_account(home, "user"), Put(table.free_address(home), {"run": 1})))
        self.store.commit(assign(self.user, home, 1))

    def consent(self, client_id: str = "rent", **other: str) -> Consent:
        """`other` words than those that were signed."""
        expires_at = iso(self.timer.now_ms() + HOUR_MS)
        signed = self.wallet.consent("USDT", "5", TO, client_id, expires_at)
        made = Consent("USDT", "5", TO, client_id, expires_at, b64encode(signed).decode())
        return made._replace(**other)  # type: ignore[arg-type]

    def request(self, consent: Consent | None, client_id: str = "rent") -> Withdrawal:
        return self.payouts.request(self.user, PayoutRequest(TERMS, 5 * UNIT, TO, client_id, consent))

    def refused(self, consent: Consent | None, client_id: str = "rent") -> str:
        with pytest.raises(PayoutRefused) as refusal:
            self.request(consent, client_id)
        return refusal.value.code


@pytest.fixture(params=WALLETS, ids=lambda wallet: wallet.algorithm)
def desk(request) -> Iterator[Signing]:
    return Signing(request.param)


def test_who_wants_signatures_is_paid_with_one_alone(desk: Signing) -> None:
    desk.request(None, "before")
    assert desk.book.signed(desk.user, True).signed.on
    assert desk.refused(None) == "signature_required"
    asked = desk.request(desk.consent())
    stored = desk.store.get(schema.withdrawal(desk.user, asked.id))
    assert stored["signature"] == desk.consent().signature or desk.wallet.algorithm == "secp256r1"
    assert desk.request(None) == asked, "what is there already is told, signed or not"


def test_a_signature_that_nobody_wanted_has_to_be_good_all_the_same(desk: Signing) -> None:
    assert desk.request(desk.consent()).state == "requested"
    other = Signing(next(wallet for wallet in WALLETS if wallet is not desk.wallet))
    stolen = other.consent("stolen")
    assert desk.refused(stolen, "stolen") == "withdrawal_not_signed"


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("token", "USDX"),
        ("amount", "5.0"),
        ("amount", "50"),
        ("to", account("thief").address),
        ("client_id", "another"),
        ("expires_at", "2099-01-01T00:00:00.000Z"),
    ],
)
def test_each_word_of_the_request_is_signed(desk: Signing, word: str, other: str) -> None:
    made = desk.consent()._replace(**{word: other})  # type: ignore[arg-type]
    assert desk.refused(made) == "withdrawal_not_signed"


def test_a_signature_of_another_request_is_none_of_this_one(desk: Signing) -> None:
    assert desk.refused(desk.consent("another")) == "withdrawal_not_signed"


def test_where_it_is_asked_for_is_signed_too(desk: Signing) -> None:
    made, user = desk.consent(), desk.user
    for place in (Place("other.test", "dev"), Place(HERE.domain, "main")):
        with pytest.raises(PayoutRefused):
            made.check(user, place, desk.timer.now_ms())
    made.check(user, HERE, desk.timer.now_ms())


def test_a_signature_ends(desk: Signing) -> None:
    made = desk.consent()
    desk.timer.advance(HOUR_MS)
    assert desk.refused(made) == "signature_expired"


def test_what_is_no_signature_or_no_time_is_told_by_its_field(desk: Signing) -> None:
    for field, value in (("signature", "AAAA"), ("signature", "?"), ("expires_at", "tomorrow")):
        with pytest.raises(InvalidInput) as refused:
            desk.request(desk.consent(**{field: value}))
        assert refused.value.field == field


def test_signatures_are_wanted_for_a_day_after_they_were_switched_off(desk: Signing) -> None:
    desk.book.signed(desk.user, True)
    assert desk.book.signed(desk.user, False).signed.on
    desk.timer.advance(WAIT_MS - 1)
    assert desk.refused(None) == "signature_required"
    desk.timer.advance(1)
    assert not desk.book.of(desk.user).signed.on
    desk.request(None)


def test_the_bytes_are_those_that_are_documented() -> None:
    """SEQUENCE { client_id, expires_at, key, domain, purpose, network, token, amount, to }."""
    key = PrivateKey(KeyType.ED25519, bytes(32))
    made = Consent("USDT", "5", "keeta_x", "rent", "2027-01-15T08:00:30.000Z", "")
    message = made.message(key.account, Place("cex.test", "dev"))
    texts = ("cex.test", "WITHDRAW", "dev", "USDT", "5", "keeta_x")
    body = b"\x0c\x04rent" + b"\x0c\x182027-01-15T08:00:30.000Z" + b"\x04\x21" + key.account.ktk
    body += b"".join(bytes((0x0C, len(text))) + text.encode() for text in texts)
    assert message == bytes((0x30, 0x81, len(body))) + body if len(body) > 127 else bytes((0x30, len(body)))
    signed = made._replace(signature=b64encode(sign(key, message)).decode())
    signed.check(UserId(Account(KeyType.ED25519, key.account.key).address), Place("cex.test", "dev"), 0)
