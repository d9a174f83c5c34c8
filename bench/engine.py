"""How many commands a second does the engine do, with all its events?

    python -m bench.engine [--commands N] [--rounds N] [--seed N]

Nothing but the engine is timed: no store, no queue, no ledger. The command lists are
seeded and made beforehand. Seconds are seconds of this process on a CPU; each row is the
median of its rounds. "in steps" is the same run with a mark before every ten commands, so that
they can be taken back, and the book's digest after them, as the matcher works.
"""

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from statistics import median

from bench import report
from bench.ours import Ours
from bench.workloads import WORKLOADS, Cancel, Command, Stream, Workload, stream
from chalicelib.adapters.system import calm_the_collector

HEADS = ("workload", "orders", "cancels", "fills", "resting", "commands/s", "in steps")
Runner = Callable[[Ours, Sequence[Command]], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0] + "\n")
    report.table(HEADS, (row(workload, options) for workload in WORKLOADS))


def row(workload: Workload, options: argparse.Namespace) -> list[str]:
    commands = stream(workload, options.seed, options.commands)
    (plain, engine), (undo, _) = (
        median_of(options.rounds, commands, runner) for runner in (Ours.run, Ours.run_marked)
    )
    cancels = sum(isinstance(command, Cancel) for command in commands.commands)
    counts = (options.commands - cancels, cancels, len(engine.fills()), engine.resting)
    rates = (options.commands / plain, options.commands / undo)
    return [workload.name, *(f"{number:,.0f}" for number in (*counts, *rates))]


def median_of(rounds: int, commands: Stream, runner: Runner) -> tuple[float, Ours]:
    runs = [timed(commands, runner) for _ in range(rounds)]
    return median(seconds for seconds, _ in runs), runs[-1][1]


def timed(commands: Stream, runner: Runner) -> tuple[float, Ours]:
    """CPU seconds for the commands in a book that has had those before; and the engine after it."""
    engine = Ours()
    engine.run(commands.before)
    engine.forget()
    assert engine.book.checksum >= 0  # counts what rests by now, before the clock starts
    # As the exchange runs. The prepared commands are the bench's own anyway.
    calm_the_collector()
    start = time.process_time()
    runner(engine, commands.commands)
    seconds = time.process_time() - start
    gc.unfreeze()
    return seconds, engine


if __name__ == "__main__":
    main()
