"""Where do the functions write, and how long is it kept?"""

from infra.cloud.functions import Function
from infra.cloud.intrinsics import Json, Resources, camel
from infra.cloud.stages import Stage

ACCESS_LOG = "AccessLog"


def log_groups(stage: Stage, functions: list[Function]) -> Resources:
    groups = {group_id(each): _group(stage, f"/aws/lambda/{each.full_name(stage)}") for each in functions}
    return {**groups, ACCESS_LOG: _group(stage, f"/aws/apigateway/{stage.prefix}-access")}


def group_id(function: Function) -> str:
    return camel(function.name, "log")


def _group(stage: Stage, name: str) -> Json:
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"LogGroupName": name, "RetentionInDays": stage.log_days},
    }
