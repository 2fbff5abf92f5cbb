"""Takes a message apart: sentences, and within a sentence the clauses that may be wishes of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nightporter.desk.rules.text import words_of

PARTS_MAX = 12  # what comes after stays with the last part

_SENTENCE_END = re.compile(r"[?!;\n…•]+|\.(?=\s|$)|(?<=\s)[-–—](?=\s)|:(?=\s)")
_CLAUSE_END = re.compile(
    r",(?!\d)|/(?=\s)|\+|&|\b(?:and|also|plus|e|ed|poi|inoltre|oppure|und|ausserdem|sowie|oder|or|et|puis|ou|aussi|y|ademas|tambien|o|but|ma|pero|mais|aber)\b"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a folded message."""

    text: str
    words: tuple[str, ...]

    def __add__(self, other: Part) -> Part:
        return Part(f"{self.text} {other.text}", self.words + other.words)


def sentences(folded: str) -> list[Part]:
    """The sentences of a folded message that hold a word."""
    return _cut(folded, _SENTENCE_END)


def clauses(sentence: Part) -> list[Part]:
    """What stands between commas and conjunctions of a sentence; the conjunction itself is dropped."""
    return _cut(sentence.text, _CLAUSE_END)


def _cut(text: str, at: re.Pattern[str]) -> list[Part]:
    pieces = at.split(text, maxsplit=PARTS_MAX - 1)
    return [Part(piece.strip(), words) for piece in pieces if (words := tuple(words_of(piece)))]
