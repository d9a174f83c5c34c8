"""What is built and deployed from here? `python -m infra.cloud --help` tells."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from chalicelib.adapters.custody_keys import signer
from infra.cloud import bundle, lambdas, lock, secrets
from infra.cloud.access import AccessNotSaid
from infra.cloud.functions import UnknownHandler
from infra.cloud.runtime import NoInterpreter
from infra.cloud.stages import STAGES, Stage, stage_named
from infra.cloud.template import TooManyMarkets, template

TEMPLATE = "template.json"


def package(stage: Stage, out: Path) -> None:
    """Write the template and the zip into the directory."""
    made = template(stage)
    out.mkdir(parents=True, exist_ok=True)
    (out / TEMPLATE).write_text(json.dumps(made, indent=2) + "\n")
    digest = bundle.build_zip(out / lambdas.ZIP)
    size = (out / lambdas.ZIP).stat().st_size / 1e6
    print(f"{out / TEMPLATE}: {len(made['Resources'])} resources")
    print(f"{out / lambdas.ZIP}: {size:.1f} MB, sha256 {digest}")


def deploy_command(stage: Stage, out: Path, domain: str, more: Sequence[str] = ()) -> list[str]:
    """One command of AWS's SAM CLI: upload the zip, then create or change the stack.

    more: other parameters of the template, as Name=value.
    """
    return [
        *("sam", "deploy", "--template-file", os.path.relpath(out / TEMPLATE), "--stack-name", stage.prefix),
        *("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"),
        *("--tags", *(f"{key}={value}" for key, value in stage.tags.items())),
        *("--parameter-overrides", f"Domain={domain}", *more),
    ]


def deploy(stage: Stage, out: Path, domain: str, more: Sequence[str]) -> int:
    """Show the command and run it; then give secrets that are empty a first value."""
    command = deploy_command(stage, out, domain, more)
    print(shlex.join(command), flush=True)
    if not shutil.which("sam"):
        print("The SAM CLI is not installed; run this where it is.", file=sys.stderr)
        return 2
    code = subprocess.run(command, check=False).returncode
    return code or fill_secrets(stage)


def fill_secrets(stage: Stage) -> int:
    filled = secrets.fill(stage, boto3.session.Session().client("secretsmanager"))
    for name in filled:
        account = "" if name.endswith("/tokens") else f": {signer(f'secret:{name}').account.address}"
        print(f"{name} has its first value{account}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.action == "lock":
        lock.write_lock()
        return 0
    stage = stage_named(given.stage)
    # Before `app.py` is read: which functions there are depends on the stage.
    os.environ.update(CEX_STAGE=stage.name, CEX_PREFIX=stage.prefix)
    out = bundle.BUILD / stage.name
    if given.action == "secrets":
        return fill_secrets(stage)
    try:
        package(stage, out)
    except (AccessNotSaid, lock.PipFailed, NoInterpreter, TooManyMarkets, UnknownHandler) as error:
        print(error, file=sys.stderr)
        return 1
    return deploy(stage, out, given.domain, given.parameter) if given.action == "deploy" else 0


def _domain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+", text):
        raise argparse.ArgumentTypeError(f"no domain: {text!r}")
    return text


def _parameter(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]+=[A-Za-z0-9_:.-]*", text):
        raise argparse.ArgumentTypeError(f"no parameter: {text!r}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.cloud", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action, text in (
        ("package", "build the template and the zip"),
        ("deploy", "build them, and deploy with the SAM CLI"),
        ("secrets", "put first values into secrets that are empty"),
    ):
        command = actions.add_parser(action, help=text)
        command.add_argument("stage", choices=sorted(STAGES))
        if action == "deploy":
            command.add_argument(
                "--domain", required=True, type=_domain, help="for whom a login statement and a token are"
            )
            command.add_argument(
                "parameter", nargs="*", type=_parameter, help="others of the template, as Name=value"
            )
    actions.add_parser("lock", help="write down anew which wheels travel")
    return parser


if __name__ == "__main__":
    sys.exit(main())
