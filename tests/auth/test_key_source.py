"""Does a warm process follow a rotation of the token secrets, and survive a bad one?"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters import secrets
from chalicelib.adapters.secrets import REFRESH_MS, TokenKeySource
from chalicelib.errors import Unavailable

NOW_MS = 1_769_860_800_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.json"
    file.touch(mode=0o600)
    write(file, "a", ["a"])
    return file


def write(file: Path, current: str, key_ids: list[str]) -> None:
    file.write_text(json.dumps({"jwt": {"current": current, "keys": {each: each * 64 for each in key_ids}}}))


def source(file: Path) -> TokenKeySource:
    return TokenKeySource(f"file:{file}", "exchange.example")


def test_a_new_key_is_known_when_somebody_shows_a_token_of_it(file: Path) -> None:
    keys = source(file)
    assert keys.current(NOW_MS).current == "a"
    write(file, "b", ["a", "b"])
    assert set(keys.refreshed(NOW_MS).secrets) == {"a", "b"}
    assert keys.current(NOW_MS).current == "b"


def test_forged_tokens_do_not_cost_a_read_each(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read = secrets.read_secret

    def counted(source: str) -> Any:
        reads.append(source)
        return read(source)

    monkeypatch.setattr(secrets, "read_secret", counted)
    keys = source(file)
    for later_ms in range(0, REFRESH_MS, 1_000):
        keys.refreshed(NOW_MS + later_ms)
    assert len(reads) == 1
    keys.refreshed(NOW_MS + REFRESH_MS + 1)
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("current", "keys"),
    [("a", {"a": "short"}), ("z", {"a": "a" * 64}), ("a", {"a": "a" * 64, "b": "b" * 31})],
)
def test_secrets_that_are_too_short_or_not_there_are_refused(
    file: Path, current: str, keys: dict[str, str]
) -> None:
    file.write_text(json.dumps({"jwt": {"current": current, "keys": keys}}))
    with pytest.raises(Unavailable):
        source(file).current(NOW_MS)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(Unavailable, match="chmod 600"):
        source(file).current(NOW_MS)


def test_a_refresh_that_fails_keeps_the_keys_that_are_known(file: Path) -> None:
    keys = source(file)
    known = keys.current(NOW_MS)
    file.chmod(0o644)
    with suppress(Unavailable):
        keys.refreshed(NOW_MS)
    assert keys.current(NOW_MS) == known
