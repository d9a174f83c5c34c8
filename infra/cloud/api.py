"""How does the API stand in the template? A REST API in front of one function."""

from infra.cloud.document import CORS, document
from infra.cloud.functions import API_NAME
from infra.cloud.intrinsics import Json, Resources, arn, camel, ref, sub
from infra.cloud.logs import ACCESS_LOG
from infra.cloud.roles import trust
from infra.cloud.stages import Stage
from infra.resources import API_STAGE

API = "RestApi"
_ACCOUNT, _ACCOUNT_ROLE = "GatewayAccount", "GatewayAccountRole"
_METHODS = "'GET,POST,OPTIONS'"
_PREFLIGHT_SECONDS = "'600'"

# Who asked for what, and how it went; never a token or a body.
_ACCESS_LINE = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "function_latency_ms": "$context.integrationLatency",
    "function_request_id": "$context.integration.requestId",
    "refusal": "$context.error.responseType",
}


def api(stage: Stage, routes: list[tuple[str, str]]) -> Resources:
    return {API: _rest_api(stage, routes), "ApiPermission": _permission(), **_account()}


def url() -> Json:
    return sub(f"https://${{{API}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{API_STAGE}")


def _rest_api(stage: Stage, routes: list[tuple[str, str]]) -> Json:
    line = ",".join(f'"{name}":"{value}"' for name, value in _ACCESS_LINE.items())
    return {
        "Type": "AWS::Serverless::Api",
        # The stage writes logs, and for that the account needs the role first.
        "DependsOn": _ACCOUNT,
        "Properties": {
            "Name": stage.prefix,
            "StageName": API_STAGE,
            "DefinitionBody": document(stage, routes),
            "EndpointConfiguration": {"Type": "REGIONAL"},
            "TracingEnabled": stage.tracing,
            "AccessLogSetting": {"DestinationArn": arn(ACCESS_LOG), "Format": "{" + line + "}"},
            "MethodSettings": [_method_setting(stage)],
            "Cors": {
                "AllowOrigin": CORS["Access-Control-Allow-Origin"],
                "AllowHeaders": CORS["Access-Control-Allow-Headers"],
                "AllowMethods": _METHODS,
                "MaxAge": _PREFLIGHT_SECONDS,
            },
        },
    }


def _method_setting(stage: Stage) -> Json:
    return {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "ThrottlingRateLimit": stage.requests_per_s,
        "ThrottlingBurstLimit": stage.burst,
        "MetricsEnabled": True,
        "LoggingLevel": "ERROR",
        # Requests hold tokens, so what is in them is never logged.
        "DataTraceEnabled": False,
    }


def _permission() -> Json:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": ref(camel(API_NAME)),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": sub(
                f"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{API}}}/*"
            ),
        },
    }


def _account() -> Resources:
    """Lets API Gateway write logs. There is one setting for an account and region, so it stays."""
    managed = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {
        _ACCOUNT_ROLE: {
            "Type": "AWS::IAM::Role",
            **kept,
            "Properties": {
                "AssumeRolePolicyDocument": trust("apigateway.amazonaws.com"),
                "ManagedPolicyArns": [sub(managed)],
            },
        },
        _ACCOUNT: {
            "Type": "AWS::ApiGateway::Account",
            **kept,
            "Properties": {"CloudWatchRoleArn": arn(_ACCOUNT_ROLE)},
        },
    }
