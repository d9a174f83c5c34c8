"""Which secrets does a stage have, and who puts the first value there?

CloudFormation makes them empty: what it can generate has not the shape that adapters/secrets
reads, and a value that stands in a template is no secret. `fill` puts a first one, once.
"""

import json
from collections.abc import Callable
from typing import Any

from infra.cloud.intrinsics import Resources, camel
from infra.cloud.stages import Stage
from infra.local.state import new_key, new_secrets

# What each of them holds at first. The owner's key makes our Keeta accounts, the operator's sends for them.
SECRETS: dict[str, Callable[[], dict[str, Any]]] = {
    "tokens": new_secrets,
    "owner": new_key,
    "operator": new_key,
}


def secrets(stage: Stage) -> Resources:
    return {
        secret_id(name): {
            "Type": "AWS::SecretsManager::Secret",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"Name": full_name(stage, name)},
        }
        for name in SECRETS
    }


def secret_id(name: str) -> str:
    return camel(name, "secret")


def full_name(stage: Stage, name: str) -> str:
    return f"{stage.prefix}/{name}"


def fill(stage: Stage, client: Any) -> list[str]:
    """Which secrets got their first value now. One that has a value keeps it."""
    empty = [name for name in SECRETS if _is_empty(client, full_name(stage, name))]
    for name in empty:
        client.put_secret_value(SecretId=full_name(stage, name), SecretString=json.dumps(SECRETS[name]()))
    return [full_name(stage, name) for name in empty]


def _is_empty(client: Any, secret: str) -> bool:
    try:
        return not client.get_secret_value(SecretId=secret).get("SecretString")
    except client.exceptions.ResourceNotFoundException:
        return True
