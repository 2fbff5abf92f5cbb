"""The glossary's words stand in the code where it says, and no name in the code has a word it bans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import reduce
from pkgutil import resolve_name

import pytest
from tests.docs.pages import ROOT, page

_ROW = re.compile(r"^\| ([a-z][^|]*) \| ([^|]+) \|([^|]*)\|([^|]*)\|$", re.MULTILINE)
_DEFINED = re.compile(
    r"^\s*(?:async def|def|class) (\w+)|^\s*(?:self\.)?(\w+)(?:: [^=\n]+)? = |^\s*(\w+): \w", re.MULTILINE
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# The glossary of the design, section by section of ours.
NEEDED = {
    "delivery", "entry", "disposition", "turn", "conversation", "guest", "stay", "topic", "decision", "task",
    "outbox message", "attempt", "claim", "target", "round", "lease", "epoch", "takeover", "handover", "maybe sent",
    "dead letter", "tail",
}  # fmt: skip


def rows() -> list[tuple[str, str, str, set[str]]]:
    """(word, what it is, where, banned words)."""
    return [
        (word, what, where.strip().strip("`"), {one.strip() for one in banned.split(",") if one.strip()})
        for word, what, where, banned in _ROW.findall(page("docs/glossary.md").text)
        if word != "word"
    ]


def banned_names(text: str, banned: Iterable[str]) -> Iterator[str]:
    for groups in _DEFINED.findall(text):
        name = "".join(groups)
        if {word.lower() for word in _WORDS.findall(name)} & set(banned):
            yield name


def test_every_word_is_explained_once() -> None:
    words = [word for word, *_ in rows()]
    assert len(words) == len(set(words))
    assert set(words) >= NEEDED
    assert [word for word, what, *_ in rows() if len(what.split()) < 5] == []


@pytest.mark.parametrize("where", [row[2] for row in rows() if row[2]])
def test_a_word_stands_in_the_code_where_it_says(where: str) -> None:
    module, _, name = where.rpartition(".")
    try:
        resolve_name(where)
    except (ImportError, AttributeError):  # a field of a dataclass is an annotation, with slots no attribute
        assert name in resolve_name(module).__annotations__


def test_no_name_has_a_banned_word() -> None:
    banned = reduce(set.union, (row[3] for row in rows()), set[str]())
    files = sorted((ROOT / "src").rglob("*.py"))
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in banned_names(path.read_text("utf-8"), banned)
    ]
    assert found == []


def test_banned_words_are_found() -> None:
    text = "def for_customer(x):\n    todo_list = 1\nclass Failover: ...\n    intent: str\nself.skill = 2\nguest = 1\n"
    assert list(banned_names(text, {"customer", "todo", "failover", "intent", "skill"})) == [
        "for_customer", "todo_list", "Failover", "intent", "skill",
    ]  # fmt: skip
