"""The desk's own sentences: whole, in five languages, with the same gaps; and none that the code does not know."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from nightporter.desk.wording import LANGUAGES, catalogue, say

DESK = Path(__file__).parents[3] / "src/nightporter/desk"
CODE = "\n".join(file.read_text(encoding="utf-8") for file in DESK.glob("*.py"))
REASONS = tomllib.loads((DESK / "flow_reasons.toml").read_text(encoding="utf-8"))["reasons"]


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_sentence_stands_in_every_language_with_the_same_gaps(key: str) -> None:
    by_language = catalogue()[key]
    assert set(by_language) == set(LANGUAGES)
    gaps = {frozenset(re.findall(r"\{(\w+)\}", text)) for text in by_language.values()}
    assert len(gaps) == 1
    assert all(text.strip() == text and text for text in by_language.values())


def test_nothing_is_promised_shortly() -> None:
    hasty = re.compile(
        r"shortly|soon|a breve|presto|bald\b|in Kürze|bientôt|sous peu|pronto|en breve", re.IGNORECASE
    )
    assert not [text for texts in catalogue().values() for text in texts.values() if hasty.search(text)]


def test_english_where_a_language_is_not_ours() -> None:
    assert say("late.sorry", "nl") == say("late.sorry", "en")


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_stands_in_every_language_and_is_used(reason: str) -> None:
    assert set(REASONS[reason]) == set(LANGUAGES)
    assert f'"{reason}"' in CODE


def test_every_reason_in_the_code_has_words() -> None:
    used = set(re.findall(r'Leftover\([^)]*"([a-z_]+)"\)', CODE))
    assert used
    topics = tomllib.loads((DESK / "reasons.toml").read_text(encoding="utf-8"))["reasons"]
    assert used <= {*REASONS, *topics}
