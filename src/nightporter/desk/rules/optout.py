"""Recognises who wants no more messages from us, and who ends a question of ours.

Opting out takes a whole message that is a stop word, or "stop" with an object ("no more ads", "delete my number").
It ends what we send unasked, never answers; so "stop the noise" must not count, and a "cancel" has its own meaning.
"""

from __future__ import annotations

from functools import cache

from nightporter.desk.rules.phrases import WHOLE_WORDS_MAX, Phrases, section
from nightporter.desk.rules.spelling import readings
from nightporter.desk.rules.text import Folded


class OptOut:
    """The rules of all languages at once."""

    def __init__(self) -> None:
        self._stops = Phrases(section("optout", "stop_words"))
        self._stop = self._stops.whole(others=Phrases(section("optout", "filler")))
        self._objects = Phrases(section("optout", "objects"))
        self._not_meant = Phrases(section("optout", "not_meant"))
        self._cancels = Phrases(section("optout", "cancel"))
        self._cancel = self._cancels.whole(others=Phrases(section("optout", "filler")))

    def is_in(self, message: Folded) -> bool:
        """True when the guest wants no more messages."""
        return any(map(self._is_meant, readings(message)))

    def _is_meant(self, message: Folded) -> bool:
        words, text = message.words, message.marked
        if self._is_stop(message):
            return True
        return self._objects.is_in(words, text) and self._objects.is_in(
            words, self._not_meant.without(words, text)
        )

    def _is_stop(self, message: Folded) -> bool:
        if len(message.words) > WHOLE_WORDS_MAX or "?" in message.text:
            return False
        return self._stops.may_be_in(message.words) and self._stop.fullmatch(message.squeezed) is not None

    def cancels(self, message: Folded) -> bool:
        """True when the message says nothing but "cancel", "never mind"."""
        if len(message.words) > WHOLE_WORDS_MAX or not self._cancels.may_be_in(message.words):
            return False
        return self._cancel.fullmatch(message.squeezed) is not None


@cache
def opt_out_rules() -> OptOut:
    """The compiled rules, once per process."""
    return OptOut()


def cancels_question(text: str) -> bool:
    """True when `text` only calls off what we asked: it ends a question of ours that is open."""
    return opt_out_rules().cancels(Folded.of(text))
