"""The house stays tidy: length of files and functions, dead modules, duplicate functions, banned words.

Each finder takes text and returns what is wrong with it, so that it is tried on a bad sample too:
a finder that finds nothing anywhere proves nothing.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
DUPLICATE_STATEMENTS_MIN = 6
CODE_SUFFIXES = frozenset({".py", ".pyi", ".js", ".ts", ".css", ".html", ".sql", ".sh"})
# Others' work, as they ship it, and files that a program writes.
NOT_OURS = re.compile(r"\.min\.(js|css)$|(^|/)(package-lock\.json|requirements/[a-z]+\.txt)$")

# What a guest orders in bed is called so.
HOTEL_NAMES = re.compile(r"room_service|RoomService")
VAGUE_NAMES = frozenset({"manager", "helper", "util", "service", "processor", "base"})
# Written in two pieces, so that this file may be read by its own finder.
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "W" + "IP"]) + r")\b"
)
BELONGS_TO_A_MACHINE = re.compile(
    "(?<![\\w.])(" + "|".join(["/r" + "oot/", "/wo" + "rk/", "/hom" + r"e/\w+/", "/Us" + r"ers/\w+/"]) + ")"
)
REGISTRY = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "/simple" + "/"])
)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Sources = Mapping[str, str]  # path relative to the repository -> text


# --- finders: text in, complaints out -----------------------------------------------------------------------


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))


def long_files(sources: Sources) -> list[str]:
    lines = {path: text.count("\n") for path, text in sources.items() if Path(path).suffix in CODE_SUFFIXES}
    return [f"{path}: {count} lines" for path, count in lines.items() if count > FILE_LINES_MAX]


def long_functions(sources: Sources) -> list[str]:
    return [
        f"{path}:{function.lineno}: {function.name} has {length} lines"
        for path, text in python_of(sources)
        for function in functions(ast.parse(text))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    ]


class Normalised(ast.NodeTransformer):
    """Renames a function's arguments and locals by order of appearance, and drops their annotations."""

    def __init__(self, function: FunctionNode) -> None:
        arguments = [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
        stored = [
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        self._names = {name: f"_{at}" for at, name in enumerate(dict.fromkeys(arguments + stored))}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return ast.Assign([self.visit(node.target)], self.visit(node.value))


def shape(function: FunctionNode) -> str | None:
    """The body without names, docstring and annotations; None if it is too short to count."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    statements = sum(isinstance(node, ast.stmt) for top in body for node in ast.walk(top))
    if statements < DUPLICATE_STATEMENTS_MIN:
        return None
    normalised = Normalised(function)
    return "\n".join(ast.dump(normalised.visit(statement)) for statement in body)


def duplicate_functions(sources: Sources) -> list[str]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, text in python_of(sources):
        for function in functions(ast.parse(text)):
            if (body := shape(function)) is not None:
                places[body].append(f"{path}:{function.lineno} {function.name}")
    return [" is the same as ".join(same) for same in places.values() if len(same) > 1]


def vague_names(sources: Sources) -> list[str]:
    found: list[str] = []
    for path, text in python_of(sources):
        parts = [part for name in Path(path).with_suffix("").parts for part in words(name)]
        found += [f"{path}: module named {part}" for part in parts if is_vague(part)]
        classes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef))
        found += [
            f"{path}:{node.lineno}: class {node.name}"
            for node in classes
            if any(map(is_vague, words(node.name)))
        ]
    return found


def words(name: str) -> list[str]:
    """`HTTPBaseThing` and `http_base_thing` -> http, base, thing."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", HOTEL_NAMES.sub("", name))]


def is_vague(word: str) -> bool:
    return word in VAGUE_NAMES or word.removesuffix("s") in VAGUE_NAMES


def banned_words(sources: Sources) -> list[str]:
    return [
        f"{path}:{number}: {hit.group()}"
        for path, text in sources.items()
        for number, line in enumerate(text.splitlines(), 1)
        for pattern in (UNFINISHED, BELONGS_TO_A_MACHINE, REGISTRY)
        for hit in pattern.finditer(line)
    ]


def dead_modules(sources: Sources, entry_points: Iterable[str]) -> list[str]:
    """Modules under src that no other one imports, no entry point names, and nobody starts by name.

    `nightporter.testing` lives for the tests and benchmarks, so they count as its importers. A module is
    started by name where a string in src says it in full, or a file other than Python has `-m nightporter.x`.
    """
    modules = {
        module_name(path): path for path in sources if path.startswith("src/") and path.endswith(".py")
    }
    alive = set(entry_points)
    for path, text in sources.items():
        if path.endswith(".py"):
            used = imports(text, modules) | strings_of(text)
            alive |= {
                name for name in used if path.startswith("src/") or name.startswith("nightporter.testing")
            } - {module_name(path)}
        elif not path.endswith(".md"):
            alive |= set(re.findall(r"-m (nightporter[\w.]*)", text))
    alive |= {name.rpartition(".")[0] for name in modules}  # a package lives while it holds a module
    return sorted(
        path for name, path in modules.items() if name not in alive and not name.endswith("__main__")
    )


def module_name(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts).removeprefix("src.").removesuffix(".__init__")


def imports(text: str, modules: Iterable[str]) -> set[str]:
    known = set(modules)
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & known


def strings_of(text: str) -> set[str]:
    constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return {value.partition(":")[0] for value in constants if isinstance(value, str)}


def python_of(sources: Sources) -> Iterator[tuple[str, str]]:
    return ((path, text) for path, text in sources.items() if path.endswith(".py"))


# --- the repository -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Every text file of the repository that is ours, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, str] = {}
    for path in filter(None, listed.split("\0")):
        try:
            found[path] = (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, a trained model; a file deleted but not yet from the index
    assert "pyproject.toml" in found, "the repository's files were not found"
    return {path: text for path, text in found.items() if not NOT_OURS.search(path)}


def entry_points() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project.get("scripts", {}), *project.get("entry-points", {}).values()]
    return {target.partition(":")[0] for group in groups for target in group.values()}


def none_of(complaints: list[str]) -> None:
    assert not complaints, "\n".join(complaints)


def test_no_long_files(sources: Sources) -> None:
    none_of(long_files(sources))


def test_no_long_functions(sources: Sources) -> None:
    none_of(long_functions(sources))


def test_no_duplicate_functions(sources: Sources) -> None:
    none_of(duplicate_functions(sources))


def test_no_vague_names(sources: Sources) -> None:
    none_of(vague_names(sources))


def test_no_banned_words(sources: Sources) -> None:
    none_of(banned_words(sources))


def test_no_dead_modules(sources: Sources) -> None:
    none_of(dead_modules(sources, entry_points()))


# --- the finders find ---------------------------------------------------------------------------------------

TWICE = """
def first(rows):
    '''One wording.'''
    total = 0
    for row in rows:
        if row:
            total += 1
    print(total)
    return total

def second(lines: list[int]) -> int:
    count: int = 0
    for line in lines:
        if line:
            count += 1
    print(count)
    return count

def third(lines):
    count = 1
    for line in lines:
        if line:
            count += 1
    print(count)
    return count
"""


def test_finds_long_files() -> None:
    assert long_files({"a.py": "\n" * FILE_LINES_MAX, "b.py": "\n" * (FILE_LINES_MAX + 1)}) == [
        "b.py: 601 lines"
    ]
    assert long_files({"words.toml": "\n" * 10_000}) == []


def test_finds_long_functions() -> None:
    body = "    pass\n"
    fits = "def fits():\n" + body * (FUNCTION_LINES_MAX - 1)
    assert long_functions({"a.py": fits}) == []
    inside_a_class = "class A:\n    async def spills(self):\n" + f"    {body}" * FUNCTION_LINES_MAX
    assert long_functions({"a.py": inside_a_class}) == ["a.py:2: spills has 71 lines"]


def test_finds_duplicates_whatever_their_names() -> None:
    assert duplicate_functions({"a.py": TWICE}) == ["a.py:2 first is the same as a.py:11 second"]


def test_finds_vague_names() -> None:
    assert vague_names({"src/nightporter/utils.py": ""}) == ["src/nightporter/utils.py: module named utils"]
    assert vague_names(
        {"a.py": "class HTTPBaseThing: ...\nclass Basement(BaseModel): ...\nclass RoomService: ...\n"}
    ) == ["a.py:1: class HTTPBaseThing"]


@pytest.mark.parametrize(
    "line", ["# TO" + "DO: later", "/hom" + "e/somebody/x", "cd /wo" + "rk/x", "https://pypi" + ".org/simple"]
)
def test_finds_banned_words(line: str) -> None:
    assert banned_words({"docs/a.md": f"fine\n{line}\n"})
    assert banned_words({"docs/a.md": "a todo list, a homework/x path and https://example.org/home/\n"}) == []


def test_finds_dead_modules() -> None:
    tree = {
        "src/nightporter/__init__.py": "",
        "src/nightporter/cli.py": "from nightporter import used\n",
        "src/nightporter/used.py": "import sys\nrun('nightporter.started')\n",
        "src/nightporter/started.py": "",
        "src/nightporter/made.py": "",
        "src/nightporter/dead.py": "import nightporter.dead\n",
        "src/nightporter/testing/fake.py": "",
        "src/nightporter/testing/dead.py": "",
        "tests/test_it.py": "import nightporter.dead\nfrom nightporter.testing import fake\n",
        "Makefile": "\tpython -m nightporter.made\n",
    }
    assert dead_modules(tree, {"nightporter.cli"}) == [
        "src/nightporter/dead.py",
        "src/nightporter/testing/dead.py",
    ]
