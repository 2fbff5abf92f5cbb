"""Which language a guest speaks: what one message tells, and what we make of it over several.

A guest's language starts from a hint (booking, country of the phone) and is not flipped by one short message: it takes
two messages that agree, or one of four words or more that leaves no doubt. What the guest or staff chose stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nightporter.desk.understanding import Understanding
from nightporter.model.guest import Guest, LanguageSource

SURE_WORDS_MIN = 4
SURE_SHARE_MIN = 0.9  # of one language against all others
TOLD_SHARE_MIN = 0.6  # below, the words do not tell
TOLD_ALONE_MIN = 0.75  # the same, for a message of one or two words
HINT_SCORE = 0.6  # what the hint adds to its language

# Country calling codes whose people mostly speak one of our languages; the longest that fits counts.
_LANGUAGE_OF_CODE = {
    "1": "en", "1787": "es", "1809": "es", "1829": "es", "1849": "es", "1939": "es", "1438": "fr", "1514": "fr", "1418": "fr", "1581": "fr",
    "27": "en", "30": "", "32": "fr", "33": "fr", "34": "es", "350": "en", "352": "fr", "353": "en", "356": "en", "376": "es",
    "377": "fr", "378": "it", "379": "it", "39": "it", "41": "de", "43": "de", "423": "de", "44": "en", "49": "de", "51": "es",
    "52": "es", "53": "es", "54": "es", "56": "es", "57": "es", "58": "es", "501": "en", "502": "es", "503": "es", "504": "es",
    "505": "es", "506": "es", "507": "es", "591": "es", "593": "es", "595": "es", "598": "es", "61": "en", "64": "en", "65": "en",
    "211": "en", "212": "fr", "213": "fr", "216": "fr", "221": "fr", "223": "fr", "225": "fr", "226": "fr", "227": "fr", "228": "fr", "229": "fr",
    "230": "en", "233": "en", "234": "en", "237": "fr", "240": "es", "241": "fr", "242": "fr", "243": "fr", "254": "en", "255": "en", "256": "en",
    "260": "en", "261": "fr", "262": "fr", "263": "en", "590": "fr", "594": "fr", "596": "fr", "687": "fr", "689": "fr", "91": "en", "92": "en",
}  # fmt: skip
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
        top = max(heard, key=lambda language: heard[language])
        alone = _share(heard, top)
        if known:
            heard[known] += HINT_SCORE if known in heard else 0
            top = max(heard, key=lambda language: heard[language])
        least = TOLD_SHARE_MIN if words > 2 else TOLD_ALONE_MIN
        if _share(heard, top) < least:
            return cls(known, sure=False)
        return cls(top, sure=words >= SURE_WORDS_MIN and alone >= SURE_SHARE_MIN)


def _share(scores: Mapping[str, float], language: str) -> float:
    return 1 / sum(math.exp(score - scores[language]) for score in scores.values())


def next_language(guest: Guest, understanding: Understanding) -> Guest:
    """The guest with what this message tells of their language.

    Only a message that tells (`language` not "", at least one word) moves anything. One that agrees confirms the
    language; one that disagrees becomes the rival, and switches when it is sure or the rival was heard just before.
    """
    heard = understanding.language
    if not heard or not understanding.words or guest.language_source is LanguageSource.CHOSEN:
        return guest
    if understanding.thanks or (understanding.emergency and not understanding.language_sure):
        return guest
    if heard == guest.language:
        source = LanguageSource.HEARD if understanding.language_sure else guest.language_source
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
