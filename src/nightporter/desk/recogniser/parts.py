"""Takes a message apart: sentences, and within a sentence the clauses that may be wishes of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nightporter.desk.rules.text import Folded

SENTENCES_MAX = 24  # what comes after stays with the last one
CLAUSES_MAX = 12

_SENTENCE_END = re.compile(r"[?!;\n…•]+|\.(?=\s|$)|(?<=\s)[-–—](?=\s)|:(?=\s)")
_CLAUSE_END = re.compile(
    r",(?!\d)|\s/\s|\+|&|\b(?:and|also|plus|but|or"
    r"|e(?!-)|ed|poi|inoltre|oppure|ma|però"
    r"|und|ausserdem|außerdem|sowie|oder|aber"
    r"|et|puis|ou|mais"
    r"|(?<!il )(?<!n')(?<!n’)y|además|ademas|también|tambien|o|pero)\b",
    re.IGNORECASE,
)

_CLAUSE_SIGN = re.compile(r"[,/+&]")
_CONJUNCTIONS = frozenset(  # as folded; a sentence without one, and without a sign, is one clause
    (
        *("and", "also", "plus", "but", "or", "e", "ed", "poi", "inoltre", "oppure", "ma", "pero"),
        *("und", "ausserdem", "sowie", "oder", "aber", "et", "puis", "ou", "mais"),
        *("y", "ademas", "tambien", "o"),
    )
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: as the guest wrote it, and its folded words (at least one)."""

    text: str
    words: tuple[str, ...]

    def __add__(self, other: Part) -> Part:
        return Part(f"{self.text} {other.text}", self.words + other.words)


def sentences(message: Part) -> list[Part]:
    """The sentences of a message that hold a word."""
    pieces = [
        piece for piece in _SENTENCE_END.split(message.text, maxsplit=SENTENCES_MAX - 1) if piece.strip()
    ]
    return list(_parts(pieces)) if len(pieces) > 1 else [message]


def clauses(sentence: Part) -> list[Part]:
    """What stands between commas and conjunctions of a sentence; the conjunction itself is dropped."""
    if _CONJUNCTIONS.isdisjoint(Folded.of(sentence.text).words) and not _CLAUSE_SIGN.search(sentence.text):
        return [sentence]
    pieces = _CLAUSE_END.split(sentence.text, maxsplit=CLAUSES_MAX - 1)
    return list(_parts(pieces)) if len(pieces) > 1 else [sentence]


def _parts(pieces: Iterable[str]) -> Iterable[Part]:
    for piece in pieces:
        text = piece.strip(" ,.¿¡")
        words = Folded.of(text).words
        if words:
            yield Part(text, words)
