"""Finds phrases in a guest's words: reads them from a catalogue and compiles them, with a cheap filter before.

How a phrase is written (case, accents and umlauts do not matter):
    help me             these words, one after the other
    child*  *schlussel  a word that begins so, or ends so
    man|woman           one of these
    please?             may be there or not
    ..                  up to four words of any kind (at most three gaps in a phrase)
    <people>            one of the words of the catalogue's own set `people`
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from nightporter.desk.rules.text import fold

GAP_WORDS_MAX = 4
WORDS_CACHED_MAX = 20_000
WHOLE_WORDS_MAX = 10  # a message of more words is never nothing but a greeting or a closing word

_GAP = rf"(?:\w+ ){{0,{GAP_WORDS_MAX}}}"
_NEVER = re.compile(r"(?!)")
_SET = re.compile(r"<(\w+)>")

Catalogue = dict[str, dict[str, list[str]]]


@cache
def catalogue(name: str) -> Catalogue:
    """The tables of `<name>.toml` beside this module: {section: {key: [phrase, ...]}}."""
    text = resources.files("nightporter.desk.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def section(name: str, key: str) -> list[str]:
    """All phrases of one section of a catalogue, every language, with its sets filled in."""
    tables = catalogue(name)
    sets = {word: "|".join(phrases) for word, phrases in tables.get("sets", {}).items()}
    return [_filled(phrase, sets) for phrases in tables[key].values() for phrase in phrases]


def _filled(phrase: str, sets: Mapping[str, str]) -> str:
    return _SET.sub(lambda found: sets[found[1]], phrase)


class Phrases:
    """A list of phrases, looked up in squeezed text (`text.squeezed`)."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._anchors: set[str] = set()
        self._patterns: list[str] = []
        for phrase in phrases:
            tokens = fold(phrase).replace("'", " ").replace("-", " ").split()
            self._anchors.add(_anchor(tokens))
            self._patterns.append("".join(map(_token, tokens)))
        self._found = _either(self._patterns, "(?<= )")
        self._anchor = re.compile("|".join(sorted(self._anchors)) or "(?!)")
        self._telling: dict[str, bool] = {}

    def may_be_in(self, words: Iterable[str]) -> bool:
        """False when no phrase can be among these words; costs a lookup per word."""
        telling = self._telling
        for word in words:
            known = telling.get(word)
            if known is None:
                known = self._anchor.fullmatch(word) is not None
                if len(telling) < WORDS_CACHED_MAX:
                    telling[word] = known
            if known:
                return True
        return False

    def find(self, squeezed: str) -> re.Match[str] | None:
        """The first phrase in it, or None."""
        return self._found.search(squeezed)

    def without(self, squeezed: str) -> str:
        """The text with every phrase of the list taken out."""
        return self._found.sub("/ ", squeezed)

    def whole(self, *, others: Phrases | None = None) -> re.Pattern[str]:
        """Matches a squeezed text that is nothing but these phrases (at least one) and phrases of `others`.

        Meant for short texts only (`WHOLE_WORDS_MAX`): phrases that begin alike make it try several ways.
        """
        if not self._patterns:
            return _NEVER
        own = "|".join(self._patterns)
        more = "|".join(others._patterns) if others else "(?!)"
        return re.compile(rf" (?:{more})*(?:{own})(?:{own}|{more})*")


def _either(patterns: list[str], before: str) -> re.Pattern[str]:
    return re.compile(rf"{before}(?:{'|'.join(patterns)})") if patterns else _NEVER


def _token(token: str) -> str:
    if token == "..":
        return _GAP
    optional = token.endswith("?")
    words = "|".join(_word(word) for word in token.removesuffix("?").split("|"))
    return f"(?:(?:{words}) )?" if optional else f"(?:{words}) "


def _word(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\w*")


def _anchor(tokens: list[str]) -> str:
    """The token of a phrase that tells most: the one whose shortest word is longest."""
    needed = [token.split("|") for token in tokens if token != ".." and not token.endswith("?")]
    assert needed, f"a phrase of optional words only: {tokens}"
    best = max(needed, key=lambda words: min(len(word) for word in words))
    return "|".join(_word(word) for word in best)
