"""How do the tables stand in the template? Their keys and indexes come from the schema.

Nothing that happens to the stack takes a table away: it is protected from deletion, and kept when
it leaves the template.
"""

from chalicelib.flows import schema
from chalicelib.flows.schema import Table
from infra import resources
from infra.cloud.intrinsics import Json, Resources, camel
from infra.cloud.stages import Stage


def tables(stage: Stage) -> Resources:
    return {table_id(table.name): _table(stage, table) for table in schema.TABLES}


def table_id(name: str) -> str:
    return camel(name, "table")


def _table(stage: Stage, table: Table) -> Json:
    expiry = resources.time_to_live(table)
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": schema.table_name(stage.prefix, table.name),
            **resources.table_attributes(table),
            **({"TimeToLiveSpecification": expiry} if expiry else {}),
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            # With the key that AWS keeps for DynamoDB in the account, so that its use can be followed.
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
            "DeletionProtectionEnabled": True,
        },
    }
