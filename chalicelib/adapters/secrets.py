"""Where do secrets come from?

`file:<path>` reads a JSON file of the developer's own; `secret:<name>` reads AWS Secrets
Manager. Either holds {"jwt": {"current": <key id>, "keys": {<key id>: <secret>}}}.
"""

import json
import os
import stat
from contextlib import suppress

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.auth.token import TokenKeys
from chalicelib.errors import Unavailable

SECRET_LENGTH_MIN = 32
# A key that was taken away is believed no longer than this by a warm process.
KEEP_MS = 5 * 60_000
# For a key that is not known they are read sooner; a forged token must not cost a read each.
REFRESH_MS = 60_000


class TokenKeySource:
    """Keeps the keys for a while. While new ones can not be read, the last ones stay good."""

    def __init__(self, source: str, domain: str) -> None:
        self._source = source
        self._domain = domain
        self._keys: TokenKeys | None = None
        self._read_ms = 0
        self._refreshed_ms = 0

    def current(self, now_ms: int) -> TokenKeys:
        """Raises Unavailable only when there never were any."""
        if self._keys is None:
            self._read(now_ms)
        elif now_ms - self._read_ms > KEEP_MS:
            with suppress(Unavailable):
                self._read(now_ms)
        assert self._keys is not None
        return self._keys

    def refreshed(self, now_ms: int) -> TokenKeys:
        """Read anew, unless that was done within REFRESH_MS. Raises Unavailable."""
        if now_ms - self._refreshed_ms > REFRESH_MS:
            self._refreshed_ms = now_ms
            self._read(now_ms)
        return self.current(now_ms)

    def _read(self, now_ms: int) -> None:
        self._read_ms = now_ms
        self._keys = token_keys(self._source, self._domain)


def token_keys(source: str, domain: str) -> TokenKeys:
    """Raises Unavailable when the secrets are not there, not private, or too short."""
    try:
        jwt = json.loads(read_secret(source))["jwt"]
        keys = TokenKeys(issuer=domain, current=jwt["current"], secrets=jwt["keys"])
        shortest = min(map(len, keys.secrets.values()))
    except (OSError, BotoCoreError, ClientError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"the token secrets can not be read: {type(error).__name__}") from None
    if shortest < SECRET_LENGTH_MIN or keys.current not in keys.secrets:
        raise Unavailable("the token secrets are too short, or the current one is missing")
    return keys


def read_secret(source: str) -> str:
    kind, _, name = source.partition(":")
    if kind == "secret":
        client = boto3.session.Session().client("secretsmanager")
        return str(client.get_secret_value(SecretId=name)["SecretString"])
    if stat.S_IMODE(os.stat(name).st_mode) & 0o077:
        raise Unavailable(f"{name} can be read by others; make it private (chmod 600)")
    with open(name, encoding="utf-8") as file:
        return file.read()
