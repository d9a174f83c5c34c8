"""How does the holder of a Keeta key get a token, and how does a token end?

Asking again for the same key gives the same challenge while that is fresh: so nobody can
push out another's challenge by asking in his name, and at most a few are ever open.
"""

from typing import NamedTuple

from chalicelib.auth import token
from chalicelib.auth.challenge import OPEN_MS, Challenge, answered, signature_bytes, signing_account
from chalicelib.auth.token import Session, TokenKeys
from chalicelib.errors import ConditionFailed, NotAuthenticated
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Delete, Item, Present, Put
from chalicelib.flows.ports import Identifiers, Reader, Timer, Writer
from chalicelib.flows.schema import Key
from chalicelib.ids import UserId

# By construction no more than these can be open for one key (see `ask`); races add a few.
OPEN_CHALLENGES_MAX = 20


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
        keys: TokenKeys,
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
        now_ms = self._timer.now_ms()
        address = UserId(signing_account(pubkey).address) if pubkey is not None else None
        for challenge in self._open(address) if address else []:
            if challenge.issued_ms <= now_ms < challenge.issued_ms + OPEN_MS // 2:
                return challenge
        challenge = Challenge(self._ids.uuid(), self._domain, self._network, now_ms, address)
        self._writer.commit((Put(_key(challenge), _item(challenge), require=(Absent(),)),))
        return challenge

    def verify(self, pubkey: str, signature: str, nonce: str | None) -> SignedIn:
        """Exactly one answer to a challenge wins. Raises InvalidInput, NotAuthenticated."""
        now_ms = self._timer.now_ms()
        account, raw = signing_account(pubkey), signature_bytes(signature)
        user = UserId(account.address)
        challenge = answered(self._candidates(user, nonce), account, raw, now_ms)
        try:
            self._writer.commit((Delete(_key(challenge), require=(Present(),)),))
        except ConditionFailed:
            raise NotAuthenticated("the challenge was used already", code="no_open_challenge") from None
        token_id = self._ids.uuid()
        return SignedIn(user, token.issue(self._keys, user, token_id, now_ms), now_ms // 1000 + token.LIFE_S)

    def session(self, jwt: str) -> Session:
        """Who is asking. Raises NotAuthenticated."""
        session = token.read(self._keys, jwt, self._timer.now_ms())
        if self._reader.get(schema.revoked_token(session.token_id)) is not None:
            raise NotAuthenticated("the token was logged out", code="token_revoked")
        return session

    def log_out(self, session: Session) -> None:
        """From now on the token proves nothing."""
        self._writer.commit(
            (Put(schema.revoked_token(session.token_id), {schema.EXPIRES: session.expires_s}),)
        )

    def _candidates(self, user: UserId, nonce: str | None) -> list[Challenge]:
        if nonce is None:
            return self._open(user)
        keys = (schema.challenge(user, nonce), schema.unnamed_challenge(nonce))
        found = (self._reader.get(key) for key in keys)
        return [self._challenge(item) for item in found if item is not None]

    def _open(self, address: UserId) -> list[Challenge]:
        first = schema.challenge(address, "0")
        page = self._reader.page(first, "~", OPEN_CHALLENGES_MAX)
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
    return schema.challenge(challenge.address, challenge.nonce)


def _item(challenge: Challenge) -> Item:
    item: Item = {
        "nonce": challenge.nonce,
        "issued_ms": challenge.issued_ms,
        schema.EXPIRES: challenge.expires_ms // 1000 + 60,
    }
    if challenge.address is not None:
        item["address"] = challenge.address
    return item
