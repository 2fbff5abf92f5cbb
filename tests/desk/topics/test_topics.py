"""What holds for all topics, over every example, language and tie to the house."""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from tests.desk.topics.rigs import IN_HOUSE, ask, demo_hotel

from nightporter.config.hotel import Hotel, loads
from nightporter.desk import rendering, topics
from nightporter.desk.understanding import Ask, TopicReply

LANGUAGES = ("en", "it", "de", "fr", "es")
EXAMPLES_MIN = 25
ASKED = 20  # of a topic's examples in a language, spread over them all
ANSWER_CHARS_MAX = 700
SECRETS = ("limonaia-1912", "2580")
FACTUAL = (
    "wifi",
    "breakfast",
    "checkin_time",
    "checkout_time",
    "parking",
    "pets",
    "pool",
    "gym",
    "directions",
    "beach",
    "bikes",
    "nearby",
    "room_facts",
    "accessibility",
    "children",
    "payment_tax",
    "documents",
)
TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
TELLING = re.compile(r"\d|€|\bCHF\b|Ginestra")
SHORTLY = re.compile(
    r"\b(shortly|soon|a breve|in kürze|gleich|bientôt|sous peu|en breve|pronto)\b", re.IGNORECASE
)
TOPIC_NAMES = list(topics.TOPICS)


def folder(topic: str) -> Path:
    return Path(str(resources.files("nightporter.desk.topics").joinpath(topic)))


@cache
def examples(topic: str) -> dict[str, list[str]]:
    return tomllib.loads((folder(topic) / "examples.toml").read_text(encoding="utf-8"))


@cache
def asks(topic: str) -> list[Ask]:
    return [
        ask(sentences[at * len(sentences) // ASKED], language, match=match)
        for language, sentences in examples(topic).items()
        for at in range(ASKED)
        for match in ("none", "in_house")
    ]


@cache
def replies(topic: str) -> list[tuple[Ask, TopicReply]]:
    return [(one, topics.reply(topic, one, demo_hotel())) for one in asks(topic)]


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_first_line_tells_a_lock_screen_nothing(topic: str) -> None:
    for _, reply in replies(topic):
        first = TIME.sub("", reply.text.partition("\n")[0])
        assert not TELLING.search(first)
        assert IN_HOUSE.room not in first


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_answers_are_short_and_plain(topic: str) -> None:
    for _, reply in replies(topic):
        assert len(reply.text) <= ANSWER_CHARS_MAX
        assert not re.search(r"[*_`{}<>]|None", reply.text)
        assert not SHORTLY.search(reply.text)
        assert reply.text == reply.text.strip()


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_nobody_who_is_not_in_the_house_learns_a_secret(topic: str) -> None:
    for one, reply in replies(topic):
        if one.match != "in_house":
            assert not any(secret in reply.text for secret in SECRETS)


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_sources_are_paths_of_the_file_that_hold_something(topic: str) -> None:
    for one, reply in replies(topic):
        for path in reply.sources:
            assert demo_hotel().at(path, one.on) not in (None, ())


@pytest.mark.parametrize("topic", FACTUAL)
def test_what_the_file_does_not_know_goes_to_staff(topic: str) -> None:
    for one in asks(topic):
        assert topics.reply(topic, one, Hotel.empty()) == TopicReply()


@pytest.mark.parametrize(
    "topic",
    [
        "wifi",
        "breakfast",
        "parking",
        "pets",
        "pool",
        "spa",
        "restaurant",
        "room_service",
        "transfer",
        "gym",
        "beach",
        "bikes",
        "children",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_is_said_as_no(topic: str, language: str) -> None:
    hotel = loads(f"{topic}: no")
    reply = topics.reply(topic, ask(examples(topic)[language][0], language), hotel)
    assert reply.text
    assert reply.sources == (topic,)
    assert not re.search(r"\d", reply.text)


@pytest.mark.parametrize(
    "topic", ["breakfast", "pool", "pets", "spa", "restaurant", "gym", "beach", "bikes", "children"]
)
def test_share_keeps_a_block_to_guests(topic: str) -> None:
    hotel = loads(f"{topic}: {{share: guest, text: {{en: Only for guests.}}}}")
    assert topics.reply(topic, ask("?"), hotel).text == ""
    assert "Only for guests." in topics.reply(topic, ask("?", match="booked"), hotel).text


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_examples_are_enough_and_differ(topic: str) -> None:
    assert set(examples(topic)) == set(LANGUAGES)
    for sentences in examples(topic).values():
        assert len({sentence.lower() for sentence in sentences}) == len(sentences) >= EXAMPLES_MIN


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_catalogue_has_every_sentence_in_every_language(topic: str) -> None:
    check_catalogue(rendering.Catalogue(f"nightporter.desk.topics.{topic}"))


def test_shared_catalogue_has_every_sentence_in_every_language() -> None:
    check_catalogue(rendering.Catalogue("nightporter.desk", "rendering.toml", "no-words"))
    check_catalogue(rendering.Catalogue("nightporter.desk", "reasons.toml", "no-words"))
    check_catalogue(rendering.Catalogue("nightporter.desk", "collecting.toml", "no-words"))
    check_catalogue(rendering.Catalogue("nightporter.desk", "bookings.toml", "no-words"))
    check_catalogue(rendering.Catalogue("nightporter.desk", "leads.toml", "no-words"))


def check_catalogue(catalogue: rendering.Catalogue) -> None:
    for key, by_language in catalogue.sentences.items():
        assert set(by_language) == set(LANGUAGES), key
        names = {frozenset(fields(sentence)) for sentence in by_language.values()}
        assert len(names) == 1, key
        assert all(sentence.strip() for sentence in by_language.values()), key


def fields(sentence: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_every_sentence_is_said_somewhere(topic: str) -> None:
    code = (folder(topic) / "__init__.py").read_text(encoding="utf-8")
    keys = rendering.Catalogue(f"nightporter.desk.topics.{topic}").sentences
    words = set(tomllib.loads((folder(topic) / "words.toml").read_text(encoding="utf-8")))
    for key in keys:
        stem = key.partition(".")[0].removesuffix("_any")
        said = re.search(rf"[\"']({stem}|{stem.removeprefix('no_')})\b", code)
        assert said or stem in words or stem.removeprefix("no_") in words or key in ("lead", "no"), key


def test_every_task_reason_has_its_words_for_staff() -> None:
    reasons = rendering.Catalogue("nightporter.desk", "reasons.toml", "no-words").sentences
    used = {reply.task.reason for topic in TOPIC_NAMES for _, reply in replies(topic) if reply.task}
    used |= {"request_arrival", "addition", "allergy", "late_arrival"}
    assert {f"reasons.{reason}" for reason in used} == set(reasons)


def test_an_unknown_topic_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        topics.reply("weather", ask("?"), demo_hotel())


@pytest.mark.parametrize("topic", TOPIC_NAMES)
@pytest.mark.parametrize("says", ["", "   ", "\x00", "🙂", "?" * 4000, "ß" * 50])
def test_odd_words_do_no_harm(topic: str, says: str) -> None:
    topics.reply(topic, ask(says), demo_hotel())


def test_a_language_that_is_not_ours_is_answered_in_english() -> None:
    assert topics.reply("pool", ask("pool?", "pt"), demo_hotel()).text.startswith("About the pool:")


def test_the_same_ask_gives_the_same_answer() -> None:
    one = ask("two towels please", match="in_house")
    assert topics.reply("housekeeping", one, demo_hotel()) == topics.reply(
        "housekeeping", replace(one), demo_hotel()
    )
