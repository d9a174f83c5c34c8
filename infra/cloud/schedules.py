"""When do the scheduled functions run, and what becomes of a run that fails?"""

from infra.cloud.functions import Function
from infra.cloud.intrinsics import Json, Resources, arn, camel, ref
from infra.cloud.queues import SCHEDULE_DEAD_LETTERS
from infra.cloud.stages import Stage

# A schedule comes again by itself and does what was left over: one more try, soon, and no backlog.
TRIES = {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 1}


def schedules(stage: Stage, functions: list[Function]) -> Resources:
    made: Resources = {}
    for each in functions:
        made[rule_id(each)] = _rule(stage, each)
        made[camel(each.name, "schedule", "permission")] = _permission(each)
    return made


def rule_id(function: Function) -> str:
    return camel(function.name, "schedule")


def failed_runs() -> Json:
    """The rule's own retries end when Lambda has taken the event; these begin there."""
    return {
        **TRIES,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": arn(SCHEDULE_DEAD_LETTERS)}},
    }


def _rule(stage: Stage, function: Function) -> Json:
    target = {
        "Id": function.name,
        "Arn": arn(function.id),
        "RetryPolicy": TRIES,
        "DeadLetterConfig": {"Arn": arn(SCHEDULE_DEAD_LETTERS)},
    }
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": function.full_name(stage),
            "ScheduleExpression": function.every,
            "State": "ENABLED",
            "Targets": [target],
        },
    }


def _permission(function: Function) -> Json:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": ref(function.id),
            "Principal": "events.amazonaws.com",
            "SourceArn": arn(rule_id(function)),
        },
    }
