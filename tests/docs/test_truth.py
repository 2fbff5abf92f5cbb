"""What the documents name is there: links, files, commands, settings, layers, and a test for each guarantee."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

import pytest
from scripts import docs as generator
from tests.docs.pages import ROOT, Page, page, pages

from nightporter.config.settings_table import SETTINGS

PAGES = pytest.mark.parametrize("one", pages(), ids=lambda one: one.name)
FENCES = {"sh", "console", "mermaid", "json", "ini", "yaml"}
PACKAGE = ROOT / "src" / "nightporter"
COMES_LATER: set[str] = set()  # named by the program's own advice, and explained as not there yet
NOT_PROMISED_YET: set[str] = set()
OTHER_VARIABLES = {"NIGHTPORTER_"}  # the prefix itself, in the rule that explains it
FOLDERS = ("src", "tests", "scripts", "bench", "docs", "requirements")
NOT_OURS = ("data/", "results/", "/")  # what a running node or a benchmark makes
_FILE = re.compile(r"[\w./-]+/(?:[\w-]+\.(?:py|sql|toml|lua|js))?")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\b((?:NIGHTPORTER|WHATSAPP|SPOKI|MESH|CONSOLE|SEND|WORKER|HOTEL)_[A-Z_]+)\b")


@PAGES
def test_links_lead_somewhere(one: Page) -> None:
    for link in _LINK.findall(one.prose):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (one.path.parent / target).resolve() if target else one.path
        assert path.exists(), f"{one.name}: {link}"
        assert not anchor or anchor in Page(path).anchors(), f"{one.name}: {link}"


@PAGES
def test_blocks_say_whether_they_run(one: Page) -> None:
    assert {language for language, _ in one.blocks()} <= FENCES


@cache
def paths() -> frozenset[str]:
    """Every file and folder of ours, with each shorter way to name it: `nightporter/desk/flow.py`, `desk/flow.py`."""
    found = set(FOLDERS)
    for path in chain.from_iterable(
        (ROOT / folder).rglob("*") for folder in ("src", "tests", "scripts", "bench", "docs")
    ):
        parts = path.relative_to(ROOT).parts
        found |= {"/".join(parts[start:]) for start in range(len(parts))}
    return frozenset(found)


@PAGES
def test_files_that_are_named_exist(one: Page) -> None:
    named = [word for word in one.codes() if _FILE.fullmatch(word) and not word.startswith(NOT_OURS)]
    assert [word for word in named if word.rstrip("/") not in paths()] == []


@PAGES
def test_commands_that_are_named_exist(one: Page) -> None:
    known = {name for name, _ in generator.commands()}
    groups = {name.rpartition(" ")[0] for name in known}
    for word in one.codes():
        for said in re.findall(r"(?:^|[ /])(nightporter(?: [a-z]+){1,2})", word):
            first = " ".join(said.split()[:2])
            assert (
                said in known or (first in known and first not in groups) or said.split()[1] in COMES_LATER
            ), f"{one.name}: {said}"


def test_what_comes_later_is_not_there_yet() -> None:
    assert COMES_LATER.isdisjoint(name.split()[1] for name, _ in generator.commands())


@PAGES
def test_settings_that_are_named_exist(one: Page) -> None:
    known = {name for setting in SETTINGS for name in (setting.short, setting.long)}
    named = {name for word in one.codes() for name in _VARIABLE.findall(word)} - OTHER_VARIABLES
    assert {name for name in named - known if not name.endswith("_")} == set()


def test_the_architecture_names_every_layer() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", page("ARCHITECTURE.md").text.split("## The way")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    there = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert named == there - {"__init__", "__main__"}


def test_a_guarantee_names_the_tests_that_prove_it() -> None:
    parts = re.split(r"^## (G\d): ", page("docs/guarantees.md").text, flags=re.MULTILINE)
    proofs = {
        name: re.findall(r"`(tests/[\w/]+\.py)`", text)
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert list(proofs) == [f"G{number}" for number in range(1, 10)]
    assert {name for name, named in proofs.items() if not named} == NOT_PROMISED_YET
    assert [file for named in proofs.values() for file in named if not (ROOT / file).is_file()] == []


def test_decisions_are_listed() -> None:
    listed = set(re.findall(r"\((\d{4}[\w-]+\.md)\)", page("docs/decisions/README.md").text))
    assert listed == {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
