"""Reads a message once more with its dialect words and misspellings in the spelling that our phrases use.

`spelling.toml` lists what people say instead of a word. Besides, a longer word that is none of our phrases' but sounds
like one ("newsleter", "balkony") counts as that. The rules look at both readings, so nothing is lost by a wrong one.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources

from nightporter.desk.rules.phrases import WORDS_CACHED_MAX, catalogue, section
from nightporter.desk.rules.text import SENTENCE_MARK, TEXTS_KEPT, Folded, fold

SOUND_LETTERS_MIN = 6  # shorter words sound like too many others

_SPOKEN_OF = (("optout", "objects"), ("optout", "stop_words"), ("speech", "human"))
_WORD = re.compile(r"[^\W\d_]+(\*?)")
_DOUBLE = re.compile(r"(.)\1")
_SOUNDS = (
    (re.compile("ph"), "f"),
    (re.compile("s?c(?=[eiy])|z"), "s"),
    (re.compile("ck|q|c(?!h)"), "k"),
    (re.compile("(?<=[^c])h"), ""),
    (re.compile("[vw]"), "b"),
    (re.compile("[yj]"), "i"),
)


class Spelling:
    """Finds for a word the one that is meant."""

    def __init__(self) -> None:
        text = resources.files("nightporter.desk.rules").joinpath("spelling.toml").read_text(encoding="utf-8")
        self._meant: dict[str, str] = {
            fold(variant): fold(word)
            for language in tomllib.loads(text).values()
            for word, variants in language.items()
            for variant in variants
        }
        self._words: set[str] = set()
        self._starts: set[str] = set()
        for phrase in _phrases():
            for found in _WORD.finditer(fold(phrase).replace("'", " ")):
                (self._starts if found[1] else self._words).add(found[0].removesuffix("*"))
        self._sounds = _by_sound(self._words)
        self._known: dict[str, str] = {}

    def of(self, words: tuple[str, ...]) -> list[str]:
        """Each word, or the one that it stands for (or words)."""
        known = self._known
        return [known.get(word) or self._learn(word) for word in words]

    def _learn(self, word: str) -> str:
        if len(self._known) >= WORDS_CACHED_MAX:
            self._known.clear()
        meant = self._known[word] = self._meant.get(word) or self._alike(word)
        return meant

    def _alike(self, word: str) -> str:
        sizes = range(len(word), SOUND_LETTERS_MIN - 2, -1)
        if not sizes or word in self._words or any(word[:size] in self._starts for size in sizes):
            return word
        return self._sounds.get(_sound(word), word)


@lru_cache(TEXTS_KEPT)
def readings(message: Folded) -> tuple[Folded, ...]:
    """The message as it is and, where that differs, as it is meant."""
    meant = _spelling().of(message.words)
    if all(map(str.__eq__, meant, message.words)):
        return (message,)
    following = iter(meant)
    marked = [token if token == SENTENCE_MARK else next(following) for token in message.marked.split()]
    squeezed = " ".join(meant)
    return message, Folded(message.text, tuple(squeezed.split()), f" {squeezed} ", f" {' '.join(marked)} ")


def _phrases() -> list[str]:
    of_emergency = (("emergency", key) for key in catalogue("emergency") if key != "sets")
    return [phrase for name, key in (*of_emergency, *_SPOKEN_OF) for phrase in section(name, key)]


def _by_sound(words: set[str]) -> dict[str, str]:
    return {_sound(word): word for word in sorted(words) if len(word) >= SOUND_LETTERS_MIN}


def _sound(word: str) -> str:
    for sound, letter in _SOUNDS:
        word = sound.sub(letter, word)
    return _DOUBLE.sub(r"\1", word)


@cache
def _spelling() -> Spelling:
    """The words of all rules, once per process."""
    return Spelling()
