"""What if nothing kept two writers apart, or a book forgot what it has seen?"""

from typing import Any

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.journal import DynamoJournal
from chalicelib.engine.book import Book
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.matcher import cancel, due, take
from chalicelib.flows.matcher import place as placing
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.matcher.steps import Steps
from chalicelib.flows.plan import Plan, Put
from chalicelib.flows.records import journal, snapshot
from chalicelib.flows.upkeep import fold
from chalicelib.flows.upkeep.clock import Clock
from chalicelib.flows.upkeep.fold import Folder

from .breaking import Patches, breakage, instead


@breakage
def no_fence() -> Patches:
    """A step lands whether or not somebody else has written that journal entry."""
    append = journal.append
    yield instead(journal, "append", lambda entry: append(entry)._replace(require=()))


@breakage
def no_rollback_after_a_lost_race() -> Patches:
    yield instead(Book, "rollback", lambda book: None)


@breakage
def command_ids_are_forgotten() -> Patches:
    advance = Replica.advance

    def forgetful(replica: Replica, entry: Any) -> None:
        advance(replica, entry)
        replica.done.clear()

    yield instead(Replica, "advance", forgetful)


@breakage
def a_snapshot_forgets_command_ids() -> Patches:
    to_chunks = snapshot.to_chunks
    yield instead(fold, "to_chunks", lambda taken: to_chunks(taken._replace(done={})))


@breakage
def the_market_clock_goes_back() -> Patches:
    yield instead(Step, "time_ms", property(lambda step: step.now_ms))


@breakage
def a_step_is_written_piece_by_piece() -> Patches:
    commit = DynamoStore.commit

    def piecemeal(self: DynamoStore, plan: Plan) -> None:
        for write in plan:
            commit(self, (write,))

    yield instead(DynamoStore, "commit", piecemeal)


@breakage
def a_cut_sweep_is_left_lying() -> Patches:
    yield instead(due, "go_on", lambda step, order, avoid: True)


@breakage
def only_the_first_page_of_the_journal_is_read() -> Patches:
    def tail(self: DynamoJournal, market: Any, after: int) -> Any:
        page = self._store.page(schema.journal_entry(market, after + 1), schema.JOURNAL_END, 500)
        return [journal.read(market, item) for item in page.items]

    yield instead(DynamoJournal, "tail", tail)


@breakage
def the_no_write_read_is_skipped() -> Patches:
    """A book of an hour ago acknowledges a Tick, and what was due stays undone."""
    yield instead(Steps, "_confirm", lambda steps: None)


@breakage
def nobody_watches_the_clock() -> Patches:
    yield instead(Clock, "look", lambda clock, view: False)


@breakage
def the_mode_is_asked_at_intake_alone() -> Patches:
    yield instead(placing, "refusal", lambda *given, now_ms: None)


@breakage
def a_cut_cancel_all_counts_as_done() -> Patches:
    cancel_all = cancel.cancel_all

    def hasty(step: Step, command: Any) -> bool:
        if not cancel_all(step, command):
            step.begun = None
            step.complete(command.id)
        return True

    yield instead(take, "cancel_all", hasty)


@breakage
def a_snapshot_pointer_turns_without_looking() -> Patches:
    def turn(self: Folder, market: Any, before: Any, after: Any) -> bool:
        put = Put(schema.snapshot_pointer(market.id), after._asdict())
        self._writer.commit((put,))
        return True

    yield instead(Folder, "_turn", turn)
