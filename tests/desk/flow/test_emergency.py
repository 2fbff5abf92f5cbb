"""Emergencies: first, at once, past every pause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.flow.kit import GUEST, HOUR, IN_HOUSE, MINUTE, NIGHT, NOON, decide, entry, outcome, said, turn

from nightporter.config.hotel import Hotel
from nightporter.model.conversation import Memory
from nightporter.model.decision import Decision, Urgency
from nightporter.model.message import MessageKind


def assert_paged(decision: Decision) -> None:
    task = decision.tasks[0]
    assert task.urgency is Urgency.EMERGENCY
    assert task.department == "on_call"
    assert decision.trace.emergency
    assert "112" in said(decision)


def test_the_text_names_the_number_the_meeting_point_and_a_phone() -> None:
    decision = decide(turn("there is a fire in the corridor", stays=[IN_HOUSE]))
    assert_paged(decision)
    assert outcome(decision) == ["staff:emergency"]
    assert said(decision).splitlines() == [
        "If anyone is in danger, ring 112 now.",
        "Our team is being alerted.",
        "Meeting point if you must leave the building: car park by the canal",
        "You reach a person of the hotel at +39 0431 555010.",
    ]
    assert decision.tasks[0].details == {"rooms": "204", "phone": GUEST.phone}


def test_at_night_the_nights_phone_and_the_guests_language() -> None:
    decision = decide(turn(entry("feuer!!", now=NIGHT)), NIGHT)
    assert "Gefahr" in said(decision)
    assert "+39 347 5550112" in said(decision)


def test_locked_out_is_one_at_night_only() -> None:
    assert_paged(decide(turn(entry("we are locked out of the house", now=NIGHT)), NIGHT))
    assert not decide(turn("we are locked out of the house")).trace.emergency


@pytest.mark.parametrize(
    "made",
    [
        turn("fire", held_by="anna", held_until_ms=NOON + HOUR),
        turn("fire", staff_wrote_ms=NOON + 1),
        turn("fire", guest=replace(GUEST, opted_out_ms=1)),
        turn("fire", memory=Memory(answers_ms=(NOON,) * 25)),
        turn(entry("fire", ago=5 * HOUR)),
        turn(entry("fire", kind=MessageKind.VIDEO)),
        turn(entry("fire", kind=MessageKind.IMAGE)),
        turn("Ciao", "breakfast?", "fire"),
    ],
)
def test_it_passes_every_pause(made: object) -> None:
    decision = decide(made)  # type: ignore[arg-type]
    assert_paged(decision)
    assert set(outcome(decision)) == {"staff:emergency"}
    assert "07:30" not in said(decision)


def test_after_the_window_staff_are_paged_though_nothing_can_be_said() -> None:
    decision = decide(turn(entry("fire", ago=25 * HOUR)))
    assert decision.tasks[0].urgency is Urgency.EMERGENCY
    assert not decision.sayings


def test_without_a_file_the_european_number_is_named() -> None:
    assert_paged(decide(turn("fire"), hotel=Hotel.empty()))


def test_the_same_words_again_and_again_page_but_are_not_answered_for_ever() -> None:
    memory, spoken = Memory(), list[bool]()
    for number in range(5):
        now = NOON + number * MINUTE
        decision = decide(turn(entry("fire", number=number, now=now), memory=memory), now)
        assert decision.memory is not None
        assert decision.tasks[0].urgency is Urgency.EMERGENCY
        memory = decision.memory
        spoken.append(bool(decision.sayings))
    assert spoken == [True, True, True, False, False]
