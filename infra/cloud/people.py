"""What may people do in the account? Three policies for whoever runs `cex-ops`, with what commands call.

    looking    what only reads: status, trace, audit, and dry runs
    operating  what acts: modes, pauses, decisions, corrections, dead letters
    owning     what signs with the owner key: rotating and granting keys, refills; beside `operating`

They are attached to nobody: roles of people are the account's own. Left stands a resource in the words
of access.py, or `dead letters` for those of markets and schedules; right the actions.
"""

from chalicelib.market import Market
from infra.cloud import queues, secrets, tables
from infra.cloud.access import service_of
from infra.cloud.intrinsics import Json, Resources, arn, camel
from infra.cloud.stages import Stage

DEAD_LETTERS = "dead letters"
_READ = "BatchGetItem GetItem Query Scan"
_WRITE = "DeleteItem PutItem UpdateItem"

PEOPLE: dict[str, dict[str, str]] = {
    "looking": {
        "table accounts": _READ,
        "table custody": _READ,
        "table lobby": _READ,
        "table markets": "GetItem Query",
        "queues": "GetQueueAttributes GetQueueUrl",
        # Whoever looks at a message takes it, and gives it back.
        DEAD_LETTERS: "ChangeMessageVisibility GetQueueAttributes GetQueueUrl ReceiveMessage",
    },
    "operating": {
        "table accounts": _WRITE,
        "table custody": _WRITE,
        "table lobby": _WRITE,
        "table markets": _WRITE,
        "queues": "SendMessage",
        DEAD_LETTERS: "DeleteMessage",
    },
    "owning": {"secret owner": "GetSecretValue"},
}


def policies(stage: Stage, markets: list[Market]) -> Resources:
    return {camel(name, "policy"): _policy(stage, name, markets) for name in PEOPLE}


def _policy(stage: Stage, name: str, markets: list[Market]) -> Json:
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"{_service(resource)}:{action}" for action in sorted(actions.split())],
            "Resource": _arns(resource, markets),
        }
        for resource, actions in PEOPLE[name].items()
    ]
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": f"{name} with cex-ops at {stage.name} (docs/ops.md)",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    }


def _service(resource: str) -> str:
    return "sqs" if resource == DEAD_LETTERS else service_of(resource)


def _arns(resource: str, markets: list[Market]) -> Json:
    kind, _, name = resource.partition(" ")
    if resource == DEAD_LETTERS:
        return [*(arn(queues.dead_letters_id(each)) for each in markets), arn(queues.SCHEDULE_DEAD_LETTERS)]
    if kind == "queues":
        return [arn(queues.queue_id(each)) for each in markets]
    if kind == "secret":
        return {"Fn::GetAtt": [secrets.secret_id(name), "Id"]}  # its ARN
    return arn(tables.table_id(name))
