"""Recognises that a guest is in danger, from their words alone, before anything else is thought about.

Rules: `emergency.toml` lists what people in danger write. What merely sounds alike ("fire exit?") is taken out of the
text first. Being locked out is an emergency at night only. The recogniser's model listens besides.
"""

from __future__ import annotations

import re
from functools import cache

from nightporter.desk.rules.phrases import WHOLE_WORDS_MAX, Phrases, catalogue, section
from nightporter.desk.rules.spelling import readings
from nightporter.desk.rules.text import SENTENCE_MARK, Folded

# Sections of the catalogue that are no dangers in themselves.
_HARMLESS = ("harmless", "figures", "devices")
_LIGHTLY = ("not_serious", "in_earnest", "plans", "trifles")
_OF_THE_NIGHT = ("locked_out", "locked_out_maybe", "night_words")
_LAUGHING = re.compile("[😂🤣😅😆😁😄😜😉😋🙃😍🥰🥳🤭💃🕺🎉🎶]")
_CRIES = ("cry", "cry_filler", "alarm")
# Dangers that count unless the message laughs; unless it laughs or calls off a stay; unless it laughs or is of trifles.
_OFTEN_JOKED = ("water", "violence")
_OFTEN_PAST = ("heart", "injury", "hurt_or_dead", "call")
_CALLS = ("plain_call",)
_PEOPLE = ("person", "persona", "mensch", "personne", "gente")


class Emergency:
    """The rules of all languages at once: a guest in danger writes whatever comes first."""

    def __init__(self) -> None:
        tables = catalogue("emergency")
        others = {"sets", *_HARMLESS, *_LIGHTLY, *_OF_THE_NIGHT, *_CRIES, "alarm_of_any"}
        groups = (_OFTEN_JOKED, _OFTEN_PAST, _CALLS)
        self._dangers = _phrases(*sorted(tables.keys() - others.union(*groups)))
        self._joked, self._past, self._calls = (_phrases(*group) for group in groups)
        self._laughs, self._in_earnest, self._plans, self._trifles = map(_phrases, _LIGHTLY)
        self._harmless = _phrases(*_HARMLESS)
        self._locked_out, self._maybe_locked_out, self._night_words = map(_phrases, _OF_THE_NIGHT)
        self._people = Phrases(word for people in _PEOPLE for word in tables["sets"][people])
        self._cries, filler, fires = map(_phrases, _CRIES)
        self._alarms = _phrases("alarm", "alarm_of_any")
        self._only_cry = self._cries.whole(others=filler)
        self._only_alarm = self._alarms.whole(others=filler)
        self._only_fire = fires.whole(others=filler)

    def is_in(self, message: Folded, *, night: bool) -> bool:
        """True when the message speaks of danger; `night`: reception is closed."""
        return any(self._is_meant(reading, night=night) for reading in readings(message))

    def _is_meant(self, message: Folded, *, night: bool) -> bool:
        return (
            self._speaks_of_danger(message)
            or self._cries_for_help(message)
            or self._is_locked_out(message, night=night)
        )

    def _speaks_of_danger(self, message: Folded) -> bool:
        words, text = message.words, message.marked
        counting = [dangers for dangers in self._counting(message) if dangers.is_in(words, text)]
        if not counting:
            return False
        meant = self._harmless.without(words, text)
        return any(dangers.is_in(words, meant) for dangers in counting)

    def _counting(self, message: Folded) -> list[Phrases]:
        """The dangers that count in a message of this tone."""
        words, text = message.words, message.marked
        counting = [self._dangers]
        if self.is_fun(message):
            return counting
        counting.append(self._joked)
        if not self._plans.is_in(words, text):
            counting.append(self._past)
        if not self._trifles.is_in(words, text):
            counting.append(self._calls)
        return counting

    def is_fun(self, message: Folded) -> bool:
        """True when the message laughs; "not joking" is none."""
        if _LAUGHING.search(message.text):
            return True
        words, text = message.words, message.marked
        return self._laughs.is_in(words, text) and self._laughs.is_in(
            words, self._in_earnest.without(words, text)
        )

    def speaks_of_locked_doors(self, message: Folded) -> bool:
        """Names what is an emergency at night only."""
        return self._locked_out.is_in(message.words, message.marked)

    def _is_locked_out(self, message: Folded, *, night: bool) -> bool:
        """At night any word of it counts; by day only plain ones in a message that itself speaks of the night."""
        words, text = message.words, message.marked
        if night and self._maybe_locked_out.is_in(words, text):
            return True
        return self._locked_out.is_in(words, text) and (night or self._night_words.is_in(words, text))

    def _cries_for_help(self, message: Folded) -> bool:
        """Nothing but a cry for help, or "fire!" as a sentence, or "help!" beside a person; no joke, no trifle."""
        words, text = message.words, message.marked
        if not self._cries.may_be_in(words) and not self._alarms.may_be_in(words):
            return False
        if self.is_fun(message):
            return False
        sentences = [f" {sentence.strip()} " for sentence in text.split(SENTENCE_MARK)]
        short = [words for words in (message.squeezed, *sentences) if words.count(" ") <= WHOLE_WORDS_MAX + 1]
        trifle = self._trifles.is_in(words, text)
        if any((self._only_fire if trifle else self._only_alarm).fullmatch(words) for words in short):
            return True
        cries = [words for words in short if self._only_cry.fullmatch(words)]
        return message.squeezed in cries or bool(cries and not trifle and self._people.is_in(words, text))


def _phrases(*keys: str) -> Phrases:
    return Phrases(phrase for key in keys for phrase in section("emergency", key))


@cache
def emergency_rules() -> Emergency:
    """The compiled rules, once per process."""
    return Emergency()
