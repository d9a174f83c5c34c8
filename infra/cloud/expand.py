"""What does AWS make of the SAM template? The same transform, run here, so that its result can be checked."""

import copy
from types import SimpleNamespace
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from infra.cloud.intrinsics import Json

REGION = "us-east-1"
# AWS has the zip in a bucket by then; `sam` writes that address into the template.
BUCKET, KEY = "uploads", "zip"


def expanded(template: Json, parameters: dict[str, str]) -> Json:
    """CloudFormation without the transform. The zip is at an address that stands for the real one."""
    source = copy.deepcopy(template)
    source["Globals"]["Function"]["CodeUri"] = f"s3://{BUCKET}/{KEY}"
    # The names of AWS's own policies are asked for by templates that use them; ours does not.
    managed: Any = SimpleNamespace(load=dict)
    session: Any = SimpleNamespace(region_name=REGION)
    translator = Translator(managed.load(), Parser(), boto_session=session)
    result: Json = translator.translate(sam_template=source, parameter_values=parameters)
    return result
