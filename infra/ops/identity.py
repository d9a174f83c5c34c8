"""Who acts? On a developer's machine whoever he says he is; at a deployed stage whoever AWS says he is.

What takes two people takes two identities there: a role that is assumed carries the name of its session.
"""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unavailable
from infra.cloud.stages import STAGES


def identity(stage: str, said: str) -> str:
    """Raises Unavailable when AWS does not tell."""
    if stage not in STAGES:
        return said
    try:
        arn: str = boto3.session.Session().client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"AWS does not tell who acts: {error!r}") from None
    return arn
