"""Reads the small words of speech: thanks, greetings, a call for a person, anger, messages that are cut off.

Each rule takes a folded message and says yes or no; the phrases stand in `speech.toml`.
"""

from __future__ import annotations

import re
from functools import cache

from nightporter.desk.rules.phrases import WHOLE_WORDS_MAX, Phrases, section
from nightporter.desk.rules.spelling import readings
from nightporter.desk.rules.text import Folded

FEW_WORDS_MAX = 4
FRAGMENT_WORDS_MAX = 12
SHOUTED_LETTERS_MIN = 12  # this many capitals, and next to nothing else
SHOUTED_SHARE = 0.8
# Words that turn a topic into another: what the recogniser's guards look for.
GUARDS = (
    *("allergy", "access", "blame", "not_working", "lost", "calls_off", "praise", "sells"),
    *("bike", "bark", "dog", "in_room", "early", "late", "per_head", "of_staff"),
)

_NUMBER = re.compile(r"\d+")
_ANGRY_SIGN = re.compile("[😡🤬😠👿🖕]")
_CUT_OFF = re.compile(r"(?:,|:|…|\.\.\.?|-)\s*$")


class Speech:
    """The rules of all languages at once."""

    def __init__(self) -> None:
        greeting_filler = Phrases(section("speech", "greeting_filler"))
        self._thanks = Phrases(section("speech", "thanks"))
        self._greetings = Phrases(section("speech", "greeting"))
        both = Phrases(section("speech", "thanks_filler") + section("speech", "greeting"))
        self._only_thanks = self._thanks.whole(others=both)
        self._only_greeting = self._greetings.whole(others=greeting_filler)
        self._human = Phrases(section("speech", "human"))
        self._human_alone = Phrases(section("speech", "human_alone"))
        self._not_human = Phrases(section("speech", "not_human"))
        self._robot = Phrases(section("speech", "robot"))
        self._anger = Phrases(section("speech", "anger"))
        self._openers = Phrases(section("speech", "opener"))
        self._whereabouts = Phrases(section("speech", "whereabouts"))
        aside = Phrases(
            section("speech", "greeting") + section("speech", "greeting_filler") + section("optout", "filler")
        )
        self._only_human = self._human_alone.whole(others=aside)
        self._only_opener = self._openers.whole(others=aside)
        self._only_whereabouts = self._whereabouts.whole(others=aside)
        self._unfinished = Phrases(section("speech", "unfinished"))
        self._ends_unfinished = re.compile(rf".*{self._unfinished.pattern}$")
        self.guards = {name: Phrases(section("speech", name)) for name in GUARDS}
        self._leading = self._greetings.leading()

    def is_thanks(self, message: Folded) -> bool:
        """Nothing but thanks or a closing word; or no word at all but an emoji."""
        if not message.words:
            return any(ord(sign) > 0x2000 and not sign.isspace() for sign in message.text)
        if len(message.words) > WHOLE_WORDS_MAX or "?" in message.text or self.is_greeting(message):
            return False
        return (
            self._thanks.may_be_in(message.words)
            and self._only_thanks.fullmatch(message.squeezed) is not None
        )

    def is_greeting(self, message: Folded) -> bool:
        """Nothing but a greeting."""
        if not message.words or len(message.words) > WHOLE_WORDS_MAX:
            return False
        return (
            self._greetings.may_be_in(message.words)
            and self._only_greeting.fullmatch(message.squeezed) is not None
        )

    def after_greeting(self, message: Folded) -> tuple[str, ...]:
        """The words behind the greeting that a message begins with; all when nothing else is said."""
        if not self._greetings.may_be_in(message.words):
            return message.words
        greeting = self._leading.match(message.squeezed)
        words = tuple(message.squeezed[greeting.end() :].split()) if greeting else message.words
        return words or message.words

    def wants_human(self, message: Folded) -> bool:
        """Asks for a person, or to be called; "reception" alone is enough."""
        return any(map(self._is_for_human, readings(message)))

    def speaks_of_people(self, message: Folded) -> bool:
        """Names people without asking for one: "per person", "the man at the desk was kind"."""
        return self._not_human.is_in(message.words, message.marked)

    def _is_for_human(self, message: Folded) -> bool:
        words, text = message.words, message.marked
        if self._human.is_in(words, text) and self._human.is_in(words, self._not_human.without(words, text)):
            return True
        few = len(words) <= FEW_WORDS_MAX and self._human_alone.may_be_in(words)
        return few and self._only_human.fullmatch(message.squeezed) is not None

    def is_angry(self, message: Folded, original: str) -> bool:
        """Angry words, or a message shouted with an exclamation mark."""
        if _ANGRY_SIGN.search(original):
            return True
        if self._anger.is_in(message.words, message.marked):
            return True
        if "??" in original and self._robot.is_in(message.words, message.marked):
            return True
        return "!" in original and _is_shouted(original)

    def is_fragment(self, message: Folded) -> bool:
        """More is likely to follow: an opening word only, a room number only, or the end is missing."""
        return self.only_opens(message) or self.is_cut_off(message)

    def is_cut_off(self, message: Folded) -> bool:
        """No word, a number only, or an end that is none: a comma, "and", "I would like"."""
        words = message.words
        if not words or all(word.isdigit() for word in words):
            return True
        if len(words) > FRAGMENT_WORDS_MAX or "?" in message.text:
            return False
        if _CUT_OFF.search(message.text):
            return True
        return self._unfinished.may_be_in(words) and self._ends_unfinished.match(message.squeezed) is not None

    def only_opens(self, message: Folded) -> bool:
        """Nothing but "I have a question", "room 204", "my name is ..."."""
        words, squeezed = message.words, message.squeezed
        if len(words) > WHOLE_WORDS_MAX:
            return False
        if _NUMBER.search(squeezed):
            squeezed = _NUMBER.sub("0", squeezed)
            words = tuple(squeezed.split())
        if self._openers.may_be_in(words) and self._only_opener.fullmatch(squeezed):
            return True
        return self._whereabouts.may_be_in(words) and self._only_whereabouts.fullmatch(squeezed) is not None


@cache
def speech_rules() -> Speech:
    """The compiled rules, once per process."""
    return Speech()


def _is_shouted(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    return capitals >= SHOUTED_LETTERS_MIN and capitals >= SHOUTED_SHARE * len(letters)
