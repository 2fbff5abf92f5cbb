"""Folds a guest's words into a plain form, so that rules and recogniser see one spelling.

Lower case, no accents, umlauts and their two-letter spelling alike, stretched letters once ("heeelp"), and a few
words that people write in two ways ("wi-fi", "check in") in one.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_CHARS_MAX = 2_000  # what is considered of a message; the rest is kept and shown, not understood

_QUOTES = {ord(c): "'" for c in "’‘`´ʼ＇"} | {ord("ß"): "ss", ord("œ"): "oe", ord("æ"): "ae", ord("ø"): "o"}
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPELLED_APART = re.compile(r"\b(wi|check|room|late|early|hot|opt)[- ](fi|in|out|spot|service)\b")
_NOT = re.compile(r"n't\b")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_STRETCHABLE = re.compile(r"([^\W\d_])\1\1")


def fold(text: str) -> str:
    """`text` in its plain form, at most `TEXT_CHARS_MAX` characters of it; punctuation stays."""
    text = text[:TEXT_CHARS_MAX].lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_QUOTES))
        text = "".join([c for c in text if not unicodedata.combining(c)])[:TEXT_CHARS_MAX]
    text = text.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    if _STRETCHABLE.search(text):
        text = _STRETCHED.sub(r"\1", text)
    if "n't" in text:
        text = _NOT.sub("nt", text)
    return _SPELLED_APART.sub(r"\1\2", text)


def words_of(folded: str) -> list[str]:
    """The words and numbers of a folded text, in order."""
    return _WORD.findall(folded)


def squeezed(folded: str) -> str:
    """Words and numbers only, one space between, one at either end: what phrases are looked up in."""
    return f" {' '.join(_WORD.findall(folded))} "
