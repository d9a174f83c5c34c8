"""Where do secrets come from?

`file:<path>` reads a JSON file of the developer's own; `secret:<name>` reads AWS Secrets
Manager. Either holds {"jwt": {"current": <key id>, "keys": {<key id>: <secret>}}}.
"""

import json
import os
import stat
from typing import Any

import boto3

from chalicelib.auth.token import TokenKeys
from chalicelib.errors import Unavailable

SECRET_LENGTH_MIN = 32
REFRESH_MS = 60_000


class TokenKeySource:
    """Keeps the keys for a while, so that a rotated key becomes known to a warm process."""

    def __init__(self, source: str, domain: str) -> None:
        self._source = source
        self._domain = domain
        self._keys: TokenKeys | None = None
        self._read_ms = 0

    def current(self) -> TokenKeys:
        if self._keys is None:
            self._keys = token_keys(self._source, self._domain)
        return self._keys

    def refreshed(self, now_ms: int) -> TokenKeys:
        """Read anew, at most once in REFRESH_MS: a forged token must not cost a read each."""
        if now_ms - self._read_ms > REFRESH_MS:
            self._keys, self._read_ms = None, now_ms
        return self.current()


def token_keys(source: str, domain: str) -> TokenKeys:
    """Raises Unavailable when the secrets are not there, not private, or too short."""
    jwt = _read(source)["jwt"]
    keys = TokenKeys(issuer=domain, current=jwt["current"], secrets=jwt["keys"])
    if min(map(len, keys.secrets.values())) < SECRET_LENGTH_MIN or keys.current not in keys.secrets:
        raise Unavailable("the token secrets are too short, or the current one is missing")
    return keys


def _read(source: str) -> Any:
    kind, _, name = source.partition(":")
    if kind == "secret":
        return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    if stat.S_IMODE(os.stat(name).st_mode) & 0o077:
        raise Unavailable(f"{name} can be read by others; make it private (chmod 600)")
    with open(name, encoding="utf-8") as file:
        return json.load(file)
