"""How do the functions stand in the template?"""

from infra.cloud import bundle, logs, roles, schedules
from infra.cloud.functions import Function, Kind
from infra.cloud.intrinsics import Json, Resources, arn, ref
from infra.cloud.queues import queue_id
from infra.cloud.runtime import ARCHITECTURE, LAMBDA
from infra.cloud.secrets import full_name
from infra.cloud.stages import Stage
from infra.resources import API_SECONDS, MATCHER_SECONDS, SCHEDULED_SECONDS

# What `sam` or `aws cloudformation package` uploads, beside the template.
ZIP = "keeta-cex.zip"

_SECONDS = {Kind.API: API_SECONDS, Kind.QUEUE: MATCHER_SECONDS, Kind.SCHEDULE: SCHEDULED_SECONDS}
# Lambda gives a whole processor at 1,769 MB; a matcher is one thread and a market is no faster than it.
_MEGABYTES = {Kind.API: 1024, Kind.QUEUE: 1769, Kind.SCHEDULE: 1024}
BATCH_MAX = 10
# Lambda lets a function run ten times a second for each unit of its concurrency. One message group gives
# one run at a time, and a step takes ten ms or more: no matcher gets to more than a hundred runs a second.
MATCHER_CONCURRENCY = 10


def shared(stage: Stage) -> Json:
    """What all functions have in common."""
    return {
        "Function": {
            "CodeUri": ZIP,
            "Runtime": LAMBDA,
            "Architectures": [ARCHITECTURE],
            "Tracing": "Active" if stage.tracing else "PassThrough",
            "Environment": {"Variables": environment(stage)},
        }
    }


def environment(stage: Stage) -> dict[str, Json]:
    """What `chalicelib/wiring` reads."""
    return {
        "CEX_STAGE": stage.name,
        "CEX_PREFIX": stage.prefix,
        "CEX_DOMAIN": ref("Domain"),
        "CEX_NETWORK": stage.network,
        "CEX_SECRETS": f"secret:{full_name(stage, 'tokens')}",
        "CEX_ORDERS_PER_WINDOW": ref("OrdersPerWindow"),
        "CEX_KEETA_DESCRIPTION": bundle.description(stage.network),
        # Every function is told where the keys lie; those of access.py can read them.
        "CEX_OWNER_KEY": f"secret:{full_name(stage, 'owner')}",
        "CEX_OPERATOR_KEY": f"secret:{full_name(stage, 'operator')}",
        "CEX_OPERATOR": ref("Operator"),
        "CEX_FREE_ADDRESSES": ref("FreeAddresses"),
        "CEX_ADDRESSES_PER_DAY": ref("AddressesPerDay"),
        "CEX_ADDRESSES_PER_SOURCE": ref("AddressesPerSource"),
        "CEX_VOTE_FEE_MAX": ref("VoteFeeMax"),
    }


def lambdas(stage: Stage, functions: list[Function]) -> Resources:
    return {each.id: _function(stage, each) for each in functions}


def _function(stage: Stage, function: Function) -> Json:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": function.full_name(stage),
            "Handler": function.handler,
            "Timeout": _SECONDS[function.kind],
            "MemorySize": _MEGABYTES[function.kind],
            "Role": arn(roles.role_id(function)),
            "LoggingConfig": {"LogGroup": ref(logs.group_id(function))},
            **_started(function),
        },
    }


def _started(function: Function) -> Json:
    """What is particular to the way in which it is started."""
    if function.market:
        return {
            # Not 1, which would be ten runs a second: docs/decisions/19-ten-reserved-one-runs.md
            "ReservedConcurrentExecutions": MATCHER_CONCURRENCY,
            "Events": {"Queue": {"Type": "SQS", "Properties": _mapping(arn(queue_id(function.market)))}},
        }
    if function.kind is Kind.SCHEDULE:
        return {"EventInvokeConfig": schedules.failed_runs()}
    return {}


def _mapping(queue: Json) -> Json:
    return {
        "Queue": queue,
        "BatchSize": BATCH_MAX,
        # Without this Lambda deletes what a matcher reports as not done.
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
