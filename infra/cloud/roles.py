"""How does what a function may do become its role?

Beside the grants of access.py there is what Lambda does in the function's name: it takes
messages, hands failed runs to the dead letters, writes logs and traces.
"""

from collections.abc import Iterable
from itertools import groupby

from chalicelib.market import Market
from infra.cloud import access, logs, queues, secrets, tables
from infra.cloud.access import Grant
from infra.cloud.functions import Function, Kind
from infra.cloud.intrinsics import Json, Resources, arn, camel, sub
from infra.cloud.stages import Stage

# Actions for which AWS knows no resource: https://docs.aws.amazon.com/service-authorization
# "Actions, resources, and condition keys for AWS X-Ray".
WILDCARDS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")

_TAKE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")


def roles(stage: Stage, functions: list[Function], markets: list[Market]) -> Resources:
    return {role_id(each): _role(stage, each, markets) for each in functions}


def role_id(function: Function) -> str:
    return camel(function.name, "role")


def _role(stage: Stage, function: Function, markets: list[Market]) -> Json:
    statements = [*_own(function, markets), *_of_lambda(stage, function)]
    policy = {"Version": "2012-10-17", "Statement": statements}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
            "Policies": [{"PolicyName": "what-it-does", "PolicyDocument": policy}],
        },
    }


def trust(service: str) -> Json:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _own(function: Function, markets: list[Market]) -> list[Json]:
    """One statement for each resource of access.py."""

    def resource_of(grant: Grant) -> str:
        return grant.resource

    granted = sorted(access.grants(function), key=lambda grant: (grant.resource, grant.action))
    return [
        _allow((grant.action for grant in found), _arns(resource, function, markets))
        for resource, found in groupby(granted, key=resource_of)
    ]


def _of_lambda(stage: Stage, function: Function) -> list[Json]:
    allowed = [_allow(("logs:CreateLogStream", "logs:PutLogEvents"), arn(logs.group_id(function)))]
    if function.market:
        allowed.append(_allow(_TAKE, arn(queues.queue_id(function.market))))
    if function.kind is Kind.SCHEDULE:
        allowed.append(_allow(["sqs:SendMessage"], arn(queues.SCHEDULE_DEAD_LETTERS)))
    if stage.tracing:
        allowed.append(_allow(WILDCARDS, "*"))
    return allowed


def _allow(actions: Iterable[str], resource: Json) -> Json:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _arns(resource: str, function: Function, markets: list[Market]) -> Json:
    kind, _, name = resource.partition(" ")
    if kind == "table":
        return arn(tables.table_id(name))
    if kind == "index":
        table, _, index = name.partition("/")
        return sub(f"${{{tables.table_id(table)}.Arn}}/index/{index}")
    if kind == "secret":
        return {"Fn::GetAtt": [secrets.secret_id(name), "Id"]}  # its ARN
    if kind == "queue":
        assert function.market, f"{function.name} has no queue of its own"
        return arn(queues.queue_id(function.market))
    return [arn(queues.queue_id(market)) for market in markets]
