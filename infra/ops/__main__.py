"""`python -m infra.ops`: the same as the installed name `cex-ops`."""

import sys

from infra.ops import main

if __name__ == "__main__":
    sys.exit(main())
