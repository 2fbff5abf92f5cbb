"""Recognises that a guest is in danger, from their words alone, before anything else is thought about.

Rules, not chance: `emergency.toml` lists what people in danger write. What merely sounds alike ("fire exit?") is
taken out of the text first. Being locked out is an emergency at night only.
"""

from __future__ import annotations

from functools import cache

from nightporter.desk.rules.phrases import WHOLE_WORDS_MAX, Phrases, catalogue, section
from nightporter.desk.rules.text import SENTENCE_MARK, Folded

_NOT_DANGERS = {"sets", "harmless", "locked_out", "locked_out_maybe", "night_words", "cry", "cry_filler"}
_PEOPLE = ("person", "persona", "mensch", "personne", "gente")


class Emergency:
    """The rules of all languages at once: a guest in danger writes whatever comes first."""

    def __init__(self) -> None:
        tables = catalogue("emergency")
        self._dangers = Phrases(
            phrase for key in tables if key not in _NOT_DANGERS for phrase in section("emergency", key)
        )
        self._harmless = Phrases(section("emergency", "harmless"))
        self._locked_out = Phrases(section("emergency", "locked_out"))
        self._maybe_locked_out = Phrases(section("emergency", "locked_out_maybe"))
        self._night_words = Phrases(section("emergency", "night_words"))
        self._people = Phrases(word for people in _PEOPLE for word in tables["sets"][people])
        self._cries = Phrases(section("emergency", "cry"))
        self._cry = self._cries.whole(others=Phrases(section("emergency", "cry_filler")))

    def is_in(self, message: Folded, *, night: bool) -> bool:
        """True when the message speaks of danger; `night`: reception is closed."""
        return (
            self._speaks_of_danger(message)
            or self._cries_for_help(message)
            or self._is_locked_out(message, night=night)
        )

    def _speaks_of_danger(self, message: Folded) -> bool:
        words, text = message.words, message.marked
        if not self._dangers.is_in(words, text):
            return False
        return self._dangers.is_in(words, self._harmless.without(words, text))

    def _is_locked_out(self, message: Folded, *, night: bool) -> bool:
        """At night any word of it counts; by day only plain ones in a message that itself speaks of the night."""
        words, text = message.words, message.marked
        if night and self._maybe_locked_out.is_in(words, text):
            return True
        return self._locked_out.is_in(words, text) and (night or self._night_words.is_in(words, text))

    def _cries_for_help(self, message: Folded) -> bool:
        """Nothing but a cry for help, or such a sentence in a message that speaks of a person."""
        if not self._cries.may_be_in(message.words):
            return False
        if len(message.words) <= WHOLE_WORDS_MAX and self._cry.fullmatch(message.squeezed):
            return True
        sentences = [f" {sentence.strip()} " for sentence in message.marked.split(SENTENCE_MARK)]
        alone = any(
            len(words.split()) <= WHOLE_WORDS_MAX and self._cry.fullmatch(words) for words in sentences
        )
        return alone and self._people.is_in(message.words, message.marked)


@cache
def emergency_rules() -> Emergency:
    """The compiled rules, once per process."""
    return Emergency()
