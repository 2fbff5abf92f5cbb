"""Folds a guest's words into a plain form, so that rules and recogniser see one spelling.

Lower case, no accents, umlauts and their two-letter spelling alike, stretched letters once ("heeelp"), and a few
words that people write in two ways ("wi-fi", "check in") in one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

TEXT_CHARS_MAX = 2_000  # what is considered of a message; the rest is kept and shown, not understood
SENTENCE_MARK = "/"
TEXTS_KEPT = 32  # a turn's words are looked at several times in a row

_LATIN = range(0xC0, 0x250)  # letters with accents of our languages and their neighbours
_PLAIN: dict[int, str | int] = {
    **{code: code for code in range(128)},  # what stays is faster found than missed
    **{ord(sign): "'" for sign in "’‘`´ʼ＇"},
    **{code: unicodedata.normalize("NFKD", chr(code))[0] for code in _LATIN},
    **{ord(letter): plain for letter, plain in {"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o"}.items()},
    **dict.fromkeys(map(ord, "¿¡«»"), " "),
    **{ord(letter): "" for letter in "\u0300\u0301\u0302\u0303\u0308\u0327"},  # accents that stand alone
    0x1F198: " sos ",
}
_THREE_ALIKE = re.compile(r"(.)\1\1")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPELLED_APART = re.compile(
    r"\b(?:wi[- ]fi|check[- ](?:in|out)|hot[- ]spot|opt[- ]out|room[- ]service|can[- ]not|no[- ]one|qulqu[' ]un)\b"
)
_APART = re.compile(r"[-' ]")
_CONTRACTED = re.compile(r"(?<=n)'(?=t\b)|(?<=\bi)'(?=m\b)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_WORD_OR_END = re.compile(r"[^\W\d_]+|\d+|[?!;\n]|\.(?=\s|$)")


def fold(text: str) -> str:
    """`text` in its plain form, at most `TEXT_CHARS_MAX` characters of it; punctuation stays."""
    text = text[:TEXT_CHARS_MAX].lower()
    if not text.isascii():
        text = text.translate(_PLAIN)
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text).lower()
            text = "".join([c for c in text if not unicodedata.combining(c)])[:TEXT_CHARS_MAX]
    text = text.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    if _THREE_ALIKE.search(text):
        text = _STRETCHED.sub(r"\1", text)
    if "'" in text:
        text = _CONTRACTED.sub("", text)
    return _SPELLED_APART.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    return _APART.sub("", found[0])


def words_of(folded: str) -> list[str]:
    """The words and numbers of a folded text, in order."""
    return _WORD.findall(folded)


@dataclass(frozen=True, slots=True)
class Folded:
    """A message in its plain form."""

    text: str  # with punctuation
    words: tuple[str, ...]
    squeezed: str  # the words only, a space before, between and behind
    marked: str  # the same with `SENTENCE_MARK` where a sentence ends

    @staticmethod
    @lru_cache(TEXTS_KEPT)
    def of(text: str) -> Folded:
        """`text` folded."""
        folded = fold(text)
        tokens: list[str] = _WORD_OR_END.findall(folded)
        words = [token for token in tokens if token not in _ENDS]
        squeezed = f" {' '.join(words)} "
        if len(words) == len(tokens):
            return Folded(folded, tuple(words), squeezed, squeezed)
        marked = " ".join([SENTENCE_MARK if token in _ENDS else token for token in tokens])
        return Folded(folded, tuple(words), squeezed, f" {marked} ")


_ENDS = frozenset("?!;\n.")
