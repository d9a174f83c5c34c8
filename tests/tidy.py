"""Which rules does the house keep, and where does a file break one?

Each rule reads one file and gives a complaint for every breach. The floors are those that
the docstring of `chalicelib` draws: a room that is not drawn there stands on no floor.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50

TOP = "app.py"
FOUNDATION = 0  # its files count as one room
ADAPTERS = 4
API = 6

# What the pure floors may import from outside. A list of what is allowed, since a list of
# what is not would never be complete.
PURE = {
    *("abc", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses"),
    *("enum", "functools", "hashlib", "heapq", "hmac", "itertools", "json", "operator", "re"),
    *("string", "struct", "types", "typing", "zlib"),
    "datetime",  # for the calendar; its clock is among the IMPURE_ATTRIBUTES
    # Signatures are functions of their arguments; making keys is among the IMPURE_ATTRIBUTES.
    *("coincurve", "cryptography", "jwt", "nacl"),
}
# Exceptions, by file: each has a reason.
PURE_HERE = {
    "chalicelib/engine/side.py": {"sys"},  # maxsize, a number
    "chalicelib/flows/book/view.py": {"threading"},  # Lock: the threads of one process share a book
}
IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "__import__", "globals"}
IMPURE_ATTRIBUTES = {
    *("now", "utcnow", "today", "fromtimestamp"),
    *("generate", "generate_private_key", "randombytes", "urandom"),
    *("environ", "getenv", "stdout", "stderr", "stdin", "argv"),
}
# Floors 6 and 7 reach the outside through the adapters that `wiring` hands them.
OUTSIDE = {"boto3", "botocore", "httpx", "requests", "socket", "subprocess", "urllib"}

KEY_SPELLED = re.compile(r"[A-Z]#|(W|GATE|SNAPSHOT|SWEEP|VOLUMES|CHALLENGE|REVOKED)$|house:")
KEYS_FILES = {"chalicelib/flows/schema.py", "chalicelib/flows/custody/table.py"}
# Where seconds are handed to somebody else's function, which takes them as a float.
FLOAT_FILES = {
    f"chalicelib/adapters/{each}.py"
    for each in ("system", "keeta_node/fan_out", "keeta_node/representatives", "keeta_node/transport")
}


class File:
    """One Python file; `name` is its path from the project's root."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def all_nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def room(self) -> str:
        """What stands on a floor: a package of `chalicelib`, or a file beside them."""
        parts = PurePosixPath(self.name).parts
        return self.name if parts[0] != "chalicelib" else parts[1].removesuffix(".py")

    @property
    def in_house(self) -> bool:
        return self.name == TOP or self.name.startswith("chalicelib/")

    @cached_property
    def floor(self) -> int | None:
        return FLOORS.get(self.room)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in self.all_nodes if isinstance(node, kinds))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of everything that is imported, wherever in the file."""
        for node in self.nodes(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = PurePosixPath(self.name).parts[: -node.level] if node.level else ()
                module = ".".join((*package, *([node.module] if node.module else [])))
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


Complaints = Iterator[str]


def floors(drawing: str) -> dict[str, int]:
    """Floor by room, read from the drawing in a docstring."""
    found = re.findall(r"^    (\d)  (.+)$", drawing, re.MULTILINE)
    return {room.strip("/"): int(floor) for floor, rooms in found for room in rooms.split()}


FLOORS = floors(ast.get_docstring(ast.parse((ROOT / "chalicelib" / "__init__.py").read_text())) or "")


def project_files() -> list[File]:
    folders = ("chalicelib", "infra", "bench", "tests")
    paths = [ROOT / TOP, *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    return [File(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted(paths)]


# --- the rules --------------------------------------------------------------------------------


def arrows_point_down(file: File) -> Complaints:
    """A file imports from lower floors or its own room; rooms of one floor do not know each other."""
    if not file.in_house or file.room == "__init__":
        return
    if file.floor is None:
        yield f"{file.name} stands on no floor"
        return
    for line, target in file.imports():
        head, _, rest = target.partition(".")
        if head in ("infra", "bench", "tests", "app"):
            yield f"{file.name}:{line} imports {target}, which does not travel to Lambda"
        elif head == "chalicelib":
            room = rest.partition(".")[0]
            floor = FLOORS.get(room)
            foundation = floor == file.floor == FOUNDATION
            if floor is None or not (floor < file.floor or room == file.room or foundation):
                yield f"{file.name}:{line} imports {target} from floor {floor}, itself on {file.floor}"


def low_floors_are_pure(file: File) -> Complaints:
    """Below the adapters: no I/O, no clock, no environment, no chance, no log."""
    if not file.in_house or file.floor is None or file.floor >= ADAPTERS:
        return
    allowed = PURE | PURE_HERE.get(file.name, set())
    for line, target in file.imports():
        if target.partition(".")[0] not in allowed | {"chalicelib"} or target.startswith("nacl.utils"):
            yield f"{file.name}:{line} imports {target}"
    for node in file.nodes(ast.Name, ast.Attribute):
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            yield f"{file.name}:{node.lineno} uses {node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            yield f"{file.name}:{node.lineno} uses {node.attr}"


def only_adapters_reach_out(file: File) -> Complaints:
    if file.in_house and file.floor is not None and file.floor >= API:
        for line, target in file.imports():
            if target.partition(".")[0] in OUTSIDE:
                yield f"{file.name}:{line} imports {target}"


def keys_are_spelled_once(file: File) -> Complaints:
    """The keys of the tables stand in one file; tests may spell them to look at a store."""
    if file.name in KEYS_FILES or file.name.startswith("tests/"):
        return
    for node in file.nodes(ast.Constant):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY_SPELLED.match(node.value):
            yield f"{file.name}:{node.lineno} spells a key: {node.value[:40]!r}"


def numbers_are_whole(file: File) -> Complaints:
    if not file.in_house or file.name in FLOAT_FILES:
        return
    for node in file.all_nodes:
        what = _fraction(node)
        if what:
            yield f"{file.name}:{getattr(node, 'lineno', 0)} {what}"
    for line, target in file.imports():
        if target.partition(".")[0] in ("decimal", "fractions", "math", "statistics"):
            yield f"{file.name}:{line} imports {target}"


def _fraction(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        return f"has the float {node.value}"
    if isinstance(node, ast.Name) and node.id in ("float", "complex", "Decimal"):
        return f"uses {node.id}"
    return "divides with a fraction; // divides whole" if isinstance(node, ast.Div) else ""


def files_say_what_they_answer(file: File) -> Complaints:
    if file.text.strip() and not ast.get_docstring(file.tree):
        yield f"{file.name} does not start with a docstring"


def files_are_short(file: File) -> Complaints:
    lines = len(file.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{file.name} has {lines} lines"


def functions_are_short(file: File) -> Complaints:
    for node in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{file.name}:{node.lineno} {node.name} has {lines} lines"


def errors_grow_on_one_tree(file: File) -> Complaints:
    """An error of ours is a CexError, and stands in a file that draws the tree."""
    if not file.in_house:
        return
    for node in file.nodes(ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if (
                bases & {"Exception", "BaseException", "ValueError", "RuntimeError"}
                and node.name != "CexError"
            ):
                yield f"{file.name}:{node.lineno} {node.name} is no CexError"


def drawn_tree(docstring: str) -> dict[str, str]:
    """Parent by error, as drawn with |-- and `-- in a docstring."""
    tree: dict[str, str] = {}
    path: list[str] = []
    for line in docstring.splitlines():
        if found := re.match(
            r"^((?:[|`]?   |    )*)(?:[|`]-- )?([A-Z]\w+)(?: |$)", line.removeprefix("    ")
        ):
            depth = line.removeprefix("    ").index(found.group(2)) // 4
            path = [*path[:depth], found.group(2)]
            if depth and len(path) > 1:
                tree[path[-1]] = path[-2]
    return tree


RULES = (
    arrows_point_down,
    low_floors_are_pure,
    only_adapters_reach_out,
    keys_are_spelled_once,
    numbers_are_whole,
    files_say_what_they_answer,
    files_are_short,
    functions_are_short,
    errors_grow_on_one_tree,
)
