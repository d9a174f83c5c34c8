"""Where one's coins may go."""

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Request, endpoint
from chalicelib.api.values import Time
from chalicelib.flows.withdrawals.book import Listed
from chalicelib.flows.withdrawals.request import destination
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class AddAddressRequest(Request):
    address: str = Field(max_length=100)
    name: str = Field(default="", pattern=r"^[A-Za-z0-9 _.:-]{0,64}$")


class RemoveAddressRequest(Request):
    address: str = Field(max_length=100)


class OnlyListedRequest(Request):
    only: bool = Field(description="true: at once; false: after a day")


class SignedRequest(Request):
    signed: bool = Field(description="true: at once; false: after a day")


class BookedAddress(BaseModel):
    address: str
    name: str
    usable_at: Time


class AddressBookAnswer(BaseModel):
    addresses: list[BookedAddress]
    only: bool = Field(description="nothing is paid out to other addresses")
    open_at: Time | None = Field(description="when that ends, if it was switched off")
    signed: bool = Field(description="nothing is paid out without the signature of one's Keeta key")
    unsigned_at: Time | None = Field(description="when that ends, if it was switched off")


@endpoint(routes, "GET", "/address-book", answer=AddressBookAnswer)
def get_address_book(call: Call[Nothing, NoQuery]) -> AddressBookAnswer:
    """The addresses that one trusts."""
    return _answer(exchange().treasury.book.of(call.session.user))


@endpoint(
    routes,
    "POST",
    "/address-book/add",
    body=AddAddressRequest,
    answer=AddressBookAnswer,
    refuses=("invalid_address", "storage_not_listed", "address_book_full", "rate_limited"),
)
def add_address(call: Call[AddAddressRequest, NoQuery]) -> AddressBookAnswer:
    """Trust one more; it can be used after a day."""
    exchange().rate_limit.admit(call.session.user)
    address = destination(call.body.address, "address").address
    return _answer(exchange().treasury.book.add(call.session.user, address, call.body.name))


@endpoint(
    routes,
    "POST",
    "/address-book/remove",
    body=RemoveAddressRequest,
    answer=AddressBookAnswer,
    refuses=("invalid_address", "storage_not_listed", "address_not_found", "rate_limited"),
)
def remove_address(call: Call[RemoveAddressRequest, NoQuery]) -> AddressBookAnswer:
    """Trust it no more, at once."""
    exchange().rate_limit.admit(call.session.user)
    address = destination(call.body.address, "address").address
    return _answer(exchange().treasury.book.remove(call.session.user, address))


@endpoint(
    routes,
    "POST",
    "/address-book/only",
    body=OnlyListedRequest,
    answer=AddressBookAnswer,
    refuses=("rate_limited",),
)
def only_listed(call: Call[OnlyListedRequest, NoQuery]) -> AddressBookAnswer:
    """Pay out to no address that is not in the book."""
    exchange().rate_limit.admit(call.session.user)
    return _answer(exchange().treasury.book.only(call.session.user, call.body.only))


@endpoint(
    routes,
    "POST",
    "/address-book/signed",
    body=SignedRequest,
    answer=AddressBookAnswer,
    refuses=("rate_limited",),
)
def sign_withdrawals(call: Call[SignedRequest, NoQuery]) -> AddressBookAnswer:
    """Pay nothing out that one's Keeta key has not signed."""
    exchange().rate_limit.admit(call.session.user)
    return _answer(exchange().treasury.book.signed(call.session.user, call.body.signed))


def _answer(listed: Listed) -> AddressBookAnswer:
    return AddressBookAnswer(
        addresses=[
            BookedAddress(address=each.address, name=each.name, usable_at=iso(each.usable_ms))
            for each in listed.entries
        ],
        only=listed.only.on,
        open_at=iso(listed.only.ends_ms) if listed.only.ends_ms else None,
        signed=listed.signed.on,
        unsigned_at=iso(listed.signed.ends_ms) if listed.signed.ends_ms else None,
    )
