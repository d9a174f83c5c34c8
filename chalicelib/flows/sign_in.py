"""How does the holder of a Keeta key get a token, and how does a token end?

Asking again for the same key gives the same challenge for a while: so nobody can push out
another's challenge by asking in his name, and only a few are ever open.
"""

from typing import NamedTuple

from chalicelib.auth import token
from chalicelib.auth.challenge import (
    OPEN_MS,
    SKEW_MS_MAX,
    Challenge,
    answered,
    signature_bytes,
    signing_account,
)
from chalicelib.auth.token import Session
from chalicelib.errors import ConditionFailed, NotAuthenticated, UnknownKey
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Delete, Equals, Item, Put
from chalicelib.flows.ports import Identifiers, KeySource, Reader, Timer, Writer
from chalicelib.flows.schema import Key
from chalicelib.ids import UserId

# One challenge per key in each slot of time. It is open for at least another slot.
SLOT_MS = OPEN_MS // 2
OPEN_CHALLENGES_MAX = 1 + (OPEN_MS + SKEW_MS_MAX) // SLOT_MS + 1


class SignedIn(NamedTuple):
    user: UserId
    jwt: str
    expires_s: int


class SignIn:
    """Challenges, tokens and their end. `domain` and `network` stand in every statement."""

    def __init__(
        self,
        domain: str,
        network: str,
        keys: KeySource,
        reader: Reader,
        writer: Writer,
        timer: Timer,
        ids: Identifiers,
    ) -> None:
        self._domain = domain
        self._network = network
        self._keys = keys
        self._reader = reader
        self._writer = writer
        self._timer = timer
        self._ids = ids

    def ask(self, pubkey: str | None) -> Challenge:
        """A challenge for this key, or one for a key to be named later. Raises InvalidInput."""
        address = UserId(signing_account(pubkey).address) if pubkey is not None else None
        now_ms = self._timer.now_ms()
        challenge = Challenge(self._ids.uuid(), self._domain, self._network, now_ms, address)
        key = _key(challenge)
        try:
            self._writer.commit((Put(key, _item(challenge), require=(Absent(),)),))
        except ConditionFailed:
            stored = self._reader.get(key)
            return self._challenge(stored) if stored else self.ask(pubkey)
        return challenge

    def verify(self, pubkey: str, signature: str, nonce: str | None) -> SignedIn:
        """Exactly one answer to a challenge wins. Raises InvalidInput, NotAuthenticated."""
        now_ms = self._timer.now_ms()
        account, raw = signing_account(pubkey), signature_bytes(signature)
        user = UserId(account.address)
        challenge = answered(self._candidates(user, nonce, now_ms), account, raw, now_ms)
        try:
            unused = Equals("nonce", challenge.nonce)
            self._writer.commit((Delete(_key(challenge), require=(unused,)),))
        except ConditionFailed:
            raise NotAuthenticated("the challenge was used already", code="no_open_challenge") from None
        token_id = self._ids.uuid()
        jwt = token.issue(self._keys.current(now_ms), user, token_id, now_ms)
        return SignedIn(user, jwt, now_ms // 1000 + token.LIFE_S)

    def session(self, jwt: str) -> Session:
        """Who is asking. Raises NotAuthenticated."""
        now_ms = self._timer.now_ms()
        try:
            session = token.read(self._keys.current(now_ms), jwt, now_ms)
        except UnknownKey:
            session = token.read(self._keys.refreshed(now_ms), jwt, now_ms)
        if self._reader.get(schema.revoked_token(session.token_id)) is not None:
            raise NotAuthenticated("the token was logged out", code="token_revoked")
        return session

    def log_out(self, session: Session) -> None:
        """From now on the token proves nothing."""
        self._writer.commit(
            (Put(schema.revoked_token(session.token_id), {schema.EXPIRES: session.expires_s}),)
        )

    def _candidates(self, user: UserId, nonce: str | None, now_ms: int) -> list[Challenge]:
        """What this answer may be an answer to."""
        if nonce is None:
            return self._recent(user, now_ms)
        unnamed = self._reader.get(schema.unnamed_challenge(nonce))
        named = [challenge for challenge in self._recent(user, now_ms) if challenge.nonce == nonce]
        return named + ([self._challenge(unnamed)] if unnamed else [])

    def _recent(self, address: UserId, now_ms: int) -> list[Challenge]:
        """One for each slot of time in which an open challenge can have been issued."""
        first = schema.challenge(address, (now_ms - OPEN_MS) // SLOT_MS)
        last = schema.challenge(address, (now_ms + SKEW_MS_MAX) // SLOT_MS)
        page = self._reader.page(first, last.sk, OPEN_CHALLENGES_MAX)
        return [self._challenge(item) for item in page.items]

    def _challenge(self, item: Item) -> Challenge:
        address = item.get("address")
        return Challenge(
            nonce=str(item["nonce"]),
            domain=self._domain,
            network=self._network,
            issued_ms=int(str(item["issued_ms"])),
            address=UserId(str(address)) if address else None,
        )


def _key(challenge: Challenge) -> Key:
    if challenge.address is None:
        return schema.unnamed_challenge(challenge.nonce)
    return schema.challenge(challenge.address, challenge.issued_ms // SLOT_MS)


def _item(challenge: Challenge) -> Item:
    item: Item = {
        "nonce": challenge.nonce,
        "issued_ms": challenge.issued_ms,
        schema.EXPIRES: challenge.expires_ms // 1000 + 60,
    }
    if challenge.address is not None:
        item["address"] = challenge.address
    return item
