"""What can an operator do? `cex-ops --help` tells; so does docs/ops.md.

Works on the stage that --stage names, or on the exchange that the environment names (see
chalicelib/wiring). What moves coins or balances, or lets coins move again, only says what it would
do; --yes does it. Every action leaves a record (`cex-ops actions`).

Exit codes: 0 done, or all is well; 1 refused, or not all is well; 2 wrong use, or it failed.
"""

import argparse
import sys
import traceback

from botocore.exceptions import NoRegionError

from chalicelib.errors import CexError
from chalicelib.wiring import exchange
from infra.cloud.stages import STAGES
from infra.ops import (
    action,
    adjust,
    answer,
    arrears,
    audit,
    dead_letter,
    keys,
    losses,
    markets,
    money,
    orders,
    rebuild,
    rescan,
    status,
    suspense,
    trace,
    vault,
    withdrawals,
)
from infra.ops.command import Commands
from infra.ops.identity import identity
from infra.ops.stage import enter

GROUPS = (
    status,
    markets,
    orders,
    withdrawals,
    money,
    arrears,
    vault,
    suspense,
    adjust,
    losses,
    keys,
    dead_letter,
    trace,
    audit,
    rebuild,
    rescan,
    action,
)


def main(arguments: list[str] | None = None) -> int:
    """The exit code. `arguments` are those of the process unless they are given."""
    options = _options(arguments)
    try:
        if options.stage:
            enter(STAGES[options.stage], options.prefix)
        house = exchange()
        if hasattr(options, "by"):
            options.by = identity(house.stage, options.by)
        return int(options.run(house, options))
    except CexError as error:
        answer.failed(options, error.code, error.detail)
    except NoRegionError as missing:
        answer.failed(options, "no_exchange", f"the environment names no exchange ({missing})")
    except KeyError as missing:
        if str(missing.args[0]).startswith("CEX_"):
            what = f"the environment names no exchange ({missing}); see --stage"
            answer.failed(options, "no_exchange", what)
        else:
            traceback.print_exc()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the answer has seen enough
    except Exception:
        traceback.print_exc()  # a mistake of ours is no "refused"
    return answer.FAILED


def _options(arguments: list[str] | None) -> argparse.Namespace:
    whole = parser()
    found = whole.parse_args(arguments)
    if found.prefix and not found.stage:
        whole.error("--prefix goes with --stage")
    return found


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="cex-ops", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    text = "a deployed stage; without it the environment says which exchange is meant"
    whole.add_argument("--stage", choices=sorted(STAGES), help=text)
    text = "with --stage: how other tables than its own begin, as while a backup is restored"
    whole.add_argument("--prefix", default="", help=text)
    commands: Commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_commands(commands)
    return whole
