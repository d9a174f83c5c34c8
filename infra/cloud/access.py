"""What may each function do? All of it, and nothing else, is granted to its role.

Left stands a resource, right the actions that the function's own code calls:

    table <name>            of the schema, and `index <table>/<index>`
    queue                   the one that a matcher works off
    queues                  those of every market
    secret <name>           see secrets.py

A transaction asks for the actions of its parts. What Lambda itself does for a function (take
from its queue, write its log) is told in roles.py. A test holds this against the calls that the
handlers really make, both ways.
"""

from typing import NamedTuple

from infra.cloud.functions import Function

# Both pay what waits; the fees that the house has earned stand in the journals.
_SETTLING = {
    "table accounts": "BatchGetItem GetItem PutItem UpdateItem",
    "table custody": "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem",
    "table lobby": "BatchGetItem DeleteItem PutItem Query UpdateItem",
    "table markets": "GetItem Query",
    "secret operator": "GetSecretValue",
}

ACCESS: dict[str, dict[str, str]] = {
    "api": {
        "table accounts": "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem",
        "index accounts/by_user": "Query",
        "table custody": "BatchGetItem GetItem",
        "table lobby": "BatchGetItem DeleteItem PutItem Query UpdateItem",
        "table markets": "GetItem Query",
        "table auth": "DeleteItem GetItem PutItem Query UpdateItem",
        "queues": "GetQueueUrl SendMessage",
        "secret tokens": "GetSecretValue",
    },
    "matcher": {
        "table accounts": "GetItem PutItem UpdateItem",
        "table markets": "GetItem PutItem Query",
        "queue": "ChangeMessageVisibility GetQueueUrl",
    },
    "sweeper": {
        "table accounts": "BatchGetItem",
        "index accounts/by_minute": "Query",
        "table markets": "DeleteItem GetItem PutItem Query",
        "queues": "GetQueueUrl SendMessage",
    },
    "clock": {
        "table markets": "GetItem Query",
        "queues": "GetQueueUrl SendMessage",
    },
    "volumes": {
        "table accounts": "GetItem PutItem",
        "table markets": "GetItem PutItem Query",
    },
    "snapshots": {
        "table markets": "DeleteItem GetItem PutItem Query",
    },
    "pool": {
        "table custody": "BatchGetItem GetItem PutItem UpdateItem",
        "table lobby": "PutItem Query",
        "secret owner": "GetSecretValue",
    },
    "deposits_follower": {
        "table accounts": "GetItem PutItem UpdateItem",
        "table custody": "BatchGetItem GetItem PutItem UpdateItem",
        "table lobby": "BatchGetItem GetItem UpdateItem",
    },
    "payouts": _SETTLING,
    "settlement": _SETTLING,
    "reconciliation": {
        "table accounts": "BatchGetItem GetItem PutItem UpdateItem",
        "table custody": "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem",
        "table lobby": "BatchGetItem GetItem Query UpdateItem",
    },
}

_SERVICES = {
    "table": "dynamodb",
    "index": "dynamodb",
    "queue": "sqs",
    "queues": "sqs",
    "secret": "secretsmanager",
}


class AccessNotSaid(Exception):
    """A function of `app.py` is missing here."""


class Grant(NamedTuple):
    """`action` in IAM's words, such as sqs:SendMessage; `resource` in the words of this file."""

    action: str
    resource: str


def grants(function: Function) -> set[Grant]:
    """Raises AccessNotSaid."""
    name = function.role_name
    if name not in ACCESS:
        raise AccessNotSaid(f"say in infra/cloud/access.py what {name!r} may do")
    return {
        Grant(f"{service_of(resource)}:{action}", resource)
        for resource, actions in ACCESS[name].items()
        for action in actions.split()
    }


def service_of(resource: str) -> str:
    return _SERVICES[resource.partition(" ")[0]]
