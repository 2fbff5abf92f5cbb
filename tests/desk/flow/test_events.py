"""A delayed flight: told to the guest who sits in it, else shown to staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.desk.flow.kit import GUEST, HOUR, IN_HOUSE, NOON, ZONE, at_once, desk, said

from nightporter.desk.context import Addressee, Context
from nightporter.desk.events import concerns, read_delay
from nightporter.model.conversation import Conversation
from nightporter.model.decision import Decision, Urgency
from nightporter.model.guest import LanguageSource, flight_number
from nightporter.model.message import Entry, EntryKind

STAY = replace(IN_HOUSE, arrival="2026-07-10")
OPEN = Conversation(
    conversation_id="c1", guest_id="g1", channel="whatsapp", number="1", last_guest_ms=NOON - HOUR
)
TO = Addressee(guest=GUEST, stay=STAY, conversation=OPEN)
NOW = datetime(2026, 7, 10, 12, tzinfo=ZONE)


def event(kind: str = "flight.delay.detected", **payload: Any) -> Entry:
    data = {"type": kind, "payload": payload}
    return Entry(kind=EntryKind.EVENT, channel="mesh", dedupe="evt-1", at_ms=NOON, data=data)


DELAY = event(flightNumber="AZ1353", delayMinutes=95, newArrivalTime="2026-07-10T20:40:00+02:00")


def react(made: Entry, to: Addressee | None = TO, **context: Any) -> Decision:
    return at_once(desk().react(made, to, Context(now_ms=NOON, **context)))


def test_the_guest_is_told_and_staff_know() -> None:
    decision = react(DELAY)
    assert "AZ1353 is delayed by about 1 h 35 min" in said(decision)
    assert "20:40" in said(decision)
    assert "AZ1353" not in said(decision).partition("\n")[0]
    assert [task.reason for task in decision.tasks] == ["flight_delay"]
    assert decision.tasks[0].urgency is Urgency.INFO
    assert decision.memory is not None
    assert decision.memory.answers_ms == (NOON,)


def test_in_the_guests_language_with_the_phone_when_nobody_is_there_then() -> None:
    to = replace(
        TO, guest=replace(GUEST, language="de", language_source=LanguageSource.HEARD, told_machine_ms=0)
    )
    decision = react(event(flightNumber="AZ 1353", delayMinutes=300, newArrivalTime="2026-07-10T23:50"), to)
    assert "Verspätung" in said(decision)
    assert "+39 347 5550112" in said(decision)
    assert decision.sayings[0].discloses


@pytest.mark.parametrize(
    "to",
    [
        replace(TO, guest=replace(GUEST, opted_out_ms=1)),
        replace(TO, conversation=None),
        replace(TO, conversation=replace(OPEN, last_guest_ms=NOON - 25 * HOUR)),
        replace(TO, conversation=replace(OPEN, held_until_ms=NOON + HOUR)),
    ],
)
def test_who_may_not_be_written_to_becomes_a_task_with_the_words(to: Addressee) -> None:
    decision = react(DELAY, to)
    assert not decision.sayings
    assert [task.reason for task in decision.tasks] == ["flight_delay_untold"]
    assert decision.tasks[0].urgency is Urgency.NOW
    assert "AZ1353" in decision.tasks[0].draft


def test_while_the_provider_wants_no_such_messages_staff_get_the_words() -> None:
    decision = react(DELAY, TO, proactive=False)
    assert not decision.sayings
    assert "AZ1353" in decision.tasks[0].draft


def test_a_template_goes_where_the_window_is_closed() -> None:
    closed = replace(TO, conversation=replace(OPEN, last_guest_ms=NOON - 25 * HOUR))
    decision = react(DELAY, closed, templates={("flight_delay", "en"): "delay_v2"})
    template = decision.sayings[0].content.template
    assert template is not None
    assert (template.name, template.parameters) == ("delay_v2", ("AZ1353", "1 h 35 min", "20:40"))


def test_a_flight_of_nobodys_is_shown() -> None:
    decision = react(DELAY, None)
    assert [task.reason for task in decision.tasks] == ["flight_delay_nobody"]
    assert "AZ1353" in decision.tasks[0].summary


@pytest.mark.parametrize(
    "made", [event("flight.cancelled", flightNumber="AZ1353"), event(), event(flightNumber=7)]
)
def test_what_cannot_be_acted_on_is_shown_too(made: Entry) -> None:
    decision = react(made)
    assert [task.reason for task in decision.tasks] == ["event"]


def test_one_event_for_two_guests_is_two_tasks_and_again_the_same_two() -> None:
    companion = replace(TO, guest=replace(GUEST, guest_id="g2"))
    keys = {react(DELAY, to).tasks[0].key for to in (TO, companion, TO)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("az 0123", "AZ123"),
        ("U2-3721", "U23721"),
        ("DLH4TN", ""),
        ("EZY12A", "EZY12A"),
        ("4U9522", "4U9522"),
        ("x", ""),
    ],
)
def test_one_spelling_for_a_flight(text: str, number: str) -> None:
    assert flight_number(text) == number


@pytest.mark.parametrize(
    ("arrival", "lands", "is_meant"),
    [
        ("2026-07-10", "2026-07-10T20:40:00+02:00", True),
        ("2026-07-10", "2026-07-11T00:40:00+02:00", True),
        ("2026-08-10", "2026-07-10T20:40:00+02:00", False),
        ("2026-07-10", "20:40", True),
        ("2026-07-10", None, True),
        ("2026-07-10", "soon", True),
    ],
)
def test_the_flight_of_that_day_is_meant(arrival: str, lands: str | None, is_meant: bool) -> None:
    delay = read_delay(event(flightNumber="AZ1353", delayMinutes="90", newArrivalTime=lands), NOW)
    assert delay is not None
    assert delay.minutes == 90
    assert concerns(delay, replace(STAY, arrival=arrival), NOW) is is_meant
