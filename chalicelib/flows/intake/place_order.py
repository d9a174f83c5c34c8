"""How does a request become an order?

An order is promised in one transaction: its hold is taken and it is written down, or
neither. Only then is the matcher told. If telling fails, or nobody knows whether it did,
the order is pending all the same: the matcher takes it soon or never, and the sweeper
ends what it never took.
"""

from contextlib import suppress
from typing import Literal, NamedTuple

from chalicelib.engine.order import SelfTrade, Side, Stop, TimeInForce
from chalicelib.errors import (
    CexError,
    DuplicateId,
    InsufficientFunds,
    InvalidInput,
    OutcomeUnknown,
    StoreUnavailable,
)
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.market_order import collar_price, reference_price
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import PromisedWish
from chalicelib.flows.plan import Absent, Put
from chalicelib.flows.reading.orders import OrderState, Seen, known_state, seen_in, state
from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.flows.records.orders import OrderRecord, OrderType, content_digest, hold_of
from chalicelib.ids import OrderId, UserId, order_id_from_client, order_id_from_request, place_command
from chalicelib.market import Market, Rates

# How long the matcher may still take an order in. Later it is dead: nothing rests minutes
# after its owner gave it up. Shorter where only the present moment matters.
ACCEPT_MS: dict[TimeInForce, int] = {
    "gtc": 15_000,
    "gtt": 15_000,
    "postonly": 15_000,
    "ioc": 5_000,
    "fok": 5_000,
}
# An order may be good till then at the latest.
GTT_MS_MAX = 366 * 24 * 60 * 60_000


class OrderRequest(NamedTuple):
    """Prices in ticks, quantity in lots, checked against the market already.

    A market order has no price: 0. A market buy may name `funds` (quote units) instead of a
    quantity. `expires_ms`: of a gtt order, else 0. A stop order has a `stop_price`.
    """

    market: Market
    side: Side
    price: int
    quantity: int
    tif: TimeInForce
    client_order_id: str
    type: OrderType = "limit"
    funds: int = 0
    expires_ms: int = 0
    self_trade: SelfTrade = "cn"
    stop: Stop | Literal[""] = ""
    stop_price: int = 0

    @property
    def digest(self) -> str:
        """Of all that it asks for: what a second request of the same client id must equal."""
        return content_digest(self.market.id, *self._replace(client_order_id="")[1:])


class PlaceWish(PromisedWish):
    def __init__(self, visit: Visit, request: OrderRequest) -> None:
        super().__init__(visit)
        self._request = request
        self._request_id = visit.tools.ids.uuid()
        self._id = order_id(visit.user, request, self._request_id)
        self._seen: Seen | None = None
        self.record: OrderRecord

    def prepare(self) -> None:
        """Raises RateLimited, InvalidInput, DuplicateId, MarketClosed, CommandRefused."""
        try:
            self._draft()
        except CexError:
            # What was promised before is still promised, whatever would be refused now.
            if not self._find():
                raise

    def contradicted(self) -> None:
        if not self._find():
            raise OutcomeUnknown("the order was there and is not; ask for it by id", self._id)

    def not_enough(self) -> CexError:
        field = "funds" if self._request.funds else "quantity"
        asset = self.visit.market.held(self._request.side).symbol
        return InsufficientFunds(f"not enough {asset} available", field=field)

    def was_promised(self) -> bool:
        return self._find()

    def look_for_promise(self) -> None:
        with suppress(StoreUnavailable):
            if self._find():
                return
        raise OutcomeUnknown("the order may have been taken; ask for it by id", self._id)

    def look(self, replica: Replica) -> None:
        self._seen = seen_in(replica, self._id)
        self.is_done = self._seen is not None or place_command(self._id) in replica.done

    def outcome(self) -> OrderState:
        is_new = self.record.request_id == self._request_id
        if is_new and self._seen is not None and self._seen.is_just(self.record):
            return state(self.record, self._seen)  # so its record was not written again
        if self.is_done or not is_new:
            return known_state(self.visit.view, self.visit.tools.orders, self.record, self._seen)
        return state(self.record, None)

    def _draft(self) -> None:
        """The order as it would be promised now, if it may be."""
        visit, request = self.visit, self._request
        visit.require_open_gate()
        require_future(request.expires_ms, visit.now_ms)
        price = request.price or self._collar()
        order = self._new(price).as_limit_order()
        visit.require_admission(order, "market", request.stop or None, request.stop_price)
        # The time is taken last: what came before may have been slow, and an order ages.
        self.record = record = self._new(price)
        self.command = place_of(record)
        self.hold = record.reserve(visit.market)
        self.writes = (Put(schema.order(record.user, record.id), record.to_item(), require=(Absent(),)),)

    def _new(self, price: int) -> OrderRecord:
        visit = self.visit
        rates, now_ms = visit.rates, visit.now_ms
        return new_record(visit.user, self._request, price, rates, self._id, self._request_id, now_ms)

    def _collar(self) -> int:
        request, market = self._request, self.visit.market
        with self.visit.view.current() as replica:
            reference, middle = reference_price(replica.book, request.side), replica.book.reference
        price = collar_price(market, request.side, reference, middle)
        if not request.funds:
            market.require_size(reference, request.quantity)
            market.require_size(max(reference, price), request.quantity)
        return price

    def _find(self) -> bool:
        """Whether the order is there already. Raises DuplicateId when the id names another one."""
        stored = self.visit.tools.orders.get(self.visit.user, self._id)
        if stored is None:
            return False
        if stored.digest != self._request.digest:
            raise DuplicateId("this client_order_id names another order", field="client_order_id")
        self.record, self.hold, self.writes = stored, None, ()
        # Its own message may have been lost; but what is late would be refused.
        waits = stored.status == "pending" and self.visit.now_ms <= stored.accept_until_ms
        self.command = place_of(stored) if waits else None
        return True


def order_id(user: UserId, request: OrderRequest, request_id: str) -> OrderId:
    """With a client id it is the same on every repetition."""
    if request.client_order_id:
        return order_id_from_client(user, request.client_order_id)
    return order_id_from_request(user, request_id)


def new_record(
    user: UserId,
    request: OrderRequest,
    price: int,
    rates: Rates,
    order_id: OrderId,
    request_id: str,
    now_ms: int,
) -> OrderRecord:
    """The order as it will be stored. `price` (ticks) is its limit, or its collar."""
    market = request.market
    budget = request.funds // market.step_units
    count = budget or (request.quantity if request.side == "sell" else price * request.quantity)
    return OrderRecord(
        id=order_id,
        user=user,
        market=market.id,
        type=request.type,
        side=request.side,
        price=price,
        quantity=request.quantity,
        budget=budget,
        tif=request.tif,
        expires_ms=request.expires_ms,
        self_trade=request.self_trade,
        stop=request.stop,
        stop_price=request.stop_price,
        maker_ppm=rates.maker_ppm,
        taker_ppm=rates.taker_ppm,
        hold=hold_of(market, user, request.side, count).units,
        status="pending",
        filled=0,
        quote=0,
        fee=0,
        reason="",
        created_ms=now_ms,
        updated_ms=now_ms,
        accept_until_ms=now_ms + ACCEPT_MS[request.tif],
        client_order_id=request.client_order_id,
        request_id=request_id,
        digest=request.digest,
        replacing="",
        extra=0,
    )


def place_of(record: OrderRecord) -> PlaceOrder:
    """The command that brings a promised order to its book."""
    return PlaceOrder(
        place_command(record.id),
        record.as_limit_order(),
        record.accept_until_ms,
        record.stop or None,
        record.stop_price,
    )


def require_future(expires_ms: int, now_ms: int) -> None:
    """Raises InvalidInput for a time that is over, or too far away; 0 is no time."""
    if expires_ms == 0:
        return
    if expires_ms <= now_ms:
        raise InvalidInput("this time is over", code="expires_in_past", field="expires_at")
    if expires_ms > now_ms + GTT_MS_MAX:
        raise InvalidInput("more than 366 days away", code="expires_too_late", field="expires_at")
