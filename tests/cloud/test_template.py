"""Is the template whole, for any number of markets, and is everything in it as it must be?"""

import ast
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint

from chalicelib import listing
from chalicelib.flows import schema
from infra import resources
from infra.cloud.roles import WILDCARDS
from infra.cloud.stages import STAGES, UnknownStage, stage_named
from infra.cloud.template import MARKETS_MAX, RESOURCES_MAX
from infra.local.state import ROOT
from tests.cloud.building import PROD, cloudformation, of_type, run, sam

MARKETS = listing.markets(local=False)
FUNCTION = "AWS::Serverless::Function"
# What is read from the environment on a developer's machine only.
LOCAL_VARIABLES: set[str] = set()
# What becomes of a market: its queue, dead letters, function, role, log and mapping, a dashboard and
# three alarms.
RESOURCES_PER_MARKET = 10


def findings(template: Any) -> list[str]:
    return [f"{found.rule.id} {found.message}" for found in lint(json.dumps(template))]


def test_cfn_lint_finds_nothing_before_and_after_the_transform() -> None:
    for stage in STAGES.values():
        assert findings(sam(2, stage)) == []
    assert findings(cloudformation(2)) == []


def test_cfn_lint_would_find_a_queue_that_shows_its_messages_too_soon() -> None:
    broken = copy.deepcopy(cloudformation())
    broken["Resources"]["KtaUsdtQueue"]["Properties"]["VisibilityTimeout"] = resources.MATCHER_SECONDS - 1
    broken["Resources"]["MatcherKtaUsdtQueue"]["Properties"]["BatchSize"] = 11
    assert {finding.partition(" ")[0] for finding in findings(broken)} == {"E3505", "E3705"}


@pytest.mark.parametrize("extra", [0, 3])
def test_every_market_has_a_queue_dead_letters_and_a_matcher_of_its_own(extra: int) -> None:
    template = cloudformation(extra)
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping")
    queues, functions = of_type(template, "AWS::SQS::Queue"), of_type(template, "AWS::Lambda::Function")
    assert len(mappings) == len(MARKETS) + extra
    assert len({mapping["FunctionName"]["Ref"] for mapping in mappings.values()}) == len(mappings)
    assert len({mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings.values()}) == len(mappings)
    for mapping in mappings.values():
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        function = functions[mapping["FunctionName"]["Ref"]]
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        slug = function["Handler"].removeprefix("app.matcher_").replace("_", "-")
        assert queue["QueueName"] == f"{PROD.prefix}-{slug}.fifo"
        assert dead["QueueName"] == f"{PROD.prefix}-{slug}-dead.fifo"
        # One would be ten runs a second; the markets together leave the API its half of 1,000.
        assert function["ReservedConcurrentExecutions"] == 10
        assert MARKETS_MAX * function["ReservedConcurrentExecutions"] + PROD.requests_per_s < 1_000 - 100
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        # AWS asks for six times the function's time: a batch that waits for its turn is still invisible.
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_a_market_more_is_one_edit_and_ten_resources() -> None:
    for template in (cloudformation, sam):
        assert len(template(1)["Resources"]) - len(template(0)["Resources"]) in (
            RESOURCES_PER_MARKET,
            RESOURCES_PER_MARKET - 1,  # before the transform the mapping is part of the function
        )


def test_as_many_markets_as_we_say_fit_into_one_stack() -> None:
    assert len(cloudformation(MARKETS_MAX - len(MARKETS))["Resources"]) <= RESOURCES_MAX
    assert len(json.dumps(cloudformation(MARKETS_MAX - len(MARKETS)))) < 1_000_000, (
        "CloudFormation takes 1 MB"
    )


def test_one_market_too_many_is_refused_before_anything_is_built() -> None:
    extra = MARKETS_MAX - len(MARKETS) + 1
    program = f"from tests.cloud import building; building.sam.__wrapped__({extra})"
    assert "TooManyMarkets" in run(program).stderr


def test_every_table_of_the_schema_is_protected_and_can_be_restored() -> None:
    tables = of_type(sam(), "AWS::DynamoDB::Table")
    by_name = {table["TableName"]: table for table in tables.values()}
    assert set(by_name) == {schema.table_name(PROD.prefix, table.name) for table in schema.TABLES}
    for table in schema.TABLES:
        found = by_name[schema.table_name(PROD.prefix, table.name)]
        assert found.items() >= resources.table_attributes(table).items()
        assert found.get("TimeToLiveSpecification") == resources.time_to_live(table)
        assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert found["DeletionProtectionEnabled"]
        assert found["SSESpecification"]["SSEEnabled"]


def test_what_holds_money_orders_secrets_or_logs_outlives_its_stack() -> None:
    lasting = {
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Logs::LogGroup",
    }
    for id_, resource in sam()["Resources"].items():
        if resource["Type"] in lasting:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), id_


def test_each_schedule_is_tried_again_and_then_kept_among_the_dead_letters() -> None:
    template = cloudformation()
    rules, functions = of_type(template, "AWS::Events::Rule"), of_type(template, "AWS::Lambda::Function")
    scheduled = {rule["Targets"][0]["Arn"]["Fn::GetAtt"][0] for rule in rules.values()}
    others = {id_ for id_, each in functions.items() if re.match(r"app\.(app|matcher_\w+)$", each["Handler"])}
    assert scheduled == set(functions) - others
    asynchronous = of_type(template, "AWS::Lambda::EventInvokeConfig")
    assert {each["FunctionName"]["Ref"] for each in asynchronous.values()} == scheduled
    assert all(each["DestinationConfig"]["OnFailure"] for each in asynchronous.values())
    for rule in rules.values():
        (target,) = rule["Targets"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}}
    (allowed,) = of_type(template, "AWS::SQS::QueuePolicy").values()
    (statement,) = allowed["PolicyDocument"]["Statement"]
    assert {
        source["Fn::GetAtt"][0] for source in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    } == set(rules)


def test_the_gateway_throttles_checks_requests_and_says_who_asked_for_what() -> None:
    (stage,) = of_type(cloudformation(), "AWS::ApiGateway::Stage").values()
    (setting,) = stage["MethodSettings"]
    assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (
        PROD.requests_per_s,
        PROD.burst,
    )
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert line["request_id"] == "$context.requestId"
    assert not setting["DataTraceEnabled"], "requests hold tokens"
    assert not [value for value in line.values() if "authorizer" in value or "header" in value]


def test_everything_that_can_be_tagged_says_whose_it_is() -> None:
    for id_, resource in sam()["Resources"].items():
        tags = resource["Properties"].get("Tags")
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        assert tags == PROD.tags or resource["Type"] in (
            "AWS::ApiGateway::Account",
            "AWS::CloudWatch::Dashboard",
            "AWS::Lambda::Permission",
            "AWS::SQS::QueuePolicy",
            "AWS::IAM::ManagedPolicy",
        ), id_


def test_every_function_writes_into_a_log_that_is_kept_for_a_set_time() -> None:
    groups = of_type(sam(), "AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == PROD.log_days for group in groups.values())
    for function in of_type(sam(), FUNCTION).values():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"
        assert len(function["FunctionName"]) <= 64


def test_no_resource_is_a_wildcard_but_where_aws_knows_no_other() -> None:
    loose = {
        action
        for role in of_type(sam(), "AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        if "*" in json.dumps(statement["Resource"])
    }
    assert loose == set(WILDCARDS)
    actions = re.findall(r'"Action": (\[[^]]*\]|"[^"]*")', json.dumps(sam()["Resources"]))
    assert actions
    assert not [each for each in actions if "*" in each]


def test_the_functions_are_given_every_variable_that_the_code_reads_and_no_other() -> None:
    """Whoever adds one to the code adds it to infra/cloud/lambdas.py (or to LOCAL_VARIABLES here)."""
    given = sam()["Globals"]["Function"]["Environment"]["Variables"]
    assert set(given) == variables_read() - LOCAL_VARIABLES


def variables_read() -> set[str]:
    files = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]
    return {text for file in files for text in texts(file) if re.fullmatch(r"CEX_[A-Z_]+", text)}


def texts(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_stages_can_share_an_account() -> None:
    names = [
        set(
            re.findall(
                r'"(?:TableName|QueueName|FunctionName|LogGroupName|AlarmName|DashboardName|Name)": '
                r'"([^"]+)"(?!, "Value")',
                json.dumps(sam(0, stage)),
            )
        )
        for stage in STAGES.values()
    ]
    assert not set.intersection(*names)


def test_there_is_no_stage_for_developers() -> None:
    with pytest.raises(UnknownStage, match="no stage 'local'"):
        stage_named("local")
    assert not [
        path
        for path in sam()["Resources"]["RestApi"]["Properties"]["DefinitionBody"]["paths"]
        if "local" in path
    ]
