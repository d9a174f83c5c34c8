"""All benchmarks, one after the other: `make bench`, or `python -m bench NAME...`."""

import runpy
import sys

NAMES = ("engine", "costs", "step", "keeta")

if __name__ == "__main__":
    names = sys.argv[1:] or NAMES
    for name in names:
        sys.argv = [f"bench.{name}"]
        runpy.run_module(f"bench.{name}", run_name="__main__")
        print()
