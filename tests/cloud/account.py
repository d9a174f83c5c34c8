"""How does a test deploy to an AWS account that lies in this machine?

ministack takes the expanded template through its CloudFormation: queues, tables, roles, functions,
mappings and gateway come from the template's own settings. It runs the zip in processes of their
own, and with AUTH on it asks the roles before every call.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.config import Config

from infra.cloud import bundle, secrets
from infra.cloud.expand import BUCKET, KEY
from infra.cloud.stages import Stage
from infra.local import loopback, ports
from infra.local.child import Child, Leash
from infra.local.clients import CREDENTIALS, REGION
from infra.local.environment import process_environment
from infra.local.parts import HERE, Part
from infra.local.state import ROOT
from tests.cloud.building import PARAMETERS, PROD

WAIT_SECONDS = 60


class Account:
    def __init__(self, url: str, stage: Stage) -> None:
        self.url = url
        self.stage = stage
        self._session = Session(*CREDENTIALS.values(), region_name=REGION)
        self.ids: dict[str, str] = {}

    def client(self, service: str) -> Any:
        """With the rights of the account's owner."""
        return self._session.client(service, endpoint_url=self.url, config=Config(proxies={}))

    def deploy(self, template: Any, zip_file: Path) -> None:
        """What `sam deploy` does: upload, create the stack, wait."""
        storage, stacks = self.client("s3"), self.client("cloudformation")
        storage.create_bucket(Bucket=BUCKET)
        storage.put_object(Bucket=BUCKET, Key="template.json", Body=_understood(template).encode())
        storage.put_object(Bucket=BUCKET, Key=KEY, Body=zip_file.read_bytes())
        stacks.create_stack(
            StackName=self.stage.prefix,
            TemplateURL=f"{self.url}/{BUCKET}/template.json",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        eventually(lambda: not self._status().endswith("IN_PROGRESS"))
        assert self._status() == "CREATE_COMPLETE", self._failures()
        found = stacks.describe_stack_resources(StackName=self.stage.prefix)["StackResources"]
        self.ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        secrets.fill(self.stage, self.client("secretsmanager"))

    @property
    def api(self) -> str:
        return f"{self.url}/restapis/{self.ids['RestApi']}/v1/_user_request_"

    def logged(self, function: str) -> str:
        """All that a function has written."""
        group = {"logGroupName": f"/aws/lambda/{function}"}
        events = self.client("logs").filter_log_events(**group)["events"]
        return "\n".join(event["message"] for event in events)

    @contextmanager
    def role_without(self, role_id: str, action: str) -> Iterator[None]:
        """For a while a role may do one thing less."""
        iam, role = self.client("iam"), self.ids[role_id]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        whole = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        denied = {"Effect": "Deny", "Action": [action], "Resource": "*"}
        less = {**whole, "Statement": [*whole["Statement"], denied]}
        name = {"RoleName": role, "PolicyName": policy}
        iam.put_role_policy(**name, PolicyDocument=json.dumps(less))
        try:
            yield
        finally:
            iam.put_role_policy(**name, PolicyDocument=json.dumps(whole))

    def _status(self) -> str:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stage.prefix)["Stacks"]
        return str(stack["StackStatus"])

    def _failures(self) -> list[str]:
        events = self.client("cloudformation").describe_stack_events(StackName=self.stage.prefix)
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in events["StackEvents"]
            if "FAILED" in event["ResourceStatus"]
        ]


def _understood(template: Any) -> str:
    """Without a Keeta network. To change a batch AWS asks for sqs:ChangeMessageVisibility, ministack for
    a name of its own; and it knows no alarms that calculate (cfn-lint looks at those).
    """
    kept = {
        id_: each
        for id_, each in template["Resources"].items()
        if "Metrics" not in each.get("Properties", {})
    }
    template = {**template, "Resources": kept}
    action = '"sqs:ChangeMessageVisibility"'
    # Nothing here asks the real Keeta networks.
    text = json.dumps(template).replace(bundle.description(PROD.network), "nobody.json")
    assert action in text
    return text.replace(action, f'{action}, "sqs:ChangeMessageVisibilityBatch"')


def ministack(port: int, directory: Path) -> tuple[Part, dict[str, str]]:
    """The part, and the environment it wants."""
    command = [sys.executable, "-I", "-S", str(HERE / "leash.py"), sys.executable, "-m", "ministack"]
    url = f"http://{ports.HOST}:{port}"
    environment = {
        "AUTH": "true",
        "BIND_HOST": ports.HOST,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///dev/null/none",
        # For the functions it runs, and where it unpacks them.
        "AWS_ENDPOINT_URL": url,
        "TMPDIR": str(directory),
        **CREDENTIALS,
    }
    return Part("account", command, lambda: loopback.answers(f"{url}/_ministack/health")), environment


def eventually(condition: Callable[[], Any]) -> Any:
    """What the condition gives when it is true at last."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        found = condition()
        if found or time.monotonic() > until:
            assert found, "waited in vain"
            return found
        time.sleep(0.1)


@contextmanager
def running(stage: Stage, directory: Path) -> Iterator[Account]:
    """An empty account; its functions unpack themselves into the directory."""
    port = ports.any_free().sqs
    part, environment = ministack(port, directory)
    held = Leash()
    child = Child(part, directory / "account.log", process_environment(environment, ROOT), held, ROOT)
    child.start()
    try:
        child.wait_until_ready()
        yield Account(f"http://{ports.HOST}:{port}", stage)
    finally:
        child.stop()
        held.let_go()
