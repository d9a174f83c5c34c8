"""Signing in and out."""

import base64

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Request, endpoint
from chalicelib.api.values import Time
from chalicelib.auth.challenge import Challenge, signing_account
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

_NO_SIGNER = ("invalid_address", "account_cannot_sign")


class ChallengeRequest(Request):
    pubkey: str | None = Field(default=None, max_length=100, description="the address that will sign")


class ChallengeAnswer(BaseModel):
    """Sign DER SEQUENCE {nonce, timestamp, OCTET STRING of the key, items...}: that is `message`."""

    nonce: str
    timestamp: Time
    items: list[str]
    message: str | None = Field(description="the exact bytes to sign, in base64, if `pubkey` was given")
    expires_at: Time


class VerifyRequest(Request):
    pubkey: str = Field(max_length=100, description="a canonical Keeta address")
    signature: str = Field(max_length=100, description="64 bytes in base64")
    nonce: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="names a challenge asked for without pubkey",
    )


class VerifyAnswer(BaseModel):
    user_id: str
    jwt: str
    expires_at: Time


class Done(BaseModel):
    status: str = "ok"


@endpoint(
    routes,
    "POST",
    "/auth/challenge",
    body=ChallengeRequest,
    answer=ChallengeAnswer,
    private=False,
    refuses=_NO_SIGNER,
)
def ask_challenge(call: Call[ChallengeRequest, NoQuery]) -> ChallengeAnswer:
    """Get a statement to sign with a Keeta key."""
    challenge = exchange().sign_in.ask(call.body.pubkey)
    return ChallengeAnswer(
        nonce=challenge.nonce,
        timestamp=challenge.timestamp,
        items=list(challenge.items),
        message=_message(challenge),
        expires_at=iso(challenge.expires_ms),
    )


@endpoint(
    routes,
    "POST",
    "/auth/verify",
    body=VerifyRequest,
    answer=VerifyAnswer,
    private=False,
    refuses=(*_NO_SIGNER, "invalid_signature", "no_open_challenge", "bad_signature"),
)
def verify_challenge(call: Call[VerifyRequest, NoQuery]) -> VerifyAnswer:
    """Exchange the signed statement for a token."""
    body = call.body
    signed_in = exchange().sign_in.verify(body.pubkey, body.signature, body.nonce)
    return VerifyAnswer(user_id=signed_in.user, jwt=signed_in.jwt, expires_at=iso(signed_in.expires_s * 1000))


@endpoint(routes, "POST", "/auth/logout", answer=Done)
def log_out(call: Call[Nothing, NoQuery]) -> Done:
    """End the token that makes this request."""
    exchange().sign_in.log_out(call.session)
    return Done()


def _message(challenge: Challenge) -> str | None:
    if challenge.address is None:
        return None
    return base64.b64encode(challenge.message(signing_account(challenge.address))).decode()
