"""Questions of ours: answered, called off, forgotten, asked again; taps and quoted messages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.flow.kit import GUEST, HOUR, IN_HOUSE, MINUTE, NOON, decide, entry, outcome, said, turn

from nightporter.model.conversation import Memory, Question
from nightporter.model.message import MessageKind

ROOM = Question(topic="housekeeping", slot="room", asked_ms=NOON - MINUTE, slots={"item": "towels"})
ASKED = Memory(question=ROOM)


def test_a_wish_without_a_room_asks_for_it_and_the_next_message_gives_it() -> None:
    asked = decide(turn("two towels please"))
    assert outcome(asked) == ["answered"]
    assert asked.memory is not None
    assert asked.memory.question is not None
    assert asked.memory.question.slot == "room"
    assert not asked.tasks
    given = decide(turn("room 31", memory=asked.memory), NOON + MINUTE)
    assert outcome(given) == ["answered"]
    assert [task.department for task in given.tasks] == ["housekeeping"]
    assert given.memory is not None
    assert given.memory.question is None


@pytest.mark.parametrize(
    "words", ["204", "room 204", "la 204 grazie", "we are in room 204 on the second floor"]
)
def test_a_room_is_found_in_the_guests_words(words: str) -> None:
    decision = decide(turn(words, memory=ASKED))
    assert outcome(decision) == ["answered"]
    assert [task.department for task in decision.tasks] == ["housekeeping"]


def test_an_answer_and_a_new_wish_in_one() -> None:
    decision = decide(turn("room 204, and when is breakfast?", memory=ASKED))
    assert outcome(decision) == ["answered"]
    assert "07:30" in said(decision)
    assert [task.department for task in decision.tasks] == ["housekeeping"]


def test_a_new_wish_drops_the_question() -> None:
    decision = decide(turn("when is breakfast?", memory=ASKED))
    assert "07:30" in said(decision)
    assert decision.memory is not None
    assert decision.memory.question is None
    assert not decision.tasks


def test_a_question_is_dropped_after_a_day() -> None:
    old = Memory(question=replace(ROOM, asked_ms=NOON - 25 * HOUR))
    decision = decide(turn(entry("204", ago=4_000), memory=old))
    assert outcome(decision) == ["staff:not_understood"]


@pytest.mark.parametrize("words", ["annulla", "Cancel!", "never mind", "lassen Sie es"])
def test_cancel_ends_the_open_question(words: str) -> None:
    decision = decide(turn(entry(words, ago=4_000), memory=ASKED))
    assert outcome(decision) == ["answered"]
    assert decision.memory is not None
    assert decision.memory.question is None
    assert not decision.tasks


def test_a_tap_on_an_offered_button_answers_and_a_stale_one_is_read() -> None:
    question = Question(topic="housekeeping", slot="item", asked_ms=NOON, choices=("towel", "pillow"))
    memory = Memory(question=question)
    tap = entry("Pillow", kind=MessageKind.CHOICE, choice="pillow")
    decision = decide(turn(tap, memory=memory, stays=[IN_HOUSE]))
    assert outcome(decision) == ["answered"]
    stale = entry("Parking", kind=MessageKind.CHOICE, choice="old-button")
    assert "12" in said(decide(turn(stale, memory=memory)))


def test_and_tomorrow_is_about_what_was_answered_just_now() -> None:
    first = decide(turn("is the pool open today?"))
    assert first.memory is not None
    assert first.memory.last_topics == ("pool",)
    decision = decide(turn("e il 12 gennaio?", memory=first.memory, guest=GUEST), NOON + MINUTE)
    assert outcome(decision) == ["answered"]
    assert decision.trace.sources or said(decision)
    later = entry("e domani?", now=NOON + HOUR, ago=4_000)
    assert outcome(decide(turn(later, memory=first.memory), NOON + HOUR)) == ["staff:not_understood"]


def test_a_quoted_message_tells_what_a_fragment_is_about() -> None:
    quoted = replace(entry("e domani?"), refers_to="The pool is open.")
    decision = decide(turn(quoted))
    assert decision.wait_until_ms == NOON + 4_000
    decision = decide(turn(quoted), NOON + 4_000)
    assert outcome(decision) == ["answered"]
    assert "09:00" in said(decision)


def test_two_questions_one_after_the_other_make_one_task_with_both_answers() -> None:
    question = Question(topic="late_arrival", slot="time", asked_ms=NOON, slots={"wish": "we will be late"})
    asked = decide(turn("around one", memory=Memory(question=question)))
    assert not asked.tasks
    assert asked.memory is not None
    assert asked.memory.question is not None
    assert asked.memory.question.slot == "booking"
    given = decide(turn("Martin, today", memory=asked.memory), NOON + MINUTE)
    assert [task.department for task in given.tasks] == ["reception"]
    assert given.tasks[0].details["time"] == "01:00"
    assert given.tasks[0].details["booking"] == "Martin, today"
    assert "Martin" not in said(given)
