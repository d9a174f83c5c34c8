"""Whose is it, in the account's bill and inventory? Every resource that can, says so."""

from infra.cloud.intrinsics import Json, Resources
from infra.cloud.stages import Stage

_LISTED = {
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
}
_MAPPED = {"AWS::Serverless::Api", "AWS::Serverless::Function"}
UNTAGGED = {
    "AWS::ApiGateway::Account",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::Permission",
    "AWS::SQS::QueuePolicy",
    "AWS::IAM::ManagedPolicy",
}


def tagged(stage: Stage, resources: Resources) -> Resources:
    return {id_: _tagged(stage, resource) for id_, resource in resources.items()}


def _tagged(stage: Stage, resource: Json) -> Json:
    kind = resource["Type"]
    if kind in UNTAGGED:
        return resource
    if kind in _MAPPED:
        tags: Json = stage.tags
    else:
        assert kind in _LISTED, f"say in infra/cloud/tags.py how a {kind} is tagged"
        tags = [{"Key": key, "Value": value} for key, value in stage.tags.items()]
    return {**resource, "Properties": {**resource["Properties"], "Tags": tags}}
