"""All benchmarks, one after the other, then the plots: `make bench`, or `python -m bench NAME...`."""

import argparse
import runpy
import sys

NAMES = ("engine", "rivals", "costs", "ceilings", "cold", "step", "keeta", "plots")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(NAMES))
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in names:
        sys.argv = [f"bench.{name}"]
        runpy.run_module(f"bench.{name}", run_name="__main__")
        print(flush=True)
