"""How is a story lived through, and how does it come to rest?

Everybody acts at once until all programs have ended. Then the weather clears: what was
begun comes to its end, the sweeper runs until nothing is left, and every client asks once
more for each of its orders.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

from chalicelib import handlers
from chalicelib.flows import schema
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.matcher import step as matcher_step
from chalicelib.flows.upkeep import fold
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.ids import OrderId, UserId
from chalicelib.money import Amount

from .machine.aws import Aws
from .machine.cloud import Cloud
from .machine.network import MS
from .stories import looking, mischief, trading
from .stories.client import Client
from .stories.dice import PRICE
from .stories.mischief import USERS
from .stories.requests import Request
from .stories.story import Program, Step, Story

# Enough for some orders, so that now and then there is not enough.
PURSE = {"KTA": 50 * 10**18, "USDX": 50 * 10**6, "USDT": 70 * 10**6}
MAKER_LOTS, MAKER_PRICES = 10, 7
ROUNDS_MAX = 60
BATCHES_MAX = 400
# Longer than clocks differ; what was due before this is done when all is at rest.
LAST_LOOK_US = 10_000 * MS
MINUTE_US = 60_000 * MS


@dataclass
class Run:
    """A story that was lived through. `restless`: why it did not come to rest."""

    story: Story
    cloud: Aws
    history: list[Request] = field(default_factory=list)
    last_answers: list[Request] = field(default_factory=list)
    restless: str = ""

    @property
    def digest(self) -> str:
        """Of everything that happened, in its order."""
        digest = hashlib.sha256()
        for at_us, who, what, number, about, outcome in self.cloud.network.trace:
            digest.update(f"{at_us} {who} {what} {number} {about} {outcome}\n".encode())
        return digest.hexdigest()


def live(story: Story) -> Run:
    """Raises what is wrong with the simulator itself; what is wrong with the exchange is in the Run."""
    return live_in(Cloud(story))


def live_in(cloud: Aws) -> Run:
    """The same on services of any kind."""
    run = Run(cloud.story, cloud)
    with _settings(cloud.story), mock.patch.object(handlers, "exchange", cloud.house_at_work):
        try:
            _open(cloud)
            _act(run)
            _come_to_rest(run)
        finally:
            cloud.scheduler.close()
        return run


@contextmanager
def _settings(story: Story) -> Iterator[None]:
    """Constants of the house that a story makes small, so that little is needed to reach them."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(matcher_step, "WRITES_MAX", story.weather.writes_max))
        stack.enter_context(mock.patch.object(fold, "TAIL_MIN", story.weather.tail_min))
        stack.enter_context(mock.patch.object(handlers, "LOOK_MS", story.weather.look_ms))
        yield


def _open(cloud: Aws) -> None:
    """Money for everybody, and a sweeper that need not look far back."""
    store, now_ms = cloud.store(), cloud.now_us // MS
    for user in USERS:
        for asset, units in PURSE.items():
            store.commit(credit(UserId(user), Amount(asset, units), f"opening-{asset}", now_ms))
    for user in ("mia", "tom"):
        for asset in ("KTA", "USDT"):
            store.commit(credit(UserId(user), Amount(asset, 10**24), f"opening-{asset}", now_ms))
    cloud.faults.on = False
    cloud.ring(cloud.sweepers, handlers.sweep_all)
    _rest_makers(cloud)
    cloud.faults.on = True


def _rest_makers(cloud: Aws) -> None:
    """Small orders of one user, as many as the story wants, resting before it begins."""
    market = next(iter(cloud.markets.values()))
    client = Client(cloud, Program("mia left", "mia", ()), {}, [])
    feeder = cloud.new_process(f"{market.slug} feeder-first")
    for number in range(cloud.story.weather.makers):
        price = PRICE + 1 + number % MAKER_PRICES
        wanted = {"market": market.id, "side": "sell", "price": price, "lots": MAKER_LOTS, "tif": "gtc"}
        step = Step(-number, 0, "place", {**wanted, "client_id": "", "wait_ms": 0, "tries": 1})
        trading.KINDS["place"].do(client, step)
        while number % 10 == 9 and cloud.feed_once(market, feeder):
            pass


def _act(run: Run) -> None:
    cloud, weather = run.cloud, run.story.weather
    spawn = cloud.scheduler.spawn
    cloud.began_us = cloud.now_us
    known: dict[int, OrderId] = {}
    services = []
    for market in cloud.markets.values():
        for number in range(weather.feeds):
            feeder = cloud.new_process(f"{market.slug} feeder-{number}")
            services.append(spawn(feeder.name, partial(cloud.feed, market, feeder)))
    for each in cloud.schedules():
        services.append(spawn(each.name, partial(cloud.repeat, each.every_s, each.act)))
    actors = [
        spawn(program.name, partial(_perform, cloud, program, known, run.history))
        for program in run.story.programs
    ]
    cloud.scheduler.join(actors)
    cloud.scheduler.join(cloud.others)
    cloud.faults.on = False
    cloud.close_feeders()
    cloud.scheduler.join(services)


def _perform(cloud: Aws, program: Program, known: dict[int, OrderId], history: list[Request]) -> None:
    client = Client(cloud, program, known, history)
    for step in program.steps:
        wait_us = cloud.began_us + step.at_ms * MS - cloud.now_us
        if wait_us > 0:
            cloud.scheduler.sleep(wait_us)
        if program.user:
            trading.KINDS[step.kind].do(client, step)
        else:
            mischief.KINDS[step.kind].do(cloud, step)


def _come_to_rest(run: Run) -> None:
    cloud = run.cloud
    cloud.network.down_us = dict.fromkeys(cloud.network.down_us, 0)
    last_minute = cloud.now_us // MINUTE_US
    try:
        _drain(cloud)
        for market in cloud.markets.values():
            mischief.switch(cloud, market, "open", f"rest-{market.slug}")
        _drain(cloud)
        cloud.pass_time(GRACE_MINUTES * MINUTE_US)
        for _ in range(ROUNDS_MAX):
            _drain(cloud)
            if _swept(cloud) >= last_minute:
                break
            cloud.pass_time(MINUTE_US)
            cloud.ring(cloud.sweepers, handlers.sweep_all)
            cloud.ring(cloud.watchers, handlers.watch_clock, mischief.LOOK_MS)
        else:
            run.restless = "the sweeper does not get through"
        _catch_up_with_time(cloud)
    except RuntimeError as restless:
        run.restless = str(restless)
    _ask_again(run)


def _catch_up_with_time(cloud: Aws) -> None:
    """What is due is done, what was traded is counted."""
    cloud.pass_time(LAST_LOOK_US)
    cloud.ring(cloud.watchers, handlers.watch_clock, mischief.LOOK_MS)
    _drain(cloud)
    cloud.ring(cloud.counters, handlers.count_volumes)


def _swept(cloud: Aws) -> int:
    """The minute up to which every market is settled."""
    store = cloud.store()
    cursors = [store.get(schema.sweep_cursor(market)) for market in cloud.markets]
    return min(int(str(cursor["minute"])) if cursor else 0 for cursor in cursors)


def _drain(cloud: Aws) -> None:
    """Feed the matchers until their queues are empty."""
    for market in cloud.markets.values():
        queue = cloud.queues[market.id]
        feeder = cloud.new_process(f"{market.slug} feeder-0")
        for _ in range(BATCHES_MAX):
            wait_us = cloud.visible_in_us(queue)
            if wait_us is None:
                break
            cloud.scheduler.sleep(wait_us)
            cloud.feed_once(market, feeder)
        else:
            raise RuntimeError(f"the queue of {market.id} is never empty")


def _ask_again(run: Run) -> None:
    """Whatever became of it: who asks for his order now gets a definite answer."""
    asked = dict.fromkeys((each.client, each.user, each.order_id) for each in run.history if each.order_id)
    for client, user, order_id in asked:
        assert order_id is not None
        reader = Client(run.cloud, Program(client, user, ()), {}, run.last_answers)
        looking.get_order(reader, Step(0, 0, "get", {}), order_id)
