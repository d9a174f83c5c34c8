"""How does a request become an order?

An order is promised in one transaction: its hold is taken and it is written down, or
neither. Only then is the matcher told. If telling fails, or nobody knows whether it did,
the order is pending all the same: the matcher takes it soon or never, and the sweeper
ends what it never took.
"""

from contextlib import suppress
from typing import NamedTuple

from chalicelib.engine.order import Side, TimeInForce
from chalicelib.errors import (
    BookCorrupt,
    CexError,
    ConditionFailed,
    DuplicateId,
    InsufficientFunds,
    OutcomeUnknown,
    QueueUnavailable,
    RateLimited,
    StoreError,
    StoreUnavailable,
    WriteContention,
)
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.intake.gate import market_halted, require_open
from chalicelib.flows.plan import Absent, Plan, Put
from chalicelib.flows.ports import CommandQueue, Identifiers, OrderReader, Reader, Timer, Writer
from chalicelib.flows.reading.orders import OrderState, filled_in_book, known_state, state
from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.flows.records.orders import OrderRecord, hold_for
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import (
    UserId,
    order_id_from_client,
    order_id_from_request,
    place_command,
)
from chalicelib.ledger.transfers import Hold, hold_transfers
from chalicelib.market import Market

# How long the matcher may still take an order in. Later it is dead: nothing rests minutes
# after its owner gave it up. Shorter where only the present moment matters.
ACCEPT_MS: dict[TimeInForce, int] = {"gtc": 15_000, "postonly": 15_000, "ioc": 5_000}

COMMIT_PAUSE_MS = 40

# Where the order stands in the plan of `promise`; the wallet stands before it.
_ORDER = 1


class OrderRequest(NamedTuple):
    """Price in ticks, quantity in lots, checked against the market already."""

    market: Market
    side: Side
    price: int
    quantity: int
    tif: TimeInForce
    client_order_id: str


class OrderIntake:
    """Takes orders in, for users who have been authenticated."""

    def __init__(
        self,
        reader: Reader,
        orders: OrderReader,
        writer: Writer,
        queue: CommandQueue,
        timer: Timer,
        ids: Identifiers,
    ) -> None:
        self._reader = reader
        self._orders = orders
        self._writer = writer
        self._queue = queue
        self._timer = timer
        self._ids = ids

    def place(self, user: UserId, request: OrderRequest, view: MarketView, wait_ms: int) -> OrderState:
        """The order once it was matched, or pending when `wait_ms` was too short for that.

        Raises RateLimited, InsufficientFunds, DuplicateId, MarketClosed: nothing has changed.
        Raises OutcomeUnknown: perhaps it has, and the order has the id that the error names.
        """
        refusal = self._refusal(user, view)
        # The time is taken last: what came before may have been slow, and an order ages.
        record = new_record(user, request, self._ids.uuid(), self._timer.now_ms())
        stored = self._repeated(record) if refusal else self._promise(record, request.market)
        if stored is None:
            assert refusal is not None
            raise refusal
        if stored.status != "pending":
            return known_state(view, self._orders, stored)
        # Also for a request that was made before: its own message may have been lost.
        self._tell(stored, request.market)
        found = self._matched(view, stored, wait_ms)
        if found.status == "pending" and stored.request_id != record.request_id:
            return known_state(view, self._orders, stored)  # it may long have come to rest
        return found

    def _refusal(self, user: UserId, view: MarketView) -> CexError | None:
        """Why no new order may be taken from this user in this market now."""
        try:
            require_open(self._reader.get(schema.gate(user)), self._timer.now_ms())
        except RateLimited as closed:
            return closed
        with view.recent() as replica:
            return market_halted("market") if replica.book.halted is not None else None

    def _promise(self, record: OrderRecord, market: Market) -> OrderRecord:
        """Hold and record, or find that the same request has done so. What is stored now."""
        try:
            commit_patiently(self._writer, self._timer, promise(record, market), COMMIT_PAUSE_MS)
        except WriteContention:
            raise RateLimited("too many changes of this wallet at once", code="wallet_busy") from None
        except ConditionFailed as fault:
            stored = self._repeated(record) if _ORDER in fault.failed else None
            if stored is None:
                asset = hold_of(record, market).asset
                raise InsufficientFunds(f"not enough {asset} available", field="quantity") from None
            return stored
        except StoreUnavailable:
            return self._found(record)
        return record

    def _found(self, record: OrderRecord) -> OrderRecord:
        """The order, if it can be seen that it was promised. Raises OutcomeUnknown, DuplicateId."""
        stored = None
        with suppress(StoreUnavailable):
            stored = self._repeated(record)
        if stored is None:
            raise OutcomeUnknown("the order may have been taken; ask for it by id", record.id) from None
        return stored

    def _repeated(self, record: OrderRecord) -> OrderRecord | None:
        """The stored order of the same id. Raises DuplicateId when it is another order."""
        stored = self._orders.get(record.user, record.id)
        if stored is not None and stored.digest != record.digest:
            raise DuplicateId("this client_order_id names another order", field="client_order_id")
        return stored

    def _matched(self, view: MarketView, stored: OrderRecord, wait_ms: int) -> OrderState:
        """From here on the order is promised: what can not be read now does not unmake it."""
        command = place_command(stored.id)
        filled: int | None = None

        def done(replica: Replica) -> bool:
            nonlocal filled
            filled = filled_in_book(replica, stored.id)
            return filled is not None or command in replica.done

        try:
            is_done = view.wait_until(done, wait_ms)
        except (StoreError, BookCorrupt):
            return state(stored, None)
        # The record of an order that came to rest unfilled is not written again.
        return known_state(view, self._orders, stored) if is_done and filled != 0 else state(stored, filled)

    def _tell(self, record: OrderRecord, market: Market) -> None:
        if self._timer.now_ms() > record.accept_until_ms:
            return
        command = PlaceOrder(place_command(record.id), record.as_limit_order(), record.accept_until_ms)
        # Promised all the same: what the matcher never sees, the sweeper ends.
        with suppress(QueueUnavailable):
            self._queue.send(market, command)


def new_record(user: UserId, request: OrderRequest, request_id: str, now_ms: int) -> OrderRecord:
    """The order as it will be stored. With a client id its id is the same on every repetition."""
    if request.client_order_id:
        order_id = order_id_from_client(user, request.client_order_id)
    else:
        order_id = order_id_from_request(user, request_id)
    return OrderRecord(
        id=order_id,
        user=user,
        market=request.market.id,
        side=request.side,
        price=request.price,
        quantity=request.quantity,
        tif=request.tif,
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
    )


def promise(record: OrderRecord, market: Market) -> Plan:
    """Take the hold and write the order, on the condition that there is enough and no such order."""
    (wallet,) = wallet_updates(hold_transfers(hold_of(record, market)))
    order = Put(schema.order(record.user, record.id), record.to_item(), require=(Absent(),))
    return (wallet, order)


def hold_of(record: OrderRecord, market: Market) -> Hold:
    return hold_for(market, record.user, record.side, record.price, record.quantity)
