"""Hand-over, hold, limits, kinds without a rule, and people who are upset."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.flow.kit import (
    GUEST,
    HOTEL,
    HOUR,
    IN_HOUSE,
    MINUTE,
    NIGHT,
    NOON,
    at,
    decide,
    entry,
    outcome,
    said,
    turn,
)

from nightporter.config.hotel import Hotel
from nightporter.model.conversation import Memory
from nightporter.model.decision import Urgency
from nightporter.model.message import MessageKind


def late_entry(words: str, hours: float, now: int = NOON) -> object:
    return entry(words, at_ago=int(hours * HOUR), now=now)


def test_a_hand_over_says_until_when_reception_is_there() -> None:
    decision = decide(turn("I want a refund"))
    assert outcome(decision) == ["staff:other_topic"]
    assert "until 23:00" in said(decision)
    assert "+39 0431 555010" in said(decision)
    assert "shortly" not in said(decision).lower()


def test_a_hand_over_at_night_says_from_when_and_names_the_nights_phone() -> None:
    decision = decide(turn(entry("I want a refund", now=NIGHT)), NIGHT)
    assert "today from 07:00" in said(decision)
    assert "+39 347 5550112" in said(decision)
    assert "today" not in said(decision).partition("\n")[0]


def test_a_hand_over_is_not_said_twice_within_half_an_hour() -> None:
    first = decide(turn("I want a refund"))
    assert first.memory is not None
    later = entry("my lawyer will write", number=2, now=NOON + 10 * MINUTE)
    second = decide(turn(later, memory=first.memory), NOON + 10 * MINUTE)
    assert outcome(second) == ["staff:other_topic"]
    assert not second.sayings
    assert second.tasks[0].key != first.tasks[0].key
    third = entry("my lawyer will write", number=3, now=NOON + 31 * MINUTE)
    assert said(decide(turn(third, memory=first.memory), NOON + 31 * MINUTE))


def test_without_a_file_every_question_of_fact_goes_to_staff() -> None:
    decision = decide(turn("breakfast?"), hotel=Hotel.empty())
    assert outcome(decision) == ["staff:not_in_file"]
    assert "A person will read it" in said(decision)


def test_policy_makes_stricter() -> None:
    strict = replace(HOTEL, policy={"breakfast": "staff", "parking": "draft"})
    assert outcome(decide(turn("breakfast?"), hotel=strict)) == ["staff:policy"]
    decision = decide(turn("parking?"), hotel=strict)
    assert outcome(decision) == ["staff:look_first"]
    assert decision.tasks[0].draft


def test_who_asks_for_a_person_gets_one() -> None:
    decision = decide(turn("can I talk to a human"))
    assert outcome(decision) == ["staff:asked_for_person"]
    assert decision.tasks[0].urgency is Urgency.NOW


def test_an_upset_guest_gets_an_apology_with_who_and_when_and_no_facts() -> None:
    decision = decide(turn("this is disgusting, and where is the breakfast?"))
    assert outcome(decision) == ["staff:angry"]
    assert decision.tasks[0].urgency is Urgency.NOW
    assert "I am sorry" in said(decision)
    assert "until 23:00" in said(decision)
    assert "07:30" not in said(decision)
    assert decision.memory is not None
    assert not decide(turn("a scandal", memory=decision.memory), NOON + MINUTE).sayings


@pytest.mark.parametrize(
    ("kind", "reason", "part"),
    [
        (MessageKind.ORDER, "sent", "passed what you sent"),
        (MessageKind.CONTACTS, "sent", "passed what you sent"),
        (MessageKind.LOCATION, "sent", "passed what you sent"),
        (MessageKind.DOCUMENT, "sent", "passed what you sent"),
        (MessageKind.VIDEO, "sent", "passed what you sent"),
        (MessageKind.FORM, "sent", "passed what you sent"),
        (MessageKind.CALL, "call", "+39 0431 555010"),
        (MessageKind.UNSUPPORTED, "unreadable", "again as text"),
        (MessageKind.UNKNOWN, "unreadable", "again as text"),
        (MessageKind.VOICE, "voice", "voice messages"),
        (MessageKind.AUDIO, "voice", "voice messages"),
        (MessageKind.TEXT, "unreadable", "again as text"),
    ],
)
def test_kinds_that_staff_must_look_at(kind: MessageKind, reason: str, part: str) -> None:
    decision = decide(turn(entry(kind=kind)))
    assert outcome(decision) == [f"staff:{reason}"]
    assert part in said(decision)


def test_the_line_about_voice_notes_is_said_once_a_day() -> None:
    first = decide(turn(entry(kind=MessageKind.VOICE)))
    assert first.memory is not None
    soon = decide(turn(entry(kind=MessageKind.VOICE, now=NOON + HOUR), memory=first.memory), NOON + HOUR)
    assert outcome(soon) == ["staff:voice"]
    assert not soon.sayings
    day = 24 * HOUR
    assert said(decide(turn(entry(kind=MessageKind.VOICE, now=NOON + day), memory=first.memory), NOON + day))


def test_words_beside_a_thing_are_answered_and_the_thing_goes_to_staff() -> None:
    decision = decide(turn(entry(kind=MessageKind.LOCATION, number=1), entry("parking?", number=2)))
    assert outcome(decision) == ["staff:sent", "answered"]
    assert "the rest of your message" in said(decision)


def test_while_staff_hold_the_guest_waits_for_them() -> None:
    made = turn("breakfast?", held_by="anna", held_until_ms=NOON + 2 * HOUR)
    assert decide(made).wait_until_ms == NOON + 10 * MINUTE
    alarm = decide(made, NOON + 10 * MINUTE)
    assert alarm.wait_until_ms == NOON + 20 * MINUTE
    assert [task.reason for task in alarm.tasks] == ["held"]
    assert not alarm.dispositions
    facts = decide(made, NOON + 20 * MINUTE)
    assert outcome(facts) == ["answered"]
    assert "07:30" in said(facts)


def test_the_end_of_the_hold_is_looked_at_too() -> None:
    made = turn("breakfast?", held_by="anna", held_until_ms=NOON + 3 * MINUTE)
    assert decide(made).wait_until_ms == NOON + 3 * MINUTE
    assert outcome(decide(made, NOON + 3 * MINUTE)) == ["answered"]


def test_after_twenty_minutes_only_safe_facts_are_given() -> None:
    made = turn("towels please", stays=[IN_HOUSE], held_by="anna", held_until_ms=NOON + 2 * HOUR)
    decision = decide(made, NOON + 20 * MINUTE)
    assert outcome(decision) == ["staff:held_long"]
    assert "until 23:00" in said(decision)


def test_staff_who_write_have_answered() -> None:
    made = turn("breakfast?", staff_wrote_ms=NOON + 5, held_by="anna", held_until_ms=NOON + 2 * HOUR)
    assert outcome(decide(made, NOON + MINUTE)) == ["silent:staff_speaking"]


def test_what_came_after_staff_wrote_waits() -> None:
    made = turn(
        entry("breakfast?", number=1, ago=2 * MINUTE),
        entry("and parking?", number=2),
        staff_wrote_ms=NOON - MINUTE,
        held_by="anna",
        held_until_ms=NOON + 2 * HOUR,
    )
    assert decide(made).wait_until_ms == NOON + 10 * MINUTE
    decision = decide(made, NOON + 20 * MINUTE)
    assert outcome(decision) == ["silent:staff_speaking", "answered"]
    assert decision.sayings[0].quote == "wamid.2"


def test_eight_answers_an_hour_then_one_hand_over_text_then_staff_in_silence() -> None:
    full = Memory(answers_ms=tuple(NOON - n * MINUTE for n in range(9, 1, -1)))
    first = decide(turn("breakfast?", memory=full))
    assert outcome(first) == ["staff:limit"]
    assert said(first)
    assert first.memory is not None
    second = decide(turn("parking?", memory=first.memory), NOON + MINUTE)
    assert outcome(second) == ["staff:limit"]
    assert not second.sayings
    later = decide(turn(entry("parking?", now=NOON + HOUR), memory=full), NOON + HOUR)
    assert outcome(later) == ["answered"]


def test_twenty_five_answers_a_day() -> None:
    full = Memory(answers_ms=tuple(NOON - n * 50 * MINUTE for n in range(25, 0, -1)))
    assert outcome(decide(turn("breakfast?", memory=full))) == ["staff:limit"]
    assert outcome(decide(turn("breakfast?", memory=Memory(answers_ms=full.answers_ms[2:])))) == ["answered"]


def test_the_same_text_three_times_is_shown_to_staff() -> None:
    memory, outcomes, texts = Memory(), list[str](), list[str]()
    for number in range(4):
        now = NOON + number * 5 * MINUTE
        decision = decide(turn(entry("breakfast?", number=number, now=now), memory=memory), now)
        assert decision.memory is not None
        memory, outcomes, texts = decision.memory, outcomes + outcome(decision), [*texts, said(decision)]
    assert outcomes == ["answered", "answered", "staff:repeated", "staff:repeated"]
    assert [bool(text) for text in texts] == [True, True, True, False]


def test_another_machine_is_left_alone_and_shown_to_staff() -> None:
    words = "This is an automated reply. We are out of the office until Monday."
    decision = decide(turn(words, last_answer_ms=NOON - 2_000))
    assert outcome(decision) == ["silent:loop"]
    assert [task.urgency for task in decision.tasks] == [Urgency.INFO]
    assert not decision.sayings
    assert decide(turn(words, last_answer_ms=NOON - HOUR)).wait_until_ms


def test_a_sentence_that_comes_back_at_once_and_again_is_a_machine() -> None:
    words = "Welcome, which breakfast do you want today"
    memory, outcomes = Memory(), list[str]()
    for number in range(3):
        now = NOON + number * 5_000
        decision = decide(
            turn(
                entry(words, number=number, now=now),
                memory=memory,
                last_answer_ms=now - 2_000 if number else 0,
            ),
            now,
        )
        assert decision.memory is not None
        memory, outcomes = decision.memory, outcomes + outcome(decision)
    assert outcomes == ["answered", "answered", "silent:loop"]


def test_late_but_open_is_answered_with_a_sorry_and_a_quote() -> None:
    decision = decide(turn(late_entry("breakfast?", 3)))  # type: ignore[arg-type]
    assert outcome(decision) == ["answered"]
    assert said(decision).startswith("I am sorry that this answer comes late.")
    assert decision.sayings[0].quote == "wamid.1"


def test_late_and_about_that_moment_goes_to_staff() -> None:
    decision = decide(turn(late_entry("is the pool open now?", 3)))  # type: ignore[arg-type]
    assert outcome(decision) == ["staff:late"]
    assert "sorry" in said(decision)


def test_tomorrow_is_counted_from_the_day_the_guest_wrote() -> None:
    now = at("2026-03-14 09:00:00")  # the pool opens on the 15th
    yesterday = decide(turn(late_entry("is the pool open tomorrow?", 20, now)), now)  # type: ignore[arg-type]
    assert "09:00" not in said(yesterday)


def test_late_and_answered_by_staff_is_silent() -> None:
    made = turn(late_entry("breakfast?", 3), staff_wrote_ms=NOON - HOUR)  # type: ignore[arg-type]
    assert outcome(decide(made)) == ["silent:staff_speaking"]


def test_after_the_window_nothing_can_be_said() -> None:
    decision = decide(turn(late_entry("breakfast?", 25)))  # type: ignore[arg-type]
    assert outcome(decision) == ["staff:window_closed"]
    assert not decision.sayings
    made = turn(late_entry("breakfast?", 25), staff_wrote_ms=NOON - HOUR)  # type: ignore[arg-type]
    assert outcome(decide(made)) == ["silent:too_old"]


def test_a_newer_message_keeps_the_window_open_for_an_older_one() -> None:
    made = [entry("breakfast?", number=1, at_ago=30 * HOUR), entry("parking?", number=2)]
    assert outcome(decide(turn(*made))) == ["answered", "answered"]


def test_maybe_answered_is_for_staff_to_look_at() -> None:
    decision = decide(turn(replace(entry("breakfast?"), answered_elsewhere=True)))
    assert outcome(decision) == ["staff:maybe_answered"]
    assert not decision.sayings


def test_the_first_answer_says_that_a_machine_writes() -> None:
    new = replace(GUEST, told_machine_ms=0)
    decision = decide(turn("breakfast?", guest=new))
    assert decision.sayings[0].discloses
    assert said(decision).endswith("ring +39 0431 555010.")
    assert not decide(turn("breakfast?")).sayings[0].discloses
    year_ago = replace(GUEST, told_machine_ms=NOON - 366 * 24 * HOUR)
    assert decide(turn("breakfast?", guest=year_ago)).sayings[0].discloses
