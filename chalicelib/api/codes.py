"""Which codes can a problem have, with which status, and what does each of them mean?

Codes are part of the API: one that was published keeps its meaning and its status.
"""

from typing import NamedTuple


class Code(NamedTuple):
    status: int
    meaning: str


# What any route may answer,
EVERYWHERE: dict[str, Code] = {
    "malformed_json": Code(400, "the body is not JSON"),
    "missing_field": Code(400, "`field` has to be there"),
    "unknown_field": Code(400, "there is no such field or query parameter as `field`"),
    "invalid_type": Code(400, "`field` has a value of another type"),
    "invalid_value": Code(400, "`field` has a value that it can not have"),
    "body_too_large": Code(413, "more than 64 KiB"),
    "unsupported_media_type": Code(415, "bodies are sent as application/json"),
    "internal_error": Code(500, "our fault, and unforeseen"),
    "unavailable": Code(503, "our fault; perhaps it was done: ask, or send the same again"),
}

# what all that need a token may answer beside it,
PRIVATE: dict[str, Code] = {
    "missing_token": Code(401, "no `Authorization: Bearer <jwt>`"),
    "invalid_token": Code(401, "not a token of this exchange"),
    "token_expired": Code(401, "sign in again"),
    "token_revoked": Code(401, "the token was logged out"),
}

# and what a route has to name when it may answer it.
OWN: dict[str, Code] = {
    # amounts, prices and names
    "invalid_number": Code(400, "not a plain decimal number, such as 12.5"),
    "number_too_large": Code(400, "beyond what any wallet or book can hold"),
    "not_positive": Code(400, "must be above zero"),
    "too_many_decimals": Code(400, "finer than the token is divisible"),
    "off_tick": Code(400, "the price is not a multiple of the market's tick"),
    "off_lot": Code(400, "the quantity is not a multiple of the market's lot"),
    "below_minimum": Code(400, "below the market's minimum notional, or the least that is paid out"),
    "unknown_market": Code(400, "no such market"),
    "unknown_token": Code(400, "no such token"),
    "invalid_cursor": Code(400, "not a `next` of this list"),
    # signing in
    "invalid_address": Code(400, "not the canonical spelling of a Keeta address"),
    "account_cannot_sign": Code(400, "a Keeta account without a key"),
    "invalid_signature": Code(400, "not 64 bytes in base64"),
    "no_open_challenge": Code(401, "used already, expired, or never asked for"),
    "bad_signature": Code(401, "not this key's signature of an open challenge"),
    # what is not there, or not one's own: never told apart
    "market_not_found": Code(404, "no such market"),
    "order_not_found": Code(404, "no such order of one's own"),
    "withdrawal_not_found": Code(404, "no such withdrawal of one's own"),
    # what nobody can tell just now
    "outcome_unknown": Code(503, "perhaps it was done; `id` is what to ask for"),
    # what contradicts the state of things
    "duplicate_client_order_id": Code(409, "the same client_order_id with other content"),
    "order_not_open": Code(409, "the order reached its end before"),
    "market_halted": Code(409, "the market takes no commands now"),
    "insufficient_funds": Code(422, "the wallet has less available than is asked for"),
    # deposits and withdrawals
    "no_address_free": Code(503, "no deposit address is ready; ask again in a minute"),
    "own_address": Code(400, "an address of the exchange itself"),
    "duplicate_client_id": Code(409, "the same client_id with other content"),
    "withdrawal_not_cancelable": Code(409, "the withdrawal is on its way, or has ended"),
    "no_deposit_address": Code(403, "the account has no deposit address yet"),
    "payouts_stopped": Code(403, "the exchange pays out none of this token now"),
    "account_frozen": Code(403, "the exchange pays out nothing from this account now"),
    "address_not_listed": Code(403, "the address is not in the user's address book"),
    "address_too_new": Code(403, "the address was added less than a day ago"),
    "address_not_found": Code(404, "no such address in the book"),
    "address_book_full": Code(409, "more addresses than a book holds"),
    "daily_limit": Code(403, "more than one account may withdraw in a day (UTC)"),
    "exchange_daily_limit": Code(403, "more than the exchange pays out in a day (UTC)"),
    "rate_limited": Code(429, "too many orders of one user in a short time"),
    "wallet_busy": Code(429, "too many changes of one wallet at once"),
}

CODES = EVERYWHERE | PRIVATE | OWN
