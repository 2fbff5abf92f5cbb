"""Finds phrases in a guest's words: reads them from a catalogue and compiles them, with a cheap filter before.

How a phrase is written (case, accents and umlauts do not matter):
    help me             these words, one after the other
    child*  *schlussel  a word that begins so, or ends so
    man|woman           one of these
    please?  a|the?     may be there or not
    ..                  up to four words of any kind, within a sentence
    <people>            one of the words of the catalogue's own set `people`
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from nightporter.desk.rules.text import SENTENCE_MARK, fold

GAP_WORDS_MAX = 4
WORDS_CACHED_MAX = 20_000
WHOLE_WORDS_MAX = 10  # a message of more words is never nothing but a greeting or a closing word

_GAP = rf"(?:\w+ ){{0,{GAP_WORDS_MAX}}}"
_NEVER = "(?!)"
_SET = re.compile(r"<(\w+)>")

Catalogue = dict[str, dict[str, list[str]]]


@cache
def catalogue(name: str) -> Catalogue:
    """The tables of `<name>.toml` beside this module: {section: {language: [phrase, ...]}}."""
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
    """A list of phrases, looked up in squeezed or marked text (`text.Folded`)."""

    def __init__(self, phrases: Iterable[str]) -> None:
        anchors: set[str] = set()
        patterns: set[str] = set()
        for phrase in phrases:
            tokens = fold(phrase).replace("'", " ").replace("-", " ").split()
            anchors.add(_anchor(tokens))
            patterns.add("".join(map(_token, tokens)))
        self.pattern = f"(?<= )(?:{'|'.join(sorted(patterns)) or _NEVER})"
        self._found = re.compile(self.pattern)
        self._anchor = re.compile("|".join(sorted(anchors)) or _NEVER)
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

    def find(self, text: str) -> re.Match[str] | None:
        """The first phrase in it, or None."""
        return self._found.search(text)

    def without(self, text: str) -> str:
        """The text with every phrase of the list taken out."""
        return self._found.sub(f"{SENTENCE_MARK} ", text)

    def whole(self, *, others: Phrases) -> re.Pattern[str]:
        """Matches a squeezed text that is nothing but these phrases (at least one) and phrases of `others`.

        Meant for short texts only (`WHOLE_WORDS_MAX`): phrases that begin alike make it try several ways.
        """
        either = f"(?:{self.pattern}|{others.pattern})"
        return re.compile(f" (?:{others.pattern})*{self.pattern}{either}*")

    def leading(self, *, others: Phrases) -> re.Pattern[str]:
        """Matches the run of these phrases and of `others` that a squeezed text begins with."""
        return re.compile(f"^ {self.pattern}(?:{self.pattern}|{others.pattern})*")


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
    best = max(needed, key=lambda words: min(len(word.strip("*")) for word in words))
    return "|".join(_word(word) for word in best)
