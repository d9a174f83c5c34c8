"""What can a test ask of a market? No command names an order: it says the how many-th that is open."""

from typing import NamedTuple

from chalicelib.engine.admission import Rules
from chalicelib.engine.events import CancelReason, Mode, RejectReason
from chalicelib.engine.order import SelfTrade, Side, Stop, TimeInForce

ENOUGH = 1_000  # more fills than any order of these tests can make

# A band that prices of 1 to 8 often leave, and so few orders that many are too many.
RULES = Rules(band_ppm=800_000, open_orders_max=10)
FREE = Rules(band_ppm=0, open_orders_max=ENOUGH)


class Place(NamedTuple):
    """`lives_ms` makes it good till a time; `budget` a purchase for so much money; `stop` a sleeper."""

    user: str
    side: Side
    price: int
    quantity: int
    tif: TimeInForce
    self_trade: SelfTrade = "cn"
    lives_ms: int = 0
    budget: int = 0
    stop: Stop | None = None
    stop_price: int = 0
    fills_max: int = ENOUGH
    avoid: str | None = None


class Cancel(NamedTuple):
    """`nth` counts the open orders by arrival, from the start again after the last; see Day.name."""

    nth: int
    reason: CancelReason = "requested"


class Reduce(NamedTuple):
    nth: int
    quantity: int


class Replace(NamedTuple):
    nth: int
    price: int
    quantity: int
    extra: int


class Refuse(NamedTuple):
    """The matcher turns an order away before the book sees it."""

    reason: RejectReason


class Switch(NamedTuple):
    mode: Mode
    reference: int = 0


class SetTimer(NamedTuple):
    user: str
    in_ms: int


class Wait(NamedTuple):
    ms: int


Command = Place | Cancel | Reduce | Replace | Refuse | Switch | SetTimer | Wait
