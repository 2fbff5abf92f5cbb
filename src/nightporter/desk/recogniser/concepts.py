"""The concept behind a word: what was learned of "garage" in one language helps with "cochera" in another.

`concepts.toml` names the words and stems of each concept in all languages; one that ends in `*` stands for every word
that begins so. The longest entry that fits a word decides.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

STEM_CHARS_MIN = 4
STEM = "*"


def concepts_of(word: str) -> tuple[str, ...]:
    """The concepts of a folded word, often one, often none."""
    words, stems, longest = _dictionary()
    known = words.get(word)
    if known is not None:
        return known
    for size in range(min(len(word), longest), STEM_CHARS_MIN - 1, -1):
        known = stems.get(word[:size])
        if known is not None:
            return known
    return ()


def concepts_text() -> str:
    """The dictionary as it is written: the model is stale when it changes."""
    return (
        resources.files("nightporter.desk.recogniser").joinpath("concepts.toml").read_text(encoding="utf-8")
    )


@cache
def _dictionary() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], int]:
    """(whole words, stems, the length of the longest stem)."""
    words: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    for concept, entries in tomllib.loads(concepts_text()).items():
        for entry in entries.split():
            table, key = (stems, entry.removesuffix(STEM)) if entry.endswith(STEM) else (words, entry)
            table[key] = (*table.get(key, ()), concept)
    return words, stems, max(map(len, stems), default=0)
