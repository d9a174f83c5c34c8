"""Does it take two people to change what a user has, and do the books add up after it, whatever happens?"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import CexError, Conflict, InsufficientFunds, InvalidInput, NotFound
from chalicelib.flows.custody import table
from chalicelib.flows.custody.adjustments import OPEN_MS, Adjustment, Adjustments
from chalicelib.flows.custody.posting import Total, posting, total
from chalicelib.flows.plan import Plan
from chalicelib.flows.records.entries import AdjustmentEntry, newest
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import CAPITAL, SUSPENSE, Transfer, deposit_transfers
from chalicelib.money import Amount

from .faults import Crash
from .world import World

ANN = UserId("ann")
PURSE = 1_000


@pytest.fixture
def desk(world: World) -> Adjustments:
    world.fund("ann", "ben", USDT=PURSE)
    return desk_of(world)


def desk_of(world: World) -> Adjustments:
    return Adjustments(world.store, world.store, world.timer, world.ids)


def asked(desk: Adjustments, units: int, source: str = "capital", by: str = "kim") -> Adjustment:
    return desk.request(desk.draft(ANN, Amount("USDT", units), source, "a mistake of ours", by))


def books(world: World) -> Total:
    return total(world.store.get(table.total("USDT")))


def entries(world: World) -> list[AdjustmentEntry]:
    page = newest(world.store, ANN, None, 50, AdjustmentEntry)
    return [entry for _, entry in page.entries if isinstance(entry, AdjustmentEntry)]


def test_what_one_asks_for_another_approves(world: World, desk: Adjustments) -> None:
    made = asked(desk, 250)
    assert world.balance("ann", "USDT").available == PURSE
    done = desk.approve(made.id, "lou")
    assert (done.state, done.asked_by, done.decided_by) == ("posted", "kim", "lou")
    assert world.balance("ann", "USDT").available == PURSE + 250
    assert (books(world).owed, books(world).capital) == (2 * PURSE + 250, -2 * PURSE - 250)
    (entry,) = entries(world)
    assert (entry.units, entry.source, entry.reason) == (250, "capital", "a mistake of ours")
    assert entry.id == made.id


@pytest.mark.parametrize("by", ["kim", "KIM", ""])
def test_nobody_approves_what_he_asked_for(world: World, desk: Adjustments, by: str) -> None:
    made = asked(desk, 250)
    with pytest.raises(Conflict, match="somebody else"):
        desk.approve(made.id, by)
    assert desk.get(made.id).state == "requested"


def test_approved_twice_it_is_posted_once(world: World, desk: Adjustments) -> None:
    made = asked(desk, -100)
    desk.approve(made.id, "lou")
    assert desk.approve(made.id, "max").decided_by == "lou"
    assert world.balance("ann", "USDT").available == PURSE - 100
    assert len(entries(world)) == 1


def test_two_who_approve_at_the_same_moment_post_it_once(world: World, desk: Adjustments) -> None:
    made = asked(desk, 100)
    world.store.faults.before(lambda: desk_of(world).approve(made.id, "max"))
    assert desk.approve(made.id, "lou").decided_by == "max"
    assert world.balance("ann", "USDT").available == PURSE + 100


def test_no_wallet_and_no_suspense_falls_below_zero(world: World, desk: Adjustments) -> None:
    for made in (asked(desk, -PURSE - 1), asked(desk, 1, "suspense")):
        with pytest.raises(InsufficientFunds):
            desk.approve(made.id, "lou")
        assert desk.get(made.id).state == "requested"
    assert entries(world) == []


def test_what_was_owed_to_nobody_known_is_given_to_its_owner(
    broken_world: World,
) -> None:
    world = broken_world
    moved = deposit_transfers("address", Amount("USDT", 70), SUSPENSE)
    world.store.commit(tuple(posting(moved)))
    desk = desk_of(world)
    desk.approve(asked(desk, 70, "suspense").id, "lou")
    assert (books(world).suspense, books(world).owed, books(world).surplus) == (0, 70, 0)


def test_a_rejected_one_stays_rejected(world: World, desk: Adjustments) -> None:
    made = asked(desk, 100)
    assert desk.reject(made.id, "kim", "typed wrongly").state == "rejected"
    assert desk.reject(made.id, "lou", "again").note == "typed wrongly"
    with pytest.raises(Conflict, match="rejected"):
        desk.approve(made.id, "lou")
    assert world.balance("ann", "USDT").available == PURSE


def test_what_nobody_decides_in_time_is_over(world: World, desk: Adjustments) -> None:
    made = asked(desk, 100)
    world.timer.advance(OPEN_MS + 1)
    assert desk.get(made.id).state == "expired"
    for act in (lambda: desk.approve(made.id, "lou"), lambda: desk.reject(made.id, "lou", "late")):
        with pytest.raises(Conflict, match="expired"):
            act()


def test_what_makes_no_sense_is_not_asked_for(world: World, desk: Adjustments) -> None:
    with pytest.raises(InvalidInput, match="nothing"):
        asked(desk, 0)
    with pytest.raises(InvalidInput, match="against"):
        asked(desk, 1, "fees")
    with pytest.raises(InvalidInput, match="who"):
        asked(desk, 1, by="")
    with pytest.raises(NotFound):
        desk.approve("nothing", "lou")
    assert desk.listed() == []


@pytest.mark.parametrize("landed", [False, True])
def test_a_process_that_dies_while_it_approves_is_gone_on_with(
    world: World, desk: Adjustments, landed: bool
) -> None:
    made = asked(desk, 100)
    world.store.faults.crash(landed=landed)
    with pytest.raises(Crash):
        desk.approve(made.id, "lou")
    assert desk_of(world).approve(made.id, "lou").state == "posted"
    assert world.balance("ann", "USDT").available == PURSE + 100
    assert len(entries(world)) == 1


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "approve", "approve", "reject", "later"]),
        st.integers(-2 * PURSE, 2 * PURSE),
        st.sampled_from([CAPITAL.owner, SUSPENSE.owner]),
        st.sampled_from(["kim", "lou", "max"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_whoever_asks_and_approves_what_the_books_sum_to_zero(
    acts: list[tuple[str, int, str, str, int]],
) -> None:
    world = World()
    world.fund("ann", USDT=PURSE)
    start = len(world.store.plans)
    desk, made = desk_of(world), list[Adjustment]()
    for what, units, source, by, which in acts:
        try:
            if what == "ask":
                made.append(asked(desk, units, source, by))
            elif what == "later":
                world.timer.advance(OPEN_MS // 4)
            elif made and what == "approve":
                desk.approve(made[which % len(made)].id, by)
            elif made:
                desk.reject(made[which % len(made)].id, by, "no")
        except CexError:
            pass
    assert world.audit().differences == []
    assert books(world).surplus == 0
    posted = [each for each in desk.listed() if each.state == "posted"]
    assert all(each.asked_by != each.decided_by for each in posted)
    assert world.balance("ann", "USDT").available == PURSE + sum(each.units for each in posted)
    assert all(moves_one_asset(plan) for plan in world.store.plans[start:])


def moves_one_asset(plan: Plan) -> bool:
    """Nothing but this wallet, this token's total, the record and the entry."""
    return len(plan) in (1, 4) and all(write.key.pk in ("ann", "T#USDT", "ADJUST") for write in plan)


def test_transfers_name_both_sides() -> None:
    one = Adjustment("i", ANN, "USDT", -5, "suspense", "r", "posted", "k", 0, 0)
    assert one.transfers == [Transfer(("ann", "available"), SUSPENSE, Amount("USDT", 5))]
