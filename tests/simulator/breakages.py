"""How would the house look if one of its safeguards were missing? One breakage each.

Each takes one thing away, in the real code, for as long as it is on. The simulator must
notice every one of them; so it is known that it would notice a mistake of that kind.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from chalicelib import handlers
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.journal import DynamoJournal
from chalicelib.engine.book import Book
from chalicelib.errors import InsufficientFunds
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake import place_order
from chalicelib.flows.intake.place_order import PlaceWish
from chalicelib.flows.matcher import due, take, unseen
from chalicelib.flows.matcher import place as placing
from chalicelib.flows.matcher import step as matcher_step
from chalicelib.flows.matcher.match import Matcher, Outcome
from chalicelib.flows.matcher.order_changes import OrderChange
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.plan import Plan, Put, Update
from chalicelib.flows.records import journal, snapshot, wallets
from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.flows.upkeep import fold
from chalicelib.flows.upkeep.fold import Folder
from chalicelib.flows.upkeep.sweep import Sweeper
from chalicelib.ids import order_id_from_request, place_command
from chalicelib.ledger import transfers

Patches = Iterator[Any]
Breakage = Callable[[], Any]

BREAKAGES: dict[str, Breakage] = {}


def breakage(patches: Callable[[], Patches]) -> Callable[[], Any]:
    """Give the patches; they hold while the context does."""

    @contextmanager
    def broken() -> Iterator[None]:
        applied = list(patches())
        for patch in applied:
            patch.start()
        try:
            yield
        finally:
            for patch in applied:
                patch.stop()

    BREAKAGES[patches.__name__] = broken
    return broken


def _instead(owner: Any, name: str, new: Any) -> Any:
    return mock.patch.object(owner, name, new)


# --- the fence and the book -------------------------------------------------------------------


@breakage
def no_fence() -> Patches:
    """A step lands whether or not somebody else has written that journal entry."""
    append = journal.append
    yield _instead(journal, "append", lambda entry: append(entry)._replace(require=()))


@breakage
def no_rollback_after_a_lost_race() -> Patches:
    yield _instead(Book, "rollback", lambda book: None)


@breakage
def command_ids_are_forgotten() -> Patches:
    advance = Replica.advance

    def forgetful(replica: Replica, entry: Any) -> None:
        advance(replica, entry)
        replica.done.clear()

    yield _instead(Replica, "advance", forgetful)


@breakage
def a_snapshot_forgets_command_ids() -> Patches:
    to_chunks = snapshot.to_chunks
    yield _instead(fold, "to_chunks", lambda taken: to_chunks(taken._replace(done={})))


@breakage
def the_market_clock_goes_back() -> Patches:
    yield _instead(Step, "time_ms", property(lambda step: step.now_ms))


@breakage
def a_step_is_written_piece_by_piece() -> Patches:
    commit = DynamoStore.commit

    def piecemeal(self: DynamoStore, plan: Plan) -> None:
        for write in plan:
            commit(self, (write,))

    yield _instead(DynamoStore, "commit", piecemeal)


@breakage
def a_cut_sweep_is_left_lying() -> Patches:
    yield _instead(due, "go_on", lambda step, order, avoid: True)


@breakage
def only_the_first_page_of_the_journal_is_read() -> Patches:
    def tail(self: DynamoJournal, market: Any, after: int) -> Any:
        page = self._store.page(schema.journal_entry(market, after + 1), schema.JOURNAL_END, 500)
        return [journal.read(market, item) for item in page.items]

    yield _instead(DynamoJournal, "tail", tail)


# --- the queue --------------------------------------------------------------------------------


@breakage
def messages_are_acknowledged_whatever_happened() -> Patches:
    run = Matcher.run

    def careless(matcher: Matcher, messages: Any, deadline_ms: int) -> Outcome:
        run(matcher, messages, deadline_ms)
        return Outcome(len(messages), None, True)

    yield _instead(Matcher, "run", careless)


@breakage
def only_the_first_failure_of_a_batch_is_reported() -> Patches:
    match = handlers.match

    def holey(market: Any, event: Any, context: Any) -> Any:
        answer = match(market, event, context)
        return {"batchItemFailures": answer["batchItemFailures"][:1]}

    yield _instead(handlers, "match", holey)


@breakage
def accept_until_is_ignored() -> Patches:
    place = placing.place

    def patient(step: Step, command: PlaceOrder, *others: Any) -> bool:
        return place(step, command._replace(accept_until_ms=step.time_ms), *others)

    yield _instead(take, "place", patient)


@breakage
def the_sweeper_sends_a_place_again() -> Patches:
    def expire(self: Sweeper, view: Any, keys: Any) -> list[Any]:
        pending = [record for record in self._orders.get_many(keys) if record.status == "pending"]
        for record in pending:
            until_ms = self._timer.now_ms() + 15_000
            place = PlaceOrder(place_command(record.id), record.as_limit_order(), until_ms)
            self._queue.send(view.market, [place])
        return []

    yield _instead(Sweeper, "_lost_orders", expire)


@breakage
def the_sweeper_leaves_a_minute_behind_too_soon() -> Patches:
    sweep_minute = Sweeper._sweep_minute

    def hasty(self: Sweeper, view: Any, minute: int) -> tuple[int, int]:
        return sweep_minute(self, view, minute)[0], 0

    yield _instead(Sweeper, "_sweep_minute", hasty)
    yield _instead(Sweeper, "_send", lambda self, view, commands: None)


# --- orders and wallets -----------------------------------------------------------------------


@breakage
def a_hold_is_released_twice() -> Patches:
    release = transfers.release_transfers
    yield _instead(matcher_step, "release_transfers", lambda hold: [*release(hold), *release(hold)])


@breakage
def a_wallet_may_fall_below_zero() -> Patches:
    yield _instead(wallets, "_update", lambda user, add: Update(schema.wallet(user), add=add))


@breakage
def an_order_is_taken_without_its_hold() -> Patches:
    prepare = PlaceWish.prepare

    def generous(wish: PlaceWish) -> None:
        prepare(wish)
        wish.hold = None

    yield _instead(PlaceWish, "prepare", generous)


@breakage
def order_updates_have_no_condition() -> Patches:
    write = OrderChange.write
    yield _instead(OrderChange, "write", lambda *given: write(*given)._replace(require=()))


@breakage
def an_order_canceled_unseen_can_still_be_placed() -> Patches:
    yield _instead(unseen, "_end", lambda step, event: step.take(event))


@breakage
def a_client_id_does_not_name_its_order() -> Patches:
    yield _instead(
        place_order,
        "order_id_from_client",
        lambda user, name: order_id_from_request(user, name + str(id(object()))),
    )


@breakage
def an_unknown_outcome_is_told_as_a_refusal() -> Patches:
    def look(self: PlaceWish) -> None:
        raise InsufficientFunds("it did not work")

    yield _instead(PlaceWish, "look_for_promise", look)


# --- snapshots --------------------------------------------------------------------------------


@breakage
def a_snapshot_pointer_turns_without_looking() -> Patches:
    commit = Folder._turn

    def turn(self: Folder, market: Any, before: Any, after: Any) -> bool:
        put = Put(schema.snapshot_pointer(market.id), after._asdict())
        self._writer.commit((put,))
        return True

    assert commit is not turn
    yield _instead(Folder, "_turn", turn)
