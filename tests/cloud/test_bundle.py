"""Does the zip hold all that its functions need, nothing of this machine, and the same bytes each time?"""

import json
import re
import shutil
import subprocess
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from infra.cloud import bundle, lock
from infra.cloud.runtime import LAMBDA, interpreter
from infra.local.state import ROOT
from tests.cloud.building import of_type, sam

# Lambda's limit on a zip that is sent without a bucket; far from it, since a cold start unpacks it.
ZIP_BYTES_MAX = 50 * 1024 * 1024

# As the Lambda runtime does it: import the module, take the attribute. Nothing is there but the zip,
# the runtime's own boto3 and the standard library. Then whatever any of our files imports, also those
# that do so only when they need it.
_IMPORTS = """if True:
    import ast, importlib, json, pathlib, sys
    task, runtime, handlers = sys.argv[1], sys.argv[2], sys.argv[3:]
    sys.path[:0] = [task, runtime]
    for handler in handlers:
        module, _, attribute = handler.rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute)), handler
    for file in sorted(pathlib.Path(task, "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                if not name.startswith("types_boto3"):  # for the type checker only
                    importlib.import_module(name)
    sys.modules["httpx"].Client().close()  # imports what it needs only then
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    cached = {name: getattr(module, "__cached__", None) for name, module in list(sys.modules.items())}
    print(json.dumps([files, cached]))
"""


@pytest.fixture(scope="module")
def task(zip_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda has in /var/task."""
    place = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda has beside it: boto3, with what comes along with boto3."""
    place = tmp_path_factory.mktemp("runtime")
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"):
        for part in {file.parts[0] for file in distribution(name).files or [] if ".." not in file.parts}:
            if part != "__pycache__":
                (place / part).symlink_to(Path(str(distribution(name).locate_file(part))))
    return place


def import_handlers(task: Path, runtime: Path) -> subprocess.CompletedProcess[str]:
    functions = of_type(sam(), "AWS::Serverless::Function").values()
    variables = sam()["Globals"]["Function"]["Environment"]["Variables"]
    environment = {name: value for name, value in variables.items() if isinstance(value, str)}
    handlers = [function["Handler"] for function in functions]
    words = [interpreter(), "-I", "-S", "-B", "-c", _IMPORTS, str(task), str(runtime), *handlers]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_every_handler_of_the_template_is_found_with_nothing_but_the_zip_and_boto3(
    task: Path, runtime: Path
) -> None:
    done = import_handlers(task, runtime)
    assert done.returncode == 0, done.stderr
    files, cached = json.loads(done.stdout)
    ours = {name: file for name, file in files.items() if file and file.startswith(str(task))}
    assert {"app", "chalice", "chalicelib.wiring", "nacl", "coincurve", "pydantic_core", "httpx"} <= set(ours)
    standard = Path(str(re.sub(r"/os\.py$", "", files["os"])))
    places = (str(task), str(runtime), str(standard))
    assert not {name: file for name, file in files.items() if file and not file.startswith(places)}
    # Compiled already: a function can not write into its zip, and would compile at every cold start.
    assert not [name for name in ours if ours[name].endswith(".py") and not Path(cached[name]).exists()]


@pytest.mark.parametrize(
    "wheel",
    [
        *(
            "_cffi_backend",
            "annotated_types",
            "certifi",
            "coincurve",
            "cryptography",
            "h11",
            "httpcore",
            "httpx",
        ),
        *("idna", "jwt", "nacl", "pydantic", "pydantic_core", "typing_extensions"),
    ],
)
def test_without_one_of_the_wheels_they_are_not(
    task: Path, runtime: Path, tmp_path: Path, wheel: str
) -> None:
    less = tmp_path / "task"
    less.mkdir()
    for each in task.iterdir():
        if each.name.partition(".")[0] != wheel:
            (less / each.name).symlink_to(each)
    done = import_handlers(less, runtime)
    assert f"No module named '{wheel}" in done.stderr, "nothing needs it: why does it travel?"


def test_building_it_again_elsewhere_gives_the_same_bytes(zip_file: Path, tmp_path: Path) -> None:
    build = tmp_path / "another place"
    build.mkdir()
    for libraries in bundle.BUILD.glob("libraries-*"):
        shutil.copytree(libraries, build / libraries.name)
    again = tmp_path / "again.zip"
    bundle.build_zip(again, build=build)
    assert again.read_bytes() == zip_file.read_bytes()


def test_it_is_small_enough_and_holds_no_secret_and_no_path_of_this_machine(
    zip_file: Path, task: Path
) -> None:
    assert zip_file.stat().st_size < ZIP_BYTES_MAX
    with zipfile.ZipFile(zip_file) as archive:
        names = archive.namelist()
        assert sum(entry.file_size for entry in archive.infolist()) < bundle.UNPACKED_BYTES_MAX
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    heads = {name.split("/")[0] for name in names}
    assert not heads & {"infra", "tests", "bench", "boto3", "botocore", "moto", "ministack"}
    private = [name for name in names if re.search(r"(^|/)\.|secrets\.json|\.(pem|key|sqlite)$", name)]
    assert private == ["certifi/cacert.pem"], "the certificates that everybody trusts, and nothing else"
    ours = [*(task / "chalicelib").rglob("*.pyc"), *(task / "__pycache__").glob("*.pyc")]
    assert ours
    assert not [file for file in ours if str(ROOT).encode() in file.read_bytes()]


def test_the_native_parts_are_for_lambdas_python_and_linux(task: Path) -> None:
    natives = list(task.rglob("*.so*"))
    tag = "cpython-" + LAMBDA.removeprefix("python").replace(".", "")
    assert natives
    for native in natives:
        assert native.read_bytes()[:4] == b"\x7fELF"
        assert (
            tag in native.name or "abi3" in native.name or ".so." in native.name or ".libs" in str(native)
        ), native


def test_the_lock_names_what_the_requirements_ask_for() -> None:
    """After a change of requirements.txt: python -m infra.cloud lock."""
    assert lock.locked().items() >= lock.wanted().items()
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}$", lock.WHEELS.read_text(), re.MULTILINE)) == len(
        lock.locked()
    )


def test_the_wheels_that_are_tested_are_those_that_travel() -> None:
    different: dict[str, Any] = {
        name: (version, distribution(name).version)
        for name, version in lock.locked().items()
        if distribution(name).version != version
    }
    assert not different, "what is installed here has moved on: python -m infra.cloud lock"
