"""Can one user send more than his share, through however many processes?"""

import pytest

from chalicelib.errors import RateLimited
from chalicelib.flows import schema
from chalicelib.flows.intake.rate_limit import FREE_PER_WINDOW, PERMITS_PER_LEASE, WINDOW_MS, RateLimit
from chalicelib.ids import UserId

from .faults import ALWAYS
from .world import World

ANN, BEN = UserId("ann"), UserId("ben")
PER_WINDOW = 100


@pytest.fixture
def limit(world: World) -> RateLimit:
    return RateLimit(PER_WINDOW, world.store, world.timer)


def admitted(limit: RateLimit, user: UserId, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limit.admit(user)
            count += 1
        except RateLimited:
            pass
    return count


def test_a_user_gets_his_share_and_no_more(limit: RateLimit) -> None:
    assert admitted(limit, ANN, 500) == PER_WINDOW + FREE_PER_WINDOW


def test_the_next_window_is_a_new_share(world: World, limit: RateLimit) -> None:
    admitted(limit, ANN, 500)
    world.timer.advance(WINDOW_MS)
    assert admitted(limit, ANN, 500) == PER_WINDOW + FREE_PER_WINDOW


def test_one_user_does_not_use_up_the_share_of_another(limit: RateLimit) -> None:
    admitted(limit, ANN, 500)
    assert admitted(limit, BEN, 50) == 50


def test_the_quiet_cost_nothing(world: World, limit: RateLimit) -> None:
    admitted(limit, ANN, FREE_PER_WINDOW)
    assert world.store.plans == []


def test_the_busy_cost_one_write_for_many_requests(world: World, limit: RateLimit) -> None:
    admitted(limit, ANN, FREE_PER_WINDOW + 2 * PERMITS_PER_LEASE)
    assert len(world.store.plans) == 2


def test_many_processes_share_one_limit_but_for_their_free_parts(world: World) -> None:
    limits = [RateLimit(PER_WINDOW, world.store, world.timer) for _ in range(5)]
    total = sum(admitted(limit, ANN, 200) for limit in limits)
    assert total == PER_WINDOW + 5 * FREE_PER_WINDOW


def test_a_request_for_several_permits_gets_all_or_none(limit: RateLimit) -> None:
    limit.admit(ANN, PER_WINDOW)
    with pytest.raises(RateLimited):
        limit.admit(ANN, FREE_PER_WINDOW + 1)
    limit.admit(ANN, FREE_PER_WINDOW)


def test_a_counter_that_everybody_writes_refuses_and_does_not_let_through(
    world: World, limit: RateLimit
) -> None:
    counter = schema.request_window(ANN, world.timer.now_ms() // WINDOW_MS)
    world.store.faults.contend(counter, times=ALWAYS)
    assert admitted(limit, ANN, 100) == FREE_PER_WINDOW


def test_the_counters_of_past_windows_are_forgotten_by_the_store(world: World, limit: RateLimit) -> None:
    admitted(limit, ANN, 50)
    counter = world.item(schema.request_window(ANN, world.timer.now_ms() // WINDOW_MS))
    now_s = world.timer.now_ms() // 1000
    assert now_s < int(str(counter[schema.EXPIRES])) <= now_s + 3 * WINDOW_MS // 1000
