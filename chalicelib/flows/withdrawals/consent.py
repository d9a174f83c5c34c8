"""What does a user sign to ask for a withdrawal with his Keeta key, so that a stolen session is not enough?

SignData (`keeta/sign_data`), signed with the wallet's ordinary `account.sign(bytes)`:

    SEQUENCE { client_id, expires_at, KTK of the user, domain, "WITHDRAW", network, token, amount, to }

All of them are texts exactly as they stand in the request, but for the user's key, the exchange's domain
and the network's alias. A client_id names one withdrawal, so the signature is good for that one,
however often it is shown. DER of this form is never a block, and never a login.
"""

from typing import NamedTuple

from chalicelib.auth.challenge import signature_bytes
from chalicelib.errors import InvalidInput, PayoutRefused
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import BadSignature, Malformed
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.sign_data import sign_data_message
from chalicelib.keeta.signature import verify

PURPOSE = "WITHDRAW"


class Place(NamedTuple):
    """Where it is asked for."""

    domain: str
    network: str


class Consent(NamedTuple):
    """A signed request in its own words. signature: base64. expires_at: ISO with milliseconds, UTC."""

    token: str
    amount: str
    to: str
    client_id: str
    expires_at: str
    signature: str

    def message(self, user: Account, place: Place) -> bytes:
        """The bytes that are signed. Raises InvalidInput for a time of another form."""
        items = (place.domain, PURPOSE, place.network, self.token, self.amount, self.to)
        try:
            return sign_data_message(self.client_id, self.expires_at, user, items)
        except Malformed:
            raise InvalidInput("not a time in UTC", code="invalid_time", field="expires_at") from None

    def check(self, user: UserId, place: Place, now_ms: int) -> None:
        """Raises PayoutRefused unless this user signed it and it holds now; InvalidInput."""
        account = Account.from_address(user)
        message, signature = self.message(account, place), signature_bytes(self.signature)
        try:
            verify(account, message, signature)
        except BadSignature:
            raise PayoutRefused("not this user's signature of it", code="withdrawal_not_signed") from None
        if parse_iso(self.expires_at) <= now_ms:
            raise PayoutRefused("the signature has expired", code="signature_expired")
