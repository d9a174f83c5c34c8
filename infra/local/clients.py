"""How does the local stack talk to its own stores? With made-up credentials, to loopback only."""

from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

# A proxy is for the world outside. Long polls of every market share one client.
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=50, proxies={})


def dynamodb_client(endpoint: str) -> "DynamoDBClient":
    client: DynamoDBClient = _session().client("dynamodb", endpoint_url=endpoint, config=_CONFIG)
    return client


def sqs_client(endpoint: str) -> "SQSClient":
    client: SQSClient = _session().client("sqs", endpoint_url=endpoint, config=_CONFIG)
    return client


def _session() -> Session:
    key, secret = CREDENTIALS.values()
    return Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
