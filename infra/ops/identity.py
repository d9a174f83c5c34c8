"""Who is it that gives this command? Where AWS knows him, what AWS says; else what he says himself.

For what takes two people. A role that two people share is one identity to AWS, up to the name of its
session: let people assume roles only under their own (the condition key sts:RoleSessionName).
"""

import argparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from chalicelib.errors import Unavailable
from chalicelib.wiring import LOCAL, Exchange


def who(house: Exchange, options: argparse.Namespace) -> str:
    """Raises Unavailable when AWS does not say."""
    known = None if house.stage == LOCAL else aws_caller()
    return known or str(options.by)


def aws_caller() -> str | None:
    """The ARN behind the credentials of this process; None without any."""
    try:
        return str(boto3.session.Session().client("sts").get_caller_identity()["Arn"])
    except NoCredentialsError:
        return None
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"AWS does not say who you are: {error}", code="identity_unknown") from error
