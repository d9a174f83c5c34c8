"""What can befall the exchange as a whole? Each kind of mischief: how it is drawn, how it is done."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from chalicelib import handlers
from chalicelib.engine.events import Mode
from chalicelib.errors import CexError
from chalicelib.flows import schema
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.records.commands import SetMode
from chalicelib.flows.schema import Key
from chalicelib.ids import CommandId, UserId
from chalicelib.market import Market
from chalicelib.money import Amount
from chalicelib.wiring import Exchange
from tests.simulator.machine.aws import SCHEDULED_MS, Aws
from tests.simulator.machine.cloud import Cloud
from tests.simulator.machine.network import MS
from tests.simulator.machine.processes import Died

from .dice import PRICE, Dice
from .story import Step

ACCEPT_MS = 60_000
BLOW_MS, GAP_MS = 40, 2
# The least that a Lambda must have left to look at the clock once.
LOOK_MS = handlers.RESERVE_MS + 500
# With some of them the edge of the band runs through the prices that everybody wants; 0: as it is.
MIDDLES = (0, 0, 0, 0, PRICE, 2 * PRICE - 2, PRICE * 2 // 3)
CREDITS = 3
USERS = ("ann", "ben", "cid", "dee")


class Mischief(NamedTuple):
    weight: int
    draw: Callable[[Dice], dict[str, Any] | None]
    do: Callable[[Aws, Step], None]


def kill(cloud: Aws, step: Step) -> None:
    """Some process, in the middle of what it does or between."""
    processes = cloud.all_processes()
    process = processes[step.arguments["which"] % len(processes)]
    cloud.network.note(process.name, "kill", step.label, {}, "busy" if process.busy else "idle")
    process.kill()


def deploy(cloud: Aws, step: Step) -> None:
    """Every process of a kind is replaced at once, and nothing is warm any more."""
    for market in cloud.markets:
        for process in cloud.matchers[market]:
            process.kill()


def tamper(cloud: Aws, step: Step) -> None:
    """Somebody changes a stored order by hand; never on an ordinary day."""
    assert isinstance(cloud, Cloud)
    items = cloud.dynamodb.tables.scan(schema.ACCOUNTS, None)[0]
    resting = [item for item in items if item.get("status") in ({"S": "pending"}, {"S": "partially_filled"})]
    if resting:
        item = resting[step.arguments["which"] % len(resting)]
        key = Key(schema.ACCOUNTS, item["pk"]["S"], item["sk"]["S"])
        cloud.dynamodb.tables.write(key, {**item, "filled": {"N": str(int(item["filled"]["N"]) + 1)}})
        cloud.tampered[key.sk.removeprefix(schema.ORDER_PREFIX)] = cloud.now_us


def outage(cloud: Aws, step: Step) -> None:
    """A service answers nobody."""
    cloud.network.down_us[step.arguments["service"]] = cloud.now_us + step.arguments["ms"] * MS


def redeliver(cloud: Aws, step: Step) -> None:
    """A batch that was handed over before, perhaps this very moment, is handed over again."""
    if cloud.handed_over:
        back = step.arguments["back"] % len(cloud.handed_over)
        cloud.hand_over(*cloud.handed_over[-1 - back], "again", step.label)


def hammer(cloud: Aws, step: Step) -> None:
    """One wallet is written without a pause: as soon as one transaction lets go, the next one holds it."""
    assert isinstance(cloud, Cloud)
    cloud.others.append(
        cloud.scheduler.spawn(f"hammer {step.label}", partial(_hammer_on, cloud, step.arguments))
    )
    run_somewhere(cloud, partial(_credit, UserId(step.arguments["user"]), step.label), step.label)


def _hammer_on(cloud: Cloud, arguments: Mapping[str, Any]) -> None:
    key, locked = schema.wallet(arguments["user"]), cloud.dynamodb.locked
    for _ in range(arguments["blows"]):
        mine = key not in locked
        locked.add(key)
        cloud.scheduler.sleep(BLOW_MS * MS)
        if mine:
            locked.discard(key)
        cloud.scheduler.sleep(GAP_MS * MS)


def _credit(user: UserId, label: int, house: Exchange) -> None:
    for number in range(CREDITS):
        with suppress(CexError):
            plan = credit(user, Amount("USDT", 1), f"hammer-{label}-{number}", house.timer.now_ms())
            house.store.commit(plan)


def sweep(cloud: Aws, step: Step) -> None:
    cloud.ring(cloud.sweepers, handlers.sweep_all)


def fold(cloud: Aws, step: Step) -> None:
    cloud.ring(cloud.folders, handlers.fold_all)


def count(cloud: Aws, step: Step) -> None:
    cloud.ring(cloud.counters, handlers.count_volumes)


def look(cloud: Aws, step: Step) -> None:
    """At the clock, while another function does so."""
    cloud.ring(cloud.watchers, handlers.watch_clock, LOOK_MS)


def mode(cloud: Aws, step: Step) -> None:
    """An operator changes what the market takes, and perhaps the middle of its band."""
    asked = step.arguments
    switch(cloud, cloud.markets[asked["market"]], asked["mode"], step.label, asked["reference"])


def resume(cloud: Aws, step: Step) -> None:
    switch(cloud, cloud.markets[step.arguments["market"]], "open", step.label)


def blip(cloud: Aws, step: Step) -> None:
    """Not open for a moment."""
    mode(cloud, step)
    cloud.scheduler.sleep(step.arguments["ms"] * MS)
    resume(cloud, step)


def switch(cloud: Aws, market: Market, mode: Mode, label: object, reference: int = 0) -> None:
    """As an operator does it from his own machine: he sees when it failed, and tries again later."""

    def work(house: Exchange) -> None:
        until_ms = house.timer.now_ms() + ACCEPT_MS
        command = SetMode(CommandId(f"{mode}-{label}"), mode, "a drill", until_ms, reference)
        try:
            house.queue.send(market, [command])
        except CexError:
            return

    run_somewhere(cloud, work, label)


def run_somewhere(cloud: Aws, work: Callable[[Exchange], None], label: object) -> None:
    process = cloud.free(cloud.apis, "somewhere", label)
    try:
        process.run(work, SCHEDULED_MS)
    except Died:
        return
    except Exception as bug:
        cloud.bugs.append(f"{process.name}: {bug!r}")


def _nothing(dice: Dice) -> dict[str, Any]:
    return {}


def _market(dice: Dice) -> dict[str, Any]:
    return {"market": dice.market()}


def _which(dice: Dice) -> dict[str, Any]:
    return {"which": dice.pick(range(24), "which")}


def _outage(dice: Dice) -> dict[str, Any]:
    ms = dice.pick((*[500] * 5, *[3_000] * 5, *[10_000] * 3, 60_000, 400_000), "ms")
    return {"service": dice.pick(("dynamodb", "sqs"), "service"), "ms": ms}


def _mode(dice: Dice) -> dict[str, Any]:
    mode = dice.pick(("open", "open", "open", "open", "post_only", "cancel_only", "halted"), "mode")
    return {"market": dice.market(), "mode": mode, "reference": dice.pick(MIDDLES, "reference")}


def _blip(dice: Dice) -> dict[str, Any]:
    mode = dice.pick(("halted", "halted", "post_only", "cancel_only"), "mode")
    ms = dice.pick((20, 300, 2_000, 10_000, 60_000), "ms")
    return {"market": dice.market(), "mode": mode, "ms": ms, "reference": 0}


def _back(dice: Dice) -> dict[str, Any]:
    return {"back": dice.pick((0, 0, 0, 1, 2, 5, 10, 20, 30), "back")}


def _hammer(dice: Dice) -> dict[str, Any]:
    return {"user": dice.pick(USERS, "user"), "blows": dice.pick((5, 25, 100), "blows")}


KINDS: dict[str, Mischief] = {
    "kill": Mischief(10, _which, kill),
    "deploy": Mischief(4, _nothing, deploy),
    "outage": Mischief(4, _outage, outage),
    "tamper": Mischief(0, _which, tamper),
    "redeliver": Mischief(14, _back, redeliver),
    "hammer": Mischief(4, _hammer, hammer),
    "sweep": Mischief(3, _nothing, sweep),
    "fold": Mischief(4, _nothing, fold),
    "count": Mischief(2, _nothing, count),
    "look": Mischief(3, _nothing, look),
    "mode": Mischief(3, _mode, mode),
    "blip": Mischief(4, _blip, blip),
    "resume": Mischief(6, _market, resume),
}
