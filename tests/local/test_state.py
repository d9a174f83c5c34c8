"""What does the state directory keep, and what does it forget?"""

import json
import shutil
import stat

import pytest

from infra.local import state as module
from infra.local.environment import environment
from infra.local.parts import keeta_nodes
from infra.local.ports import FIXED
from infra.local.state import ROOT, State


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A project whose data must lie outside of it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(module, "ROOT", tmp_path / "project")
    return tmp_path / "project" / ".local"


def prepared(root):
    state = State(root)
    assert state.hold()
    state.prepare()
    state.release()
    return state


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path):
    made = prepared(tmp_path).secrets.read_text()
    found = prepared(tmp_path).secrets
    assert found.read_text() == made
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    jwt = json.loads(made)["jwt"]
    assert len(bytes.fromhex(jwt["keys"][jwt["current"]])) == 32


def test_the_data_of_a_checkout_lies_outside_so_that_its_changes_restart_nothing(checkout, tmp_path):
    state = prepared(checkout)
    state.database.write_text("balances")
    assert state.data.resolve().is_relative_to(tmp_path / "home")
    assert prepared(checkout).database.read_text() == "balances"


def test_deleting_the_directory_of_a_checkout_forgets_its_data(checkout):
    prepared(checkout).database.write_text("balances")
    shutil.rmtree(checkout)
    assert not prepared(checkout).database.exists()


def test_a_copied_checkout_has_data_of_its_own(checkout, tmp_path, monkeypatch):
    original = prepared(checkout)
    original.database.write_text("balances")
    shutil.copytree(tmp_path / "project", tmp_path / "copy", symlinks=True)
    monkeypatch.setattr(module, "ROOT", tmp_path / "copy")
    copied = prepared(tmp_path / "copy" / ".local")
    assert not copied.database.exists()
    assert original.database.read_text() == "balances"


def test_without_a_home_the_data_stays_in_the_checkout(checkout, tmp_path, monkeypatch):
    (tmp_path / "home").write_text("a file, and no directory can be made below it")
    state = prepared(checkout)
    state.database.write_text("balances")
    assert not state.data.is_symlink()
    assert prepared(checkout).database.read_text() == "balances"


def test_forgetting_removes_all_of_it(checkout, tmp_path):
    state = prepared(checkout)
    state.database.write_text("balances")
    state.forget()
    assert not checkout.exists()
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


def test_a_directory_that_no_stack_has_used_is_not_forgotten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    State(tmp_path).forget()
    assert (tmp_path / "thesis.txt").exists()


def test_chalice_local_finds_the_same_environment_as_the_stack_gives():
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    secrets = (ROOT / ".local" / "secrets.json").relative_to(ROOT)
    description = (ROOT / ".local" / "data" / "keeta" / "network.json").relative_to(ROOT)
    stores = FIXED.url(FIXED.dynamodb), FIXED.url(FIXED.sqs)
    expected = environment(*stores, secrets, keeta_nodes(FIXED.keeta), description)
    assert config["stages"]["dev"]["environment_variables"] == expected
