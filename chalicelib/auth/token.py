"""What does a token say, and who may believe it?

A JWT signed with one of our own secrets. Its header names the secret (`kid`), so a new
one can be put in use while tokens of the old one run out.
"""

from typing import Any, NamedTuple

import jwt

from chalicelib.errors import NotAuthenticated, UnknownKey
from chalicelib.ids import UserId

ALGORITHM = "HS256"
LIFE_S = 12 * 3600
LEEWAY_S = 60
_REQUIRED = ("iss", "aud", "sub", "iat", "exp", "jti")


class TokenKeys(NamedTuple):
    """Secrets by key id; `current` signs, all of them verify. `issuer` is our domain."""

    issuer: str
    current: str
    secrets: dict[str, str]

    @property
    def audience(self) -> str:
        return f"{self.issuer}/api"


class Session(NamedTuple):
    """What a token proves. Times are seconds since 1970."""

    user: UserId
    token_id: str
    expires_s: int


def issue(keys: TokenKeys, user: UserId, token_id: str, now_ms: int) -> str:
    now_s = now_ms // 1000
    claims = {
        "iss": keys.issuer,
        "aud": keys.audience,
        "sub": user,
        "iat": now_s,
        "exp": now_s + LIFE_S,
        "jti": token_id,
    }
    return jwt.encode(claims, keys.secrets[keys.current], ALGORITHM, headers={"kid": keys.current})


def read(keys: TokenKeys, token: str, now_ms: int) -> Session:
    """Raises NotAuthenticated: forged, expired, of another issuer or audience, or malformed.

    Raises UnknownKey, which is one too, when only the key may be to blame.
    """
    secret = _secret(keys, token)
    try:
        # The clock is ours to give, so the times are checked here and not by the library.
        unclocked: Any = {"require": list(_REQUIRED), "verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, secret, [ALGORITHM], unclocked, issuer=keys.issuer, audience=keys.audience)
        session = Session(UserId(claims["sub"]), claims["jti"], int(claims["exp"]))
        issued_s = int(claims["iat"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        raise NotAuthenticated("not a token of this exchange", code="invalid_token") from None
    if not issued_s - LEEWAY_S <= now_ms // 1000 < session.expires_s:
        raise NotAuthenticated("the token has expired; sign in again", code="token_expired")
    return session


def _secret(keys: TokenKeys, token: str) -> str:
    try:
        key_id = str(jwt.get_unverified_header(token).get("kid"))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise NotAuthenticated("not a token of this exchange", code="invalid_token") from None
    if key_id not in keys.secrets:
        raise UnknownKey("not a token of this exchange")
    return keys.secrets[key_id]
