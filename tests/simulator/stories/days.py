"""Which story does a seed tell? Its weather, its clients' programs, and the mischief of the day."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.flows.matcher import step as matcher_step
from chalicelib.ids import MarketId
from tests.simulator.machine.chance import Chance
from tests.simulator.machine.faults import Rates
from tests.simulator.run import MAKER_LOTS, MAKER_PRICES

from . import mischief, trading
from .dice import PRICE, Dice
from .mischief import USERS
from .story import Program, Step, Story, Weather

KTA, USDX = MarketId("KTA/USDT"), MarketId("USDX/USDT")
MINUTE_MS = 60_000
NIGHTS_MS = (20 * MINUTE_MS, 70 * MINUTE_MS, 3 * 60 * MINUTE_MS)

# Steps of two fills, so that sweeps are cut often.
SMALL_STEP = 1 + matcher_step.WRITES_PER_COMMAND + 2 * matcher_step.WRITES_PER_FILL

CALM = Rates()
MURDEROUS = Rates(slow=10, die_before=30, die_after=40, die_late=30)
MIXED = Rates(4, 5, 4, 6, 4, 5, 1, 40, 1, 2, 1)
LOSSY = Rates(4, 16, 12, 4, 10, 10, 2, 40, 0, 0, 0)
DEADLY = Rates(2, 4, 4, 4, 2, 2, 2, 10, 3, 5, 3)
SLOW = Rates(2, 2, 4, 40, 4, 10, 1, 40, 1, 1, 1)
# What a day may be full of: how many times as often as on others.
Theme = Mapping[str, int]
THEMES: tuple[Theme, ...] = (
    {},
    {},
    {"cancel": 4, "blip": 10, "resume": 4},
    {"sweep": 4, "cancel": 2},
    {"redeliver": 4, "deploy": 5, "kill": 3},
    {"hammer": 8, "place": 2},
    {"fold": 6, "deploy": 4},
    {"reduce": 4, "replace": 6, "batch": 3},
    {"stop": 5, "switch": 4, "cancel_all": 4, "mode": 10},
)
RATES = (CALM, MIXED, MIXED, MIXED, LOSSY, DEADLY, DEADLY, SLOW)


def story(seed: int, length: int = 12, theme: Mapping[str, int] | None = None, **weather_given: Any) -> Story:
    """Users at about `length` steps each, and an operator with his own troubles."""
    chance = Chance(f"story {seed}")
    theme = theme or chance.pick(THEMES, "theme")
    weather = _weather(chance)._replace(**weather_given)
    clients = [f"{user} {hand}" for hand in ("left", "right") for user in USERS]
    clients = clients[: chance.between(4, 8, "clients")]
    programs = [_client(chance, weather, theme, name, length) for name in clients]
    troubles = [_operator(chance, weather, theme, f"operator {number}", length) for number in range(2)]
    return Story(seed, weather, (*programs, *troubles))


def deep(seed: int, makers: int = 250) -> Story:
    """One order that takes hundreds of makers, one transaction after the other, while processes die."""
    story_ = story(
        seed,
        3,
        rates=MURDEROUS,
        writes_max=100,
        makers=makers,
        markets=(KTA,),
        feeds=2,
        open_orders_max=1_000,
    )
    sweep = {
        "market": KTA,
        "side": "buy",
        "price": PRICE + MAKER_PRICES,
        "lots": makers * MAKER_LOTS,
        "tif": "gtc",
        "client_id": "all of it",
        "wait_ms": 1_000,
        "tries": 3,
    }
    taker = Program("tom left", "tom", (Step(9_000, 500, "sweep", sweep),))
    return story_._replace(programs=(taker, *story_.programs))


def crowded(seed: int) -> Story:
    """Full batches that need many steps each, and a store that fails in the middle of them."""
    rates = Rates(refused=80, lost=60)
    weather = {"writes_max": SMALL_STEP, "markets": (KTA,), "latency_ms": 5, "feed_pause_ms": 3_000}
    return story(seed, 20, {"sweep": 6}, rates=rates, **weather)


def leaving(seed: int) -> Story:
    """Users with many small orders cancel them all, in steps that hold a few."""
    weather = {"writes_max": SMALL_STEP, "markets": (KTA,), "open_orders_max": 500, "latency_ms": 20}
    return story(seed, 10, {"ladder": 20, "cancel_all": 20, "switch": 5}, **weather)


def tampered(seed: int) -> Story:
    """A calm day, on which somebody changes a stored order."""
    story_ = story(seed, rates=CALM)
    steps = [Step(9_500 + n, 4_000 * n, "tamper", {"which": n}) for n in range(1, 8)]
    programs = [program for program in story_.programs if program.user]
    return story_._replace(programs=(*programs, Program("somebody", "", tuple(steps))))


def _weather(chance: Chance) -> Weather:
    def pick(what: str, *choices: Any) -> Any:
        return chance.pick(choices, what)

    return Weather(
        rates=pick("rates", *RATES),
        latency_ms=pick("latency", 5, 20, 200),
        index_lag_ms=pick("lag", 50, 3_000, 60_000),
        page_bytes_max=pick("page", 1_500, 20_000, 1024 * 1024),
        writes_max=pick("writes", SMALL_STEP, SMALL_STEP, 27, 100),
        tail_min=pick("tail", 2, 5, 200),
        fold_every_s=pick("fold", 2, 2, 60),
        count_every_s=pick("count", 20, 300),
        look_ms=pick("look", 2_000, 10_000),
        open_orders_max=pick("open orders", 500, 500, 500, 2),
        matchers=pick("matchers", 2, 3),
        apis=pick("apis", 2, 3),
        feeds=pick("feeds", 1, 2, 3),
        feed_pause_ms=pick("feed pause", 0, 0, 1_500),
        skews_ms=pick("skews", (0,), (0, 0, -2_000, 1_500), (0, -700, 900)),
        markets=pick("markets", (KTA,), (KTA,), (KTA,), (KTA, USDX)),
    )


def _times(chance: Chance, name: str, count: int) -> Iterator[int]:
    """Mostly busy, on some days very; sometimes minutes apart; and on some days a night in the middle."""
    at_ms, most_ms = chance.below(2_000, name, "begins"), chance.pick((30, 300, 300), "tempo")
    night = chance.pick((*NIGHTS_MS, *[0] * 7), "night")
    for number in range(count):
        draw = chance.below(100, name, "thinks", number)
        if draw < 60:
            at_ms += chance.below(most_ms, name, "a moment", number)
        elif draw < 96:
            at_ms += chance.below(20_000, name, "seconds", number)
        else:
            at_ms += chance.below(7 * MINUTE_MS, name, "minutes", number)
        yield at_ms + (night if number >= count // 2 else 0)


def _weights(theme: Theme, kinds: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(kind, row.weight * theme.get(kind, 1)) for kind, row in kinds.items()]


def _client(chance: Chance, weather: Weather, theme: Theme, name: str, length: int) -> Program:
    steps: list[Step] = []
    placed: list[int] = []
    weights = _weights(theme, trading.KINDS)
    base = _base(name)
    for number, at_ms in enumerate(_times(chance, name, length)):
        kind, label = chance.weighted(weights, name, "kind", number), base + number
        dice = Dice(chance, name, label, weather, tuple(placed))
        arguments: Mapping[str, Any] | None = trading.KINDS[kind].draw(dice)
        if arguments is not None:
            steps.append(Step(label, at_ms, kind, arguments))
            placed += trading.placed(label, arguments)
    return Program(name, name.partition(" ")[0], tuple(steps))


def _operator(chance: Chance, weather: Weather, theme: Theme, name: str, length: int) -> Program:
    steps: list[Step] = []
    weights = _weights(theme, mischief.KINDS)
    base = _base(name)
    for number, at_ms in enumerate(_times(chance, name, chance.below(length, name, "length"))):
        kind, label = chance.weighted(weights, name, "kind", number), base + number
        arguments = mischief.KINDS[kind].draw(Dice(chance, name, label, weather, ()))
        if arguments is not None:
            steps.append(Step(label, at_ms, kind, arguments))
    return Program(name, "", tuple(steps))


_NAMES = [*(f"{user} {hand}" for hand in ("left", "right") for user in USERS), "operator 0", "operator 1"]


def _base(name: str) -> int:
    """Where the labels of a program begin: all labels of a story differ."""
    return 10_000 * (1 + _NAMES.index(name))
