"""What may a test of the deployment ask for? The zip, built once."""

from pathlib import Path

import pytest

from infra.cloud import bundle
from infra.cloud.runtime import NoInterpreter, interpreter


@pytest.fixture(scope="session")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make package` builds it. The wheels are unpacked once for a checkout."""
    try:
        interpreter()
    except NoInterpreter as reason:
        pytest.skip(str(reason))
    path = tmp_path_factory.mktemp("zip") / "keeta-cex.zip"
    bundle.build_zip(path)
    return path
