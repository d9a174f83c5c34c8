"""How do the queues stand in the template? One in order for each market, each with its dead letters."""

from chalicelib.flows import schema
from chalicelib.market import Market
from infra import resources
from infra.cloud.intrinsics import Json, Resources, arn, camel, ref
from infra.cloud.stages import Stage

SCHEDULE_DEAD_LETTERS = "ScheduleDeadLetters"


def queues(stage: Stage, markets: list[Market]) -> Resources:
    return {id_: queue for market in markets for id_, queue in _of_market(stage, market).items()}


def queue_id(market: Market) -> str:
    return camel(market.slug, "queue")


def dead_letters_id(market: Market) -> str:
    return camel(market.slug, "dead", "letters")


def schedule_dead_letters(stage: Stage, rule_ids: list[str]) -> Resources:
    """Where a schedule's event goes that could not be delivered, or whose run failed.

    EventBridge needs a queue without order, and leave to write to it; Lambda uses the role of
    the function that failed.
    """
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn(SCHEDULE_DEAD_LETTERS),
        "Condition": {"ArnEquals": {"aws:SourceArn": [arn(rule) for rule in rule_ids]}},
    }
    queue = {
        "QueueName": schema.schedule_dead_letter_queue_name(stage.prefix),
        "MessageRetentionPeriod": resources.RETENTION_SECONDS,
    }
    return {
        SCHEDULE_DEAD_LETTERS: _queue(queue),
        f"{SCHEDULE_DEAD_LETTERS}Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [ref(SCHEDULE_DEAD_LETTERS)],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [policy]},
            },
        },
    }


def _of_market(stage: Stage, market: Market) -> Resources:
    dead = dead_letters_id(market)
    return {
        dead: _queue(
            {
                "QueueName": schema.dead_letter_queue_name(stage.prefix, market),
                **resources.DEAD_LETTER_QUEUE,
            }
        ),
        queue_id(market): _queue(
            {
                "QueueName": schema.queue_name(stage.prefix, market),
                **resources.QUEUE,
                "RedrivePolicy": resources.redrive_policy(arn(dead)),
            }
        ),
    }


def _queue(properties: Json) -> Json:
    """Orders may lie in it, so it outlives the stack."""
    return {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {**properties, "SqsManagedSseEnabled": True},
    }
