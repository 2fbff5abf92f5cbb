"""Finds phrases in a guest's words: reads them from a catalogue and looks only for those that may be there.

How a phrase is written (case, accents and umlauts do not matter):
    help me             these words, one after the other
    child*  *box        a word that begins, or ends, so
    man|woman           one of these
    please?  a|the?     may be there or not
    ..                  up to four words of any kind, within a sentence
    <people>            one of the words of the catalogue's own set `people`
    a b & c             both in one sentence, in any order
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from nightporter.desk.rules.text import SENTENCE_MARK, fold

GAP_WORDS_MAX = 4
WORDS_CACHED_MAX = 16_384
WHOLE_WORDS_MAX = 10  # a message of more words is never nothing but a greeting or a closing word

GAP_SIGN = ".."
TOGETHER_SIGN = "&"

_GAP = rf"(?:\w+ ){{0,{GAP_WORDS_MAX}}}"
_NEVER = "(?!)"
_START = f"(?:^|{SENTENCE_MARK})"
_SIGNS = (GAP_SIGN, TOGETHER_SIGN)
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
    sets = {word: _filled(phrases, sets) for word, phrases in sets.items()}
    return [_filled(phrase, sets) for phrases in tables[key].values() for phrase in phrases]


def _filled(phrase: str, sets: Mapping[str, str]) -> str:
    return _SET.sub(lambda found: sets[found[1]], phrase)


class Lexicon:
    """Tells for a word which lists of phrases it may belong to: one number, a bit for each list."""

    def __init__(self) -> None:
        self._lists: list[Phrases] = []
        self._masks: dict[str, int] = {}
        self._words: tuple[str, ...] = ()
        self._mask = 0

    def add(self, phrases: Phrases) -> int:
        """Takes in a list and gives it its bit."""
        self._lists.append(phrases)
        self._masks.clear()
        self._words = ()
        return 1 << (len(self._lists) - 1)

    def mask(self, words: tuple[str, ...]) -> int:
        """The bits of all lists that some of these words may belong to."""
        if words is self._words:
            return self._mask
        mask = 0
        masks = self._masks
        for word in words:
            bits = masks.get(word)
            mask |= self._learn(word) if bits is None else bits
        self._words, self._mask = words, mask
        return mask

    def _learn(self, word: str) -> int:
        if len(self._masks) >= WORDS_CACHED_MAX:
            self._masks.clear()
        mask = sum(phrases.bit for phrases in self._lists if phrases.begun_by(word))
        self._masks[word] = mask
        return mask


_LEXICON = Lexicon()


class Phrases:
    """A list of phrases. Each is filed under its telling word, and looked for only where that word is."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._patterns: list[str] = []
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._exact: dict[str, list[int]] = {}
        self._starts: dict[str, list[int]] = {}
        self._anywhere: list[int] = []
        self._candidates: dict[str, tuple[int, ...]] = {}
        for phrase in dict.fromkeys(phrases):
            self._file(fold(phrase).replace("'", " ").replace("-", " ").split())
        self.bit = _LEXICON.add(self)

    def _file(self, tokens: list[str]) -> None:
        at = len(self._patterns)
        self._patterns.append(_together(tokens) if TOGETHER_SIGN in tokens else "".join(map(_token, tokens)))
        for word in _telling(tokens):
            start, star, _ = word.partition("*")
            if star and not start:  # `*box`: any word may end so
                self._anywhere.append(at)
            else:
                (self._starts if star else self._exact).setdefault(start, []).append(at)

    @property
    def pattern(self) -> str:
        """A regular expression for any of the phrases, a space behind it."""
        return f"(?<= )(?:{'|'.join(sorted(self._patterns)) or _NEVER})"

    def begun_by(self, word: str) -> tuple[int, ...]:
        """The phrases whose telling word this is."""
        known = self._candidates.get(word)
        if known is None:
            found = [*self._exact.get(word, ()), *self._anywhere]
            for size in range(1, len(word) + 1):
                found += self._starts.get(word[:size], ())
            known = tuple(found)
            if len(self._candidates) >= WORDS_CACHED_MAX:
                self._candidates.clear()
            self._candidates[word] = known
        return known

    def is_in(self, words: tuple[str, ...], text: str) -> bool:
        """True when one of the phrases is in `text`, a squeezed or marked text (`text.Folded`) of these words."""
        if not _LEXICON.mask(words) & self.bit:
            return False
        compiled = self._compiled
        return any((compiled.get(at) or self._search(at)).search(text) for at in self._among(words))

    def may_be_in(self, words: tuple[str, ...]) -> bool:
        """False when no phrase can be among these words."""
        return bool(_LEXICON.mask(words) & self.bit)

    @staticmethod
    def mask(words: tuple[str, ...]) -> int:
        """The bits of all lists that some of these words may belong to."""
        return _LEXICON.mask(words)

    def without(self, words: tuple[str, ...], text: str) -> str:
        """The text with every phrase of the list taken out."""
        if _LEXICON.mask(words) & self.bit:
            for at in self._among(words):
                text = self._search(at).sub(f"{SENTENCE_MARK} ", text)
        return text

    def whole(self, *, others: Phrases) -> re.Pattern[str]:
        """Matches a squeezed text that is nothing but these phrases (at least one) and phrases of `others`.

        Meant for short texts only (`WHOLE_WORDS_MAX`): phrases that begin alike make it try several ways.
        """
        own, more = self.pattern, others.pattern
        return re.compile(f" (?:{more})*{own}(?:{own}|{more})*")

    def leading(self) -> re.Pattern[str]:
        """Matches the run of these phrases that a squeezed text begins with."""
        return re.compile(f"^ (?:{self.pattern})+")

    def _among(self, words: tuple[str, ...]) -> Iterable[int]:
        """The phrases filed under these words, each once."""
        found: list[int] = []
        candidates = self._candidates
        for word in words:
            filed = candidates.get(word)
            if filed is None:
                filed = self.begun_by(word)
            if filed:
                found += filed
        return dict.fromkeys(found) if len(found) > 1 else found

    def _search(self, at: int) -> re.Pattern[str]:
        found = self._compiled.get(at)
        if found is None:
            pattern = self._patterns[at]
            found = self._compiled[at] = re.compile(
                pattern if pattern.startswith(_START) else f"(?<= ){pattern}"
            )
        return found


def _together(tokens: list[str]) -> str:
    """Finds each group of tokens somewhere behind the start of a sentence."""
    groups = " ".join(tokens).split(f" {TOGETHER_SIGN} ")
    patterns = ["".join(map(_token, group.split())) for group in groups]
    return _START + "".join(f"(?=[^{SENTENCE_MARK}]* {pattern})" for pattern in patterns)


def _token(token: str) -> str:
    if token == GAP_SIGN:
        return _GAP
    optional = token.endswith("?")
    words = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in token.removesuffix("?").split("|"))
    return f"(?:(?:{words}) )?" if optional else f"(?:{words}) "


def _telling(tokens: list[str]) -> list[str]:
    """The token of a phrase that tells most, as its words: the one whose shortest word is longest."""
    needed = [token.split("|") for token in tokens if token not in _SIGNS and not token.endswith("?")]
    assert needed, f"a phrase of optional words only: {tokens}"
    return max(needed, key=lambda words: min(len(word.partition("*")[0]) for word in words))
