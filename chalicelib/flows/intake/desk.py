"""How are a trader's commands carried out, one of them or many at once?

All of them are looked at, promised together or one by one, and told to the matcher in one
message, in their order. Then the request waits until the book has seen them. One that fails
on the way keeps no other from going on.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from chalicelib.errors import (
    BookCorrupt,
    CexError,
    ConditionFailed,
    QueueUnavailable,
    RateLimited,
    StoreError,
    StoreUnavailable,
    WriteContention,
)
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.intake.cancel_order import CancelWish
from chalicelib.flows.intake.fee_tier import FeeTiers
from chalicelib.flows.intake.place_order import OrderRequest, PlaceWish
from chalicelib.flows.intake.reduce_order import ReduceWish
from chalicelib.flows.intake.replace_order import ReplaceWish
from chalicelib.flows.intake.visit import Tools, Visit
from chalicelib.flows.intake.wish import PromisedWish, Wish
from chalicelib.flows.plan import Plan
from chalicelib.flows.ports import CommandQueue, Identifiers, OrderReader, Reader, Timer, Writer
from chalicelib.flows.reading.orders import OrderState
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import hold_transfers

COMMIT_PAUSE_MS = 40
# How often a promise is made anew because what it was made for has changed.
TRIES_MAX = 3

Outcome = OrderState | CexError
# Makes a wish for a visit. Raises a CexError when nothing sensible is wished.
Maker = Callable[[Visit], Wish]


class OrderIntake:
    """Takes commands of users who have been authenticated."""

    def __init__(
        self,
        reader: Reader,
        orders: OrderReader,
        writer: Writer,
        queue: CommandQueue,
        timer: Timer,
        ids: Identifiers,
    ) -> None:
        self.tiers = FeeTiers(reader, timer)
        self._tools = Tools(reader, orders, timer, ids, self.tiers)
        self._writer = writer
        self._queue = queue

    def place(self, user: UserId, request: OrderRequest, view: MarketView, wait_ms: int) -> OrderState:
        """The order once it was matched, or pending when `wait_ms` was too short for that.

        Raises RateLimited, InvalidInput, InsufficientFunds, DuplicateId, MarketClosed,
        CommandRefused: nothing has changed. Raises OutcomeUnknown: perhaps it has, and the
        order has the id that the error names.
        """
        return self._one(user, view, lambda visit: PlaceWish(visit, request), wait_ms)

    def cancel(self, order: OrderRecord, view: MarketView, wait_ms: int) -> OrderState:
        """The order once it was canceled, or as it stands when `wait_ms` was too short.

        Canceling a canceled order again is fine. Raises OrderNotOpen for any other end,
        MarketClosed, and OutcomeUnknown when the request may not have been passed on.
        """
        return self._one(order.user, view, lambda visit: CancelWish(visit, order), wait_ms)

    def reduce(self, order: OrderRecord, quantity: int, view: MarketView, wait_ms: int) -> OrderState:
        """The order with `quantity` lots in all, in its place; or as it stands after `wait_ms`.

        Raises OrderNotOpen, MarketClosed, CommandRefused: it is as it was. Raises OutcomeUnknown.
        """
        return self._one(order.user, view, lambda visit: ReduceWish(visit, order, quantity), wait_ms)

    def replace(
        self, order: OrderRecord, price: int | None, quantity: int | None, view: MarketView, wait_ms: int
    ) -> OrderState:
        """The order with another price (ticks) or quantity (lots, in all); or as it stands after `wait_ms`.

        Raises OrderNotOpen, MarketClosed, CommandRefused, InsufficientFunds, InvalidInput,
        RateLimited: it is as it was. Raises OutcomeUnknown.
        """
        return self._one(order.user, view, lambda visit: ReplaceWish(visit, order, price, quantity), wait_ms)

    def batch(self, user: UserId, view: MarketView, makers: Sequence[Maker], wait_ms: int) -> list[Outcome]:
        """What became of each wish, in their order. Raises nothing that one of them alone is to blame for."""
        visit = Visit(self._tools, user, view)
        made = [_made(maker, visit) for maker in makers]
        wishes = [each for each in made if isinstance(each, Wish)]
        for wish in wishes:
            _go_on(wish, wish.prepare)
        promises = [wish for wish in wishes if isinstance(wish, PromisedWish)]
        self._promise([wish for wish in promises if wish.fault is None and wish.writes])
        told = [wish for wish in wishes if wish.fault is None and wish.command is not None]
        if told and self._tell(view, told):
            _wait(view, told, wait_ms)
        return [_outcome(each) if isinstance(each, Wish) else each for each in made]

    def _one(self, user: UserId, view: MarketView, maker: Maker, wait_ms: int) -> OrderState:
        (outcome,) = self.batch(user, view, [maker], wait_ms)
        if isinstance(outcome, CexError):
            raise outcome
        return outcome

    # --- promising --------------------------------------------------------------------------

    def _promise(self, wishes: list[PromisedWish]) -> None:
        if len(wishes) > 1 and self._promise_together(wishes):
            return
        for wish in wishes:
            _go_on(wish, partial(self._promise_one, wish))

    def _promise_together(self, wishes: list[PromisedWish]) -> bool:
        """Whether that was all; else they go one by one, so that one too dear spoils no other."""
        plan = promise(wishes)
        if len({write.key for write in plan}) < len(plan):
            return False  # two of them want to change one order
        try:
            self._commit(plan)
        except ConditionFailed:
            return False
        except StoreUnavailable:
            for wish in wishes:
                _go_on(wish, wish.look_for_promise)
        except RateLimited as busy:
            for wish in wishes:
                _go_on(wish, partial(_require_promised, wish, busy))
        except StoreError as fault:
            for wish in wishes:
                wish.fault = fault
        return True

    def _promise_one(self, wish: PromisedWish) -> None:
        for _ in range(TRIES_MAX):
            plan = promise([wish])
            try:
                return self._commit(plan)
            except ConditionFailed as fault:
                if max(fault.failed) < len(plan) - len(wish.writes):
                    raise wish.not_enough() from None
            except StoreUnavailable:
                return wish.look_for_promise()
            except RateLimited as busy:
                return _require_promised(wish, busy)
            wish.contradicted()
            if not wish.writes:
                return None
        raise RateLimited("too many changes of this order at once", code="wallet_busy")

    def _commit(self, plan: Plan) -> None:
        """Raises RateLimited for a wallet that others write all the time."""
        try:
            commit_patiently(self._writer, self._tools.timer, plan, COMMIT_PAUSE_MS)
        except WriteContention:
            raise RateLimited("too many changes of this wallet at once", code="wallet_busy") from None

    # --- telling ----------------------------------------------------------------------------

    def _tell(self, view: MarketView, wishes: list[Wish]) -> bool:
        """Whether there is something to wait for: the queue has said that it took the message."""
        commands = {wish.command.id: wish.command for wish in wishes if wish.command}
        try:
            self._queue.send(view.market, list(commands.values()))
        except QueueUnavailable:
            for wish in wishes:
                wish.fault = wish.lost()
            return False
        return True


def promise(wishes: Sequence[PromisedWish]) -> Plan:
    """One transaction: all holds at once on the wallet, before what the wishes write beside it."""
    holds = [transfer for wish in wishes if wish.hold for transfer in hold_transfers(wish.hold)]
    return (*wallet_updates(holds), *(write for wish in wishes for write in wish.writes))


def _require_promised(wish: PromisedWish, busy: RateLimited) -> None:
    """Who asks again for what he was promised is told of that, however busy his wallet is."""
    if not wish.was_promised():
        raise busy


def _made(maker: Maker, visit: Visit) -> Wish | CexError:
    try:
        return maker(visit)
    except CexError as fault:
        return fault


def _go_on(wish: Wish, step: Callable[[], None]) -> None:
    try:
        step()
    except CexError as fault:
        wish.fault = fault


def _wait(view: MarketView, wishes: list[Wish], wait_ms: int) -> None:
    """They are on their way: what can not be read now does not call them back."""

    def done(replica: Replica) -> bool:
        for wish in wishes:
            wish.look(replica)
        return all(wish.is_done for wish in wishes)

    with suppress(StoreError, BookCorrupt):
        view.wait_until(done, wait_ms)


def _outcome(wish: Wish) -> Outcome:
    if wish.fault is not None:
        return wish.fault
    try:
        return wish.outcome()
    except CexError as fault:
        return fault
