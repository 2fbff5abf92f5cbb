"""Answers to facts that are kept: they change with everything they depend on, and with nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from tests.desk.topics.rigs import ask, demo_hotel

from nightporter.config.hotel import Hotel, loads
from nightporter.desk import topics
from nightporter.desk.alike import ANSWERS_KEPT_MAX, told_alike
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

FILE = 'hotel: {timezone: Europe/Rome}\nbreakfast: {hours: "07:30-10:30"}\nwifi: {network: %s, password: secret9}\n'
NIGHT = datetime(2026, 11, 23, 23, 5)  # noqa: DTZ001  # in the hotel's own time


def said(topic: str, says: str, hotel: Hotel, **given: Any) -> str:
    return topics.reply(topic, ask(says, hotel=hotel, **given), hotel).text


def test_a_file_that_was_read_again_is_heard_at_once() -> None:
    old, new = loads(FILE % "Lilla"), loads(FILE % "Verde")
    for hotel, network in ((old, "Lilla"), (new, "Verde"), (old, "Lilla")):
        assert network in said("wifi", "which network?", hotel)


def test_what_is_kept_for_one_guest_is_not_told_to_another() -> None:
    hotel = loads(FILE.replace("secret9", "secret9, share: in_house") % "Lilla")
    told = [
        "secret9" in said("wifi", "wifi password?", hotel, match=match)
        for match in ("in_house", "none", "booked", "in_house", "none")
    ]
    assert told == [True, False, False, True, False]


def test_language_day_and_what_is_asked_have_answers_of_their_own() -> None:
    hotel = demo_hotel()
    answers = {
        said("breakfast", "when is breakfast?", hotel),
        said("breakfast", "when is breakfast?", hotel, language="de"),
        said("breakfast", "when is breakfast?", hotel, on=date(2027, 6, 1)),
        said("breakfast", "how much is breakfast?", hotel),
    }
    assert len(answers) == 4


@pytest.mark.parametrize(
    "topic", ["wifi", "breakfast", "checkin_time", "checkout_time", "parking", "pets", "pool"]
)
def test_nothing_else_about_a_guest_changes_the_answer(topic: str) -> None:
    hotel = demo_hotel()
    first = topics.reply(topic, ask("hello", match="in_house"), hotel)
    assert topics.reply(topic, ask("HELLO!", match="in_house", now=NIGHT, slots={"a": "b"}), hotel) is first


def test_only_so_many_are_kept() -> None:
    asked: list[Ask] = []

    def reply(ask: Ask, _hotel: Hotel) -> TopicReply:
        asked.append(ask)
        return TopicReply(text=ask.language)

    answer = told_alike(Catalogue("nightporter.desk.topics.wifi"))(reply)
    hotel = demo_hotel()
    for number in range(ANSWERS_KEPT_MAX + 1):
        assert answer(ask("wifi", str(number)), hotel).text == str(number)
    answer(ask("wifi", str(ANSWERS_KEPT_MAX)), hotel)
    assert len(asked) == ANSWERS_KEPT_MAX + 1, "the newest is kept"
    answer(ask("wifi", "0"), hotel)
    assert len(asked) == ANSWERS_KEPT_MAX + 2, "the oldest is not"
