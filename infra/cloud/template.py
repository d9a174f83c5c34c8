"""What does a stage consist of? The whole template (AWS SAM), from the code alone."""

from chalicelib import listing
from chalicelib.wiring.treasury import ADDRESSES_PER_DAY, ADDRESSES_PER_SOURCE, FREE_ADDRESSES
from infra.cloud import (
    alarm,
    alarms,
    api,
    dashboards,
    lambdas,
    logs,
    people,
    queues,
    roles,
    schedules,
    secrets,
    tables,
)
from infra.cloud.functions import Function, Kind, registered, routes
from infra.cloud.intrinsics import Json, Resources, camel, merged, ref
from infra.cloud.stages import Stage
from infra.cloud.tags import tagged

# A market is 10 resources, with its dashboard and its alarms, and a stack has at most 500
# (CloudFormation's quota). So we stop before; then the markets go into stacks of their own.
MARKETS_MAX = 35
RESOURCES_MAX = 500


class TooManyMarkets(Exception):
    """They do not fit into one stack."""


def template(stage: Stage) -> Json:
    """Raises TooManyMarkets, UnknownHandler, AccessNotSaid."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": f"Keeta CEX, stage {stage.name}",
        "Parameters": _parameters(),
        "Conditions": alarm.CONDITIONS,
        "Globals": lambdas.shared(stage),
        "Resources": tagged(stage, _resources(stage, registered(stage))),
        "Outputs": _outputs(),
    }


def _outputs() -> Json:
    policies = {
        camel(name, "policy"): {
            "Description": f"For people who run cex-ops: {name}",
            "Value": ref(camel(name, "policy")),
        }
        for name in people.PEOPLE
    }
    return {"Url": {"Description": "Where the API is served", "Value": api.url()}, **policies}


def _parameters() -> Json:
    return {
        "Domain": {
            "Type": "String",
            "Description": "For whom a login statement and a token are, such as exchange.example",
            "AllowedPattern": "^[a-z0-9.-]+$",
        },
        "OrdersPerWindow": {
            "Type": "Number",
            "Description": "Orders that one user may send in ten seconds",
            "Default": 1000,
        },
        "Operator": {
            "Type": "String",
            "Description": "Keeta address of the operator's key; empty until that key has been made",
            "AllowedPattern": "^(keeta_[a-z2-7]+)?$",
            "Default": "",
        },
        "FreeAddresses": {
            "Type": "Number",
            "Description": "Deposit addresses that wait for users",
            "Default": FREE_ADDRESSES,
        },
        "AddressesPerDay": {
            "Type": "Number",
            "Description": "The most deposit addresses that are made in a day",
            "Default": ADDRESSES_PER_DAY,
        },
        "AddressesPerSource": {
            "Type": "Number",
            "Description": "The most of them that users of one IP address get in a day",
            "Default": ADDRESSES_PER_SOURCE,
        },
        "VoteFeeMax": {
            "Type": "Number",
            "Description": "The most that one vote on Keeta may cost, in units of KTA",
            "Default": 0,
        },
        alarm.TOPIC: {
            "Type": "String",
            "Description": "ARN of the SNS topic that alarms go to; empty for none",
            "AllowedPattern": "^(arn:[a-z0-9-]+:sns:[A-Za-z0-9:_.-]+)?$",
            "Default": "",
        },
    }


def _resources(stage: Stage, functions: list[Function]) -> Resources:
    markets = list(listing.markets(local=False).values())
    if len(markets) > MARKETS_MAX:
        raise TooManyMarkets(f"{len(markets)} markets, and one stack takes {MARKETS_MAX}")
    scheduled = [each for each in functions if each.kind is Kind.SCHEDULE]
    watched = dashboards.parts(stage, functions, markets)
    return merged(
        tables.tables(stage),
        secrets.secrets(stage),
        queues.queues(stage, markets),
        queues.schedule_dead_letters(stage, [schedules.rule_id(each) for each in scheduled]),
        logs.log_groups(stage, functions),
        roles.roles(stage, functions, markets),
        people.policies(stage, markets),
        lambdas.lambdas(stage, functions),
        schedules.schedules(stage, scheduled),
        api.api(stage, routes(stage)),
        dashboards.resources(stage, watched),
        alarms.resources(stage, watched, functions),
    )
