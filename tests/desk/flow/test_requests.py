"""Requests that need several answers: two questions in a message, one after the other, nods that answer, reports."""

from __future__ import annotations

import pytest
from tests.desk.flow.kit import IN_HOUSE, MINUTE, NOON, decide, entry, outcome, said, turn

from nightporter.model.conversation import Memory, Question
from nightporter.model.decision import Decision, Urgency


def memory(decision: Decision) -> Memory:
    assert decision.memory is not None
    return decision.memory


def question(decision: Decision) -> Question:
    asked = memory(decision).question
    assert asked is not None
    return asked


def test_a_table_is_asked_for_step_by_step() -> None:
    first = decide(turn("a table please"))
    assert question(first).asked == ("day", "time")
    assert "For which day? At what time?" in said(first)
    second = decide(turn("tomorrow at 8 in the evening", memory=memory(first)), NOON + MINUTE)
    assert question(second).asked == ("people", "allergies")
    assert not second.tasks
    third = decide(turn("4 of us, no allergies", memory=memory(second)), NOON + 2 * MINUTE)
    assert outcome(third) == ["answered"]
    assert memory(third).question is None
    (task,) = third.tasks
    assert (task.department, task.reason) == ("reception", "to_confirm")
    assert task.details["day"] == "2026-07-11"
    assert task.details["time"] == "20:00"
    assert task.details["people"] == "4"
    assert "11 July, 20:00, people: 4" in said(third)
    assert "once a person has confirmed it" in said(third)
    assert task.summary.startswith("a table please")


def test_only_what_is_missing_is_asked() -> None:
    asked = decide(turn("a table for 2 tomorrow please"))
    assert question(asked).asked == ("time", "allergies")


def test_an_answer_to_half_of_it_is_kept_and_the_rest_asked_again() -> None:
    first = decide(turn("a table please"))
    second = decide(turn("at 8 pm", memory=memory(first)), NOON + MINUTE)
    assert question(second).asked == ("day", "people")
    assert question(second).slots["time"] == "20:00"


def test_a_table_on_a_day_of_rest_is_no_task() -> None:
    decision = decide(turn("a table for 2 on monday at 20:00"))
    assert "closed on 13 July" in said(decision)
    assert not decision.tasks


def test_a_fault_is_reported_at_once_and_the_answer_added() -> None:
    first = decide(turn("the shower is cold", stays=[IN_HOUSE]))
    assert outcome(first) == ["answered"]
    assert [(task.reason, task.details["room"]) for task in first.tasks] == [("fault", "204")]
    assert question(first).asked == ("enter", "since")
    second = decide(
        turn("since last night, yes you can come in", memory=memory(first), stays=[IN_HOUSE]), NOON + MINUTE
    )
    (task,) = second.tasks
    assert (task.reason, task.urgency) == ("addition", Urgency.INFO)
    assert task.details["enter"] == "yes"
    assert task.details["since"] == "since last night, yes you can come in"
    assert memory(second).question is None


@pytest.mark.parametrize("words", ["ok thanks", "ok", "grazie, va bene"])
def test_a_nod_answers_whether_we_may_enter(words: str) -> None:
    first = decide(turn("the shower is cold", stays=[IN_HOUSE]))
    second = decide(turn(words, memory=memory(first), stays=[IN_HOUSE]), NOON + MINUTE)
    assert outcome(second) == ["answered"]
    assert [task.details["enter"] for task in second.tasks] == ["yes"]


def test_a_nod_does_not_answer_for_what_day() -> None:
    first = decide(turn("a table please"))
    second = decide(turn("thanks", memory=memory(first)), NOON + MINUTE)
    assert not second.tasks
    assert question(second).asked_times == 2


def test_a_complaint_is_for_a_person_and_is_acknowledged() -> None:
    decision = decide(turn("I want to complain", stays=[IN_HOUSE]))
    assert outcome(decision) == ["staff:complaint"]
    assert decision.tasks[0].urgency is Urgency.NOW
    assert "I am sorry" in said(decision)
    assert "204" not in said(decision)


def test_a_doubtful_complaint_gets_the_plain_hand_over() -> None:
    decision = decide(turn(entry("perhaps I complain", ago=4_000)))
    assert outcome(decision) == ["staff:unsure"]
    assert "sorry" not in said(decision)


def test_a_lost_thing_is_taken_down_though_only_staff_answer() -> None:
    first = decide(turn("I lost my ring"))
    assert outcome(first) == ["answered"]
    assert [task.reason for task in first.tasks] == ["lost"]
    second = decide(turn("near the bar, on thursday", memory=memory(first)), NOON + MINUTE)
    assert outcome(second) == ["staff:addition"]
    assert second.tasks[0].details["where"] == "near the bar, on thursday"
    assert "passed that on" in said(second)


def test_an_hour_of_the_past_is_an_answer_and_no_wish() -> None:
    first = decide(turn("I lost my ring"))
    second = decide(turn("yesterday at breakfast", memory=memory(first)), NOON + MINUTE)
    assert outcome(second) == ["staff:addition"]
    assert "07:30" not in said(second)


def test_later_questions_thank_and_repeat_nothing() -> None:
    first = decide(turn("a table please"))
    second = decide(turn("tomorrow at 20:00", memory=memory(first)), NOON + MINUTE)
    assert said(second).startswith("Thank you.")
    assert "pass on" not in said(second)
