"""The hotel's own questions and answers (`own_answers:`): finds the one that a guest's words ask.

Matched by words, folded as everywhere, without those that tell nothing. Guarded: most of what the guest says must be of
the question, and a "not" that the question has not is another question. Two that fit alike fit none.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import OwnAnswer
from nightporter.desk.rules.text import Folded

OF_GUEST_MIN = 0.6  # this much of the guest's telling words must be of the question
ACROSS_MIN = 2  # so many words of its questions together make one that stands there in no single wording
START_LETTERS_MIN = 4  # words that begin alike so far are one word ...
END_LETTERS_MAX = 3  # ... when no more than this differs at the end: `ferry`, `ferries`
QUESTIONS_KEPT = 512

_LANGUAGES = ("en", "it", "de", "fr", "es")


@dataclass(frozen=True, slots=True)
class Own:
    """One of the file's own answers: its place in the list, and what stands there."""

    number: int
    answer: OwnAnswer

    @property
    def topic(self) -> str:
        """How it is called among the topics."""
        return f"own:{self.answer.name}"

    @property
    def source(self) -> str:
        """Its path in the file."""
        return f"own_answers[{self.number}].say"


def own_answer(hotel: Hotel, text: str) -> Own | None:
    """The hotel's own answer that fits these words; None when none does, or several do alike."""
    if not hotel.own_answers:
        return None
    rated = [(fit(answer.ask, text), Own(number, answer)) for number, answer in enumerate(hotel.own_answers)]
    best = max(rate for rate, _ in rated)
    found = [own for rate, own in rated if rate == best]
    return found[0] if best > 0 and len(found) == 1 else None


def fit(questions: tuple[str, ...], text: str) -> float:
    """How well the words ask one of the questions, 0 = not."""
    said, negated = _telling(text)
    asked = [_telling(question) for question in questions]
    known = [words for words, no in asked if words and no == negated]
    if not said or not known:
        return 0.0
    whole = [words for words in known if all(_among(word, said) for word in words)]
    pool = frozenset[str]().union(*known)
    shared = [word for word in said if _among(word, pool)]
    share = len(shared) / len(said)
    if share < OF_GUEST_MIN or not (whole or len(shared) >= ACROSS_MIN):
        return 0.0
    return share + (len(max(whole, key=len)) if whole else 0)


def _among(word: str, words: frozenset[str]) -> bool:
    return word in words or any(_alike(word, other) for other in words)


def _alike(one: str, other: str) -> bool:
    """Forms of one word: they begin alike, and only a short ending differs."""
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same >= START_LETTERS_MIN and max(len(one), len(other)) - same <= END_LETTERS_MAX


@lru_cache(QUESTIONS_KEPT)
def _telling(text: str) -> tuple[frozenset[str], bool]:
    """The words that tell what it is about, and whether it says "not"."""
    empty, negations = _empty_words()
    words = frozenset(Folded.of(text).words)
    telling = frozenset(word for word in words - empty - negations if not word.isdigit() and len(word) > 1)
    return telling, not words.isdisjoint(negations)


@cache
def _empty_words() -> tuple[frozenset[str], frozenset[str]]:
    text = resources.files("nightporter.desk").joinpath("own_words.toml").read_text(encoding="utf-8")
    tables: dict[str, str] = tomllib.loads(text)
    empty = frozenset(word for language in _LANGUAGES for word in Folded.of(tables[language]).words)
    negations = frozenset(Folded.of(tables["negations"]).words)
    return empty - negations, negations
