"""Wishes that are collected over several messages, by the whole desk: asked, kept, passed on, never carried out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.desk.flow.kit import IN_HOUSE, MINUTE, NOON, at_once, entry, said, turn
from tests.desk.flow.test_real_ears import STRANGER

from nightporter.config.hotel import loads
from nightporter.desk.context import Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser import Recogniser
from nightporter.model.conversation import Memory
from nightporter.model.decision import Decision
from nightporter.model.guest import Stay

HOTEL = loads("""
hotel:
  timezone: Europe/Rome
  language: it
  booking_url: "https://book.faro.example/?from={arrival}&to={departure}&adults={adults}"
reception: {hours: "07:00-23:00"}
pets: {dogs: yes, price: {eur: 8, per: night}}
""")
DESK = Desk(lambda: HOTEL, Recogniser.load())


def talk(*says: str, stays: Sequence[Stay] = ()) -> list[Decision]:
    """One message after the other, each a minute later, with what the desk remembers."""
    decisions: list[Decision] = []
    memory, guest = Memory(), STRANGER
    for number, words in enumerate(says, 1):
        now = NOON + number * MINUTE
        one = turn(entry(words, number=number, now=now, ago=4_000), guest=guest, stays=stays, memory=memory)
        decision = at_once(DESK.answer(one, Context(now_ms=now)))
        memory, guest = decision.memory or memory, decision.guest or guest
        decisions.append(decision)
    return decisions


def test_a_room_is_asked_for_in_three_messages() -> None:
    when, who, done = talk(
        "I would like to book a room", "from 3 to 5 september", "2 adults, one child of 4 and a dog"
    )
    assert "From which day to which day" in said(when)
    assert "How many adults" in said(who)
    assert "from=2026-09-03&to=2026-09-05&adults=2" in said(done)
    (task,) = done.tasks
    assert (task.department, task.topic) == ("reception", "new_booking")
    assert (task.details["ages"], task.details["pets"]) == ("4", "yes")
    assert task.summary == "I would like to book a room"


def test_a_cancellation_is_known_to_staff_before_the_booking_is() -> None:
    asked, done = talk("I want to cancel my booking", "Keller, 12 september")
    assert [task.reason for task in asked.tasks] == ["booking_cancel_which"]
    assert "Nothing is cancelled yet" in said(asked)
    assert [task.reason for task in done.tasks] == ["booking_cancel"]
    assert done.tasks[0].details["surname"] == "Keller"
    assert "cancelled yet" in said(done)


def test_an_invoice_in_two_answers_with_a_card_number_masked() -> None:
    *_, done = talk(
        "I need an invoice for my company",
        "Keller Ltd, GB 123456789",
        "4 King Street, London, card 4111 1111 1111 1111",
        stays=[IN_HOUSE],
    )
    (task,) = done.tasks
    assert "Keller Ltd" in task.details["billing"]
    assert "4111 1111" not in f"{task.summary} {task.details}"
    assert "••••" in task.details["billing"]


@pytest.mark.parametrize(
    "words",
    [
        "is Mr Smith staying with you?",
        "il signor Bianchi è da voi?",
        "wohnt Herr Müller bei Ihnen?",
        "monsieur Dupont est chez vous ?",
        "¿está alojado el señor García?",
    ],
)
def test_nobody_learns_who_stays_here(words: str) -> None:
    (stranger,), (guest,) = talk(words), talk(words, stays=[IN_HOUSE])
    assert said(stranger) == said(guest)
    assert "204" not in said(guest)
    assert [task.topic for task in stranger.tasks] == ["third_party"]
