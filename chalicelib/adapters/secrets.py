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
