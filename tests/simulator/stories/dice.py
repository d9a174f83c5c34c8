"""What is left to chance in one step of a story? Named throws, so that no other step changes them."""

from typing import Any, NamedTuple

from chalicelib.ids import MarketId
from tests.simulator.machine.chance import Chance

from .story import Weather

# Ticks and lots around which everything lies.
PRICE = 10_000
LOTS = 200


class Dice(NamedTuple):
    """Chance for one step. `earlier` are the labels of orders that this user placed before."""

    chance: Chance
    program: str
    label: int
    weather: Weather
    earlier: tuple[int, ...]

    def pick(self, choices: Any, what: str) -> Any:
        return self.chance.pick(choices, self.program, self.label, what)

    def market(self) -> MarketId:
        markets = self.weather.markets
        return markets[0] if self.pick((True, True, False), "first market") else self.pick(markets, "market")
