"""The labelled messages are enough, varied and sound, and none of them is what the recogniser learned."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from tests.evaluation.messages import LANGUAGES, PARTS, Message, read_messages

from nightporter.config.hotel.policy import TOPIC_NAMES
from nightporter.desk.recogniser.examples import made_examples, read_examples

# What no fact of the hotel answers, whatever is asked: its messages never count as automatic.
NEVER_AUTOMATIC = frozenset(
    [
        "emergency",
        "human",
        "optout",
        "complaint",
        "booking_change",
        "booking_cancel",
        "new_booking",
        "price",
        "lost_property",
        "my_booking",
        "third_party",
        "not_a_guest",
        "maintenance",
        "noise",
        "invoice",
    ]
)
TAGS_MIN = {
    "abbreviation": 40,
    "ambiguous": 60,
    "angry": 30,
    "chitchat": 8,
    "codeswitch": 35,
    "dialect": 120,
    "emoji": 25,
    "followup": 40,
    "indirect": 120,
    "long": 25,
    "lowercase": 300,
    "misspelt": 120,
    "multi": 80,
    "near_emergency": 70,
    "near_human": 50,
    "near_optout": 50,
    "negated": 50,
    "nonsense": 20,
    "offtopic": 90,
    "oneword": 20,
    "slang": 70,
    "statement": 35,
    "uncovered": 10,
    "unpunctuated": 300,
}
ALL_MIN = 960
LANGUAGE_MIN = 190
TOPIC_MIN = 12
NONE_MIN = 230
AUTOMATIC_MIN = 450
FLAG_MIN = {"emergency": 70, "optout": 50, "human": 50}
SEALED_SHARE = (0.31, 0.36)
SEALED_TOPIC_MIN = 4

# The sealed files, one after the other in the order of LANGUAGES. No change of them is a good change.
SEALED_SHA256 = "1cf5d066764144d23df7c1b948ee4c4d698a4e2e9c2d77922dda01d1c1047dc8"

Key = tuple[str, ...]


@cache
def part(name: str) -> tuple[Message, ...]:
    return tuple(read_messages(name))


def everything() -> list[Message]:
    return [message for name in PARTS for message in part(name)]


# --- variations: what counts as the same text ----------------------------------------------------------------


def words(text: str) -> list[str]:
    """The words without case, accents, punctuation and pictures; the bare signs of a text that has no word."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    found = re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    return found or ["".join(text.split())]


def is_one_edit(one: str, other: str) -> bool:
    """True when at most one character was added, left out or replaced."""
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    left, right = one[same:], other[same:]
    return left[1:] == right[1:] or left == right[1:] or left[1:] == right


def near_keys(joined: str) -> Iterator[str]:
    """Two texts one edit apart share one of these at least."""
    yield joined
    for at in range(len(joined)):
        yield joined[:at] + joined[at + 1 :]


class Texts:
    """Texts that were seen, found again by their trivial variations."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._near: defaultdict[str, set[str]] = defaultdict(set)
        self._ordered: set[Key] = set()
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        found = words(text)
        joined = "".join(found)
        self._ordered.add(tuple(sorted(found)))
        for key in near_keys(joined):
            self._near[key].add(joined)

    def __contains__(self, text: str) -> bool:
        found = words(text)
        joined = "".join(found)
        return tuple(sorted(found)) in self._ordered or any(
            is_one_edit(joined, other) for key in near_keys(joined) for other in self._near.get(key, ())
        )


# --- the tests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "IS THE SAUNA WARM",
        "is the sauna warm?!",
        "is the saúna warm",
        "warm is the sauna",
        "is the sauna warn",
        "is the sauna wam",
        "is the ssauna warm",
        "is the sau na warm",
    ],
)
def test_a_trivial_variation_is_found(text: str) -> None:
    assert text in Texts(["is the sauna warm"])


@pytest.mark.parametrize("text", ["is the sauna hot", "is the sauna warm today", "is sauna warm", "?"])
def test_another_text_is_another_text(text: str) -> None:
    assert text not in Texts(["is the sauna warm"])


def test_no_message_is_what_the_recogniser_learned() -> None:
    messages = Texts(message.text for message in everything())
    learned = [example.text for example in [*read_examples(), *made_examples()] if example.text in messages]
    assert not learned, "take these training examples away; the messages stay"


def test_no_message_is_there_twice() -> None:
    seen, again = Texts(), list[str]()
    for message in everything():
        if message.text in seen:
            again.append(message.text)
        seen.add(message.text)
    assert not again


def test_there_are_enough_of_each() -> None:
    messages = everything()
    assert len(messages) >= ALL_MIN
    languages = Counter(message.language for message in messages)
    assert {language: n for language in LANGUAGES if (n := languages[language]) < LANGUAGE_MIN} == {}
    topics = Counter(topic for message in messages for topic in message.topics)
    assert {topic: n for topic in TOPIC_NAMES if (n := topics[topic]) < TOPIC_MIN} == {}
    tags = Counter(tag for message in messages for tag in message.tags)
    assert {tag: n for tag, least in TAGS_MIN.items() if (n := tags[tag]) < least} == {}
    assert sum(not message.topics for message in messages) >= NONE_MIN
    assert sum(message.automatic for message in messages) >= AUTOMATIC_MIN
    flags = {flag: sum(getattr(message, flag) for message in messages) for flag in FLAG_MIN}
    assert {flag: n for flag, n in flags.items() if n < FLAG_MIN[flag]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_third_of_each_language_is_sealed(language: str) -> None:
    sizes = {name: sum(message.language == language for message in part(name)) for name in PARTS}
    least, most = SEALED_SHARE
    assert least <= sizes["sealed"] / sum(sizes.values()) <= most


def test_the_sealed_third_was_never_edited() -> None:
    here = Path(__file__).resolve().parent
    files = [here / f"sealed.{language}.toml" for language in LANGUAGES]
    assert sha256(b"".join(file.read_bytes() for file in files)).hexdigest() == SEALED_SHA256


def test_each_topic_is_among_the_sealed() -> None:
    topics = Counter(topic for message in part("sealed") for topic in message.topics)
    assert {topic: n for topic in TOPIC_NAMES if (n := topics[topic]) < SEALED_TOPIC_MIN} == {}


def wrong_labels(message: Message) -> Iterator[str]:
    """What contradicts itself in the labels of a message."""
    topics = set(message.topics)
    if unknown := topics - TOPIC_NAMES:
        yield f"unknown topics {sorted(unknown)}"
    if unknown := message.tags - TAGS_MIN.keys() - {"none"}:
        yield f"unknown tags {sorted(unknown)}"
    if len(topics) < len(message.topics):
        yield "a topic twice"
    if message.automatic and (not topics or topics & NEVER_AUTOMATIC):
        yield "automatic, though no fact of the hotel answers it"
    yield from (
        f"{flag} is no topic of it" for flag in FLAG_MIN if getattr(message, flag) != (flag in topics)
    )
    if ("none" in message.tags) != (not topics) or ("multi" in message.tags) != (len(topics) > 1):
        yield "tags and topics differ"
    if message.text != message.text.strip() or not message.text:
        yield "blanks around it"


def test_labels_agree_with_each_other() -> None:
    assert [(message.text, wrong) for message in everything() for wrong in wrong_labels(message)] == []


def test_contradicting_labels_are_found() -> None:
    message = Message("hi ", "en", ("tea", "tea"), True, True, False, False, frozenset({"none", "odd"}))
    assert len(list(wrong_labels(message))) == 6
