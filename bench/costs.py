"""What do a resting order, a cancel and a fill cost, and does it depend on the book's depth?

    python -m bench.costs [--deep N]

Counts are exact and the same each time: AWS calls, items written, and write units as the
store counts them by AWS's rules (sizes rounded up to 1 KB, doubled in a transaction, and
one more for each index). The aims: a resting order at most 7 units at ten a batch and 8
alone, a fill at most 14 more, one call of the matcher for ten resting orders, and nothing
that grows with the book.
"""

import argparse
from collections.abc import Callable

from bench.world import Count, World, user, world
from chalicelib.ids import OrderId

USERS = [user(number) for number in range(40)]
SAMPLES = 20
# The resting book lies far below and above the prices at which things are measured.
LOW, HIGH, MIDDLE = 1_000, 20_000, 10_000

Row = tuple[str, Count, Count, int]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--deep", type=int, default=10_000)
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0])
    for depth in (10, options.deep):
        with world() as house:
            house.fund(USERS)
            fill_book(house, depth)
            table(depth, measure(house))


def fill_book(house: World, depth: int) -> None:
    for number in range(depth):
        side = "buy" if number % 2 else "sell"
        price = LOW + number % 500 if side == "buy" else HIGH + number % 500
        house.place(USERS[number % len(USERS)], side, price)
        if number % 500 == 499:
            house.match(batch=10)
    house.match(batch=10)
    house.meter.take()


def measure(house: World) -> list[Row]:
    return [
        sample(house, "order that rests, alone", rest, batch=1),
        sample(house, "order that rests, ten a batch", rest, batch=10),
        sample(house, "cancel, alone", cancel, batch=1),
        sample(house, "cancel, ten a batch", cancel, batch=10),
        sample(house, "order that fills one maker, alone", fill_one, batch=1),
        sample(house, "order that fills one maker, ten a batch", fill_one, batch=10),
        sample(house, "order that fills ten makers", fill_ten, batch=1, samples=2),
    ]


def sample(
    house: World, name: str, prepare: Callable[[World, int], None], batch: int, samples: int = SAMPLES
) -> Row:
    """Calls, items and units of `samples` orders: of their intake, and of the matcher."""
    prepare(house, samples)
    intake = house.meter.take()
    house.match(batch)
    matcher = house.meter.take()
    settle(house)
    return name, intake, matcher, samples


def rest(house: World, samples: int) -> None:
    for number in range(samples):
        house.place(USERS[number], "buy", MIDDLE - 1)


def cancel(house: World, samples: int) -> None:
    placed = [(owner, house.place(owner, "buy", MIDDLE - 1)) for owner in USERS[:samples]]
    house.match(batch=10)
    house.meter.take()
    for owner, order_id in placed:
        house.cancel(owner, order_id)


def fill_one(house: World, samples: int) -> None:
    makers(house, samples)
    for number in range(samples):
        house.place(USERS[20 + number], "buy", MIDDLE)


def fill_ten(house: World, samples: int) -> None:
    makers(house, 10 * samples)
    for number in range(samples):
        house.place(USERS[20 + number], "buy", MIDDLE, 10_000)


def makers(house: World, count: int) -> None:
    for number in range(count):
        house.place(USERS[number % 20], "sell", MIDDLE)
    house.match(batch=10)
    house.meter.take()


def settle(house: World) -> None:
    """Clear the middle of the book again."""
    for owner in USERS:
        for key in house.orders.of_user(owner, None, 100).keys:
            record = house.orders.get(owner, OrderId(key.order_id))
            if record and record.is_open and MIDDLE - 10 <= record.price <= MIDDLE + 10:
                house.cancel(owner, record.id)
    house.match(batch=10)
    house.meter.take()


def table(depth: int, rows: list[Row]) -> None:
    print(f"\n{depth:,} resting orders; per order")
    print(f"{'':42}{'intake':>24}{'matcher':>24}{'both':>8}")
    print(f"{'':42}" + f"{'calls':>8}{'items':>8}{'units':>8}" * 2 + f"{'units':>8}")
    for name, intake, matcher, samples in rows:
        cells = [
            each / samples
            for count in (intake, matcher)
            for each in (count.calls, count.items, count.write_units)
        ]
        both = (intake.write_units + matcher.write_units) / samples
        print(f"{name:42}" + "".join(f"{cell:8.2f}" for cell in [*cells, both]))


if __name__ == "__main__":
    main()
