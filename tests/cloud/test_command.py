"""Does `python -m infra.cloud` do what docs/deploy.md says?"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.custody_keys import signer
from chalicelib.adapters.secrets import token_keys
from infra.cloud import secrets
from infra.cloud.__main__ import deploy_command
from infra.local.state import ROOT
from tests.cloud.building import PROD

GUIDE = ROOT / "docs" / "deploy.md"

# Stands where the SAM CLI would: it notes what it was called with, and fails.
_SAM = """#!{python}
import json, sys
json.dump(sys.argv[1:], open({note!r}, "w"))
sys.exit(7)
"""


@pytest.fixture
def client() -> Any:
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="us-east-1")


def test_an_empty_secret_gets_a_value_that_the_exchange_can_read_and_keeps_it(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    names = [secrets.full_name(PROD, name) for name in secrets.SECRETS]
    for name in names:
        client.create_secret(Name=name)
    assert secrets.fill(PROD, client) == names
    owner, operator = (signer(f"secret:{PROD.prefix}/{name}").account for name in ("owner", "operator"))
    assert owner != operator
    name = secrets.full_name(PROD, "tokens")
    keys = token_keys(f"secret:{name}", "exchange.example")
    assert keys.current in keys.secrets
    assert secrets.fill(PROD, client) == []
    assert token_keys(f"secret:{name}", "exchange.example") == keys


def test_deploying_is_the_one_command_that_the_guide_shows(zip_file: Path, tmp_path: Path) -> None:
    note = tmp_path / "called.json"
    sam = tmp_path / "sam"
    sam.write_text(_SAM.format(python=sys.executable, note=str(note)))
    sam.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "infra.cloud", "deploy", PROD.name, "--domain", "exchange.example"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 7, "what the SAM CLI says is what we say"
    called = json.loads(note.read_text())
    assert called == deploy_command(PROD, ROOT / "build" / "cloud" / PROD.name, "exchange.example")[1:]
    shown = [line.strip() for line in GUIDE.read_text().replace("\\\n", " ").splitlines()]
    assert ["sam", *called] in [shlex.split(line) for line in shown if line.startswith("sam deploy")]
    out = ROOT / "build" / "cloud" / PROD.name
    uploaded = out / json.loads((out / "template.json").read_text())["Globals"]["Function"]["CodeUri"]
    assert uploaded.read_bytes() == zip_file.read_bytes()
