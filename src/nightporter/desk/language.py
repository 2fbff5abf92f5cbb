"""Which language a guest speaks: what one message tells, and what we make of it over several.

A guest's language starts from a hint (booking, country of the phone) and is not flipped by one short message: it takes
two messages that agree, or one of four words or more that leaves no doubt. What the guest or staff chose stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp

from nightporter.desk.understanding import Understanding
from nightporter.model.guest import Guest, LanguageSource

SURE_WORDS_MIN = 4
SURE_SHARE_MIN = 0.9  # of one language against all others
TOLD_SHARE_MIN = 0.6  # below, the words do not tell
TOLD_ALONE_MIN = 0.75  # the same, for a message of one or two words
HINT_SCORE = 0.6  # what the hint adds to its language

# Country calling codes whose people mostly speak one of our languages; the longest that fits counts.
_CODES = {
    "en": "1 27 44 61 64 65 91 92 233 234 254 255 256 260 263 350 353 356 230",
    "it": "39 378 379",
    "de": "41 43 49 423",
    "fr": "32 33 212 213 216 221 223 225 226 227 228 229 237 241 242 243 261 262 352 377 590 594 596 687 689"
    " 1418 1438 1514 1581",
    "es": "34 51 52 53 54 56 57 58 240 376 502 503 504 505 506 507 591 593 595 598 1787 1809 1829 1849 1939",
}
_LANGUAGE_OF_CODE = {code: language for language, codes in _CODES.items() for code in codes.split()}
_CODE_DIGITS_MAX = 4


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one message tells of its language; "" when the words do not tell and there is no hint."""

    language: str
    sure: bool

    @classmethod
    def of(cls, scores: Mapping[str, float], words: int, languages: tuple[str, ...], hint: str) -> Hearing:
        """The likeliest of `languages` by their scores (logarithms of a likelihood), or `hint` where that is open."""
        known = hint if hint in languages else ""
        heard = {language: scores[language] for language in languages if language in scores}
        if not heard or not words:
            return cls(known, sure=False)
        top = max(heard, key=heard.__getitem__)
        alone = _share(heard, top)
        if known:
            heard[known] += HINT_SCORE if known in heard else 0
            top = max(heard, key=heard.__getitem__)
        least = TOLD_SHARE_MIN if words > 2 else TOLD_ALONE_MIN
        if _share(heard, top) < least:
            return cls(known, sure=False)
        return cls(top, sure=words >= SURE_WORDS_MIN and alone >= SURE_SHARE_MIN)


def _share(scores: Mapping[str, float], language: str) -> float:
    own = scores[language]
    return 1 / sum([exp(score - own) for score in scores.values()])


def next_language(guest: Guest, understanding: Understanding) -> Guest:
    """The guest with what this message tells of their language.

    Only a message that tells (`language` not "", at least one word) moves anything. One that agrees confirms the
    language; one that disagrees becomes the rival, and switches when it is sure or the rival was heard just before.
    """
    heard = understanding.language
    if not heard or not understanding.words or guest.language_source is LanguageSource.CHOSEN:
        return guest
    if guest.language and (understanding.greeting or understanding.thanks):
        return guest  # "ciao" and "merci" are said in every language
    if heard == guest.language:
        source = LanguageSource.HEARD if understanding.language_sure else guest.language_source
        if source is guest.language_source and not guest.language_rival:
            return guest
        return replace(guest, language_rival="", language_source=source)
    if not guest.language:
        source = LanguageSource.HEARD if understanding.language_sure else LanguageSource.HINT
        return replace(guest, language=heard, language_source=source, language_rival="")
    if understanding.language_sure or heard == guest.language_rival:
        return replace(guest, language=heard, language_source=LanguageSource.HEARD, language_rival="")
    return replace(guest, language_rival=heard)


def language_of_phone(digits: str) -> str:
    """The language hinted at by a phone number's country code (`digits` without plus); "" for none of ours."""
    for size in range(_CODE_DIGITS_MAX, 0, -1):
        language = _LANGUAGE_OF_CODE.get(digits[:size])
        if language is not None:
            return language
    return ""
