"""What needs no answer, what was taken back, and who is never answered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.flow.kit import GUEST, HOUR, NIGHT, NOON, decide, entry, outcome, said, turn

from nightporter.model.conversation import Memory, Question
from nightporter.model.decision import Urgency
from nightporter.model.message import MessageKind

ROOM = Question(topic="housekeeping", slot="room", asked_ms=NOON - 60_000, slots={"item": "towels"})


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (entry("👍", kind=MessageKind.REACTION, target="wamid.0"), "reaction"),
        (entry(kind=MessageKind.REACTION, target="wamid.0"), "reaction"),
        (entry(kind=MessageKind.STICKER), "sticker"),
        (entry("ok grazie"), "thanks"),
        (entry("wifi?", group="family"), "group"),
        (replace(entry("wifi?"), ours=False), "foreign_number"),
    ],
)
def test_silent(made: object, reason: str) -> None:
    decision = decide(turn(made))  # type: ignore[arg-type]
    assert outcome(decision) == [f"silent:{reason}"]
    assert not decision.sayings


def test_a_group_message_is_shown_to_staff_once_a_day() -> None:
    first, second = (
        decide(turn(entry("hello", group="family"))),
        decide(turn(entry("again", number=2, group="family"))),
    )
    assert [task.urgency for task in first.tasks] == [Urgency.INFO]
    assert first.tasks[0].key == second.tasks[0].key


def test_a_nod_while_our_question_is_open_gets_the_question_again_and_then_a_person() -> None:
    memory = Memory(question=ROOM)
    for nod in (entry("ok thanks"), entry("👍", kind=MessageKind.REACTION), entry(kind=MessageKind.STICKER)):
        decision = decide(turn(nod, memory=memory))
        assert outcome(decision) == ["answered"]
        assert "room number" in said(decision)
    assert decision.memory is not None
    again = decide(turn("thanks", memory=decision.memory))
    assert outcome(again) == ["staff:question_open"]
    assert "towels" in again.tasks[0].summary
    assert again.memory is not None
    assert again.memory.question is None


def test_an_edit_takes_the_place_of_what_is_still_pending() -> None:
    original = entry("what time is the pool?", number=1, ago=2_000)
    edit = entry("what time is breakfast?", kind=MessageKind.EDIT, number=2, target="wamid.1")
    decision = decide(turn(original, edit))
    assert outcome(decision) == ["silent:superseded_by_edit", "answered"]
    assert "07:30" in said(decision)


def test_of_two_edits_the_last_counts() -> None:
    made = [
        entry("pool?", number=1),
        entry("parking?", kind=MessageKind.EDIT, number=2, target="wamid.1"),
        entry("breakfast at what time?", kind=MessageKind.EDIT, number=3, target="wamid.1"),
    ]
    decision = decide(turn(*made))
    assert outcome(decision) == ["silent:superseded_by_edit"] * 2 + ["answered"]
    assert "07:30" in said(decision)


def test_an_edit_of_what_was_answered_is_a_new_message() -> None:
    decision = decide(turn(entry("breakfast?", kind=MessageKind.EDIT, number=2, target="wamid.0")))
    assert outcome(decision) == ["answered"]


def test_what_the_guest_deletes_is_not_answered() -> None:
    made = [entry("pool?", number=1), entry(kind=MessageKind.REVOKE, number=2, target="wamid.1")]
    decision = decide(turn(*made))
    assert outcome(decision) == ["silent:revoked"] * 2
    assert not decision.sayings


def test_an_edited_message_can_be_deleted_too() -> None:
    made = [
        entry("pool?", number=1),
        entry("parking?", kind=MessageKind.EDIT, number=2, target="wamid.1"),
        entry(kind=MessageKind.REVOKE, number=3, target="wamid.1"),
    ]
    assert outcome(decide(turn(*made))) == ["silent:superseded_by_edit", "silent:revoked", "silent:revoked"]


def test_an_empty_opt_out_ends_what_we_send_of_our_own_accord() -> None:
    decision = decide(turn("Stop"))
    assert outcome(decision) == ["silent:opt_out_confirmed"]
    assert decision.guest is not None
    assert decision.guest.opted_out_ms == NOON
    assert "of our own accord" in said(decision)


def test_a_second_stop_on_the_same_day_is_not_confirmed_again() -> None:
    decision = decide(turn("Stop", guest=replace(GUEST, opted_out_ms=NOON - HOUR)))
    assert outcome(decision) == ["silent:opt_out_confirmed"]
    assert not decision.sayings


def test_a_stop_that_waits_with_other_words_counts_at_once_and_is_confirmed_with_the_answer() -> None:
    made = [entry("Stop", number=1), entry("camera 204", number=2)]
    waiting = decide(turn(*made))
    assert waiting.wait_until_ms
    assert waiting.guest is not None
    assert waiting.guest.opted_out_ms == NOON
    decision = decide(turn(*made, guest=waiting.guest), NOON + 4_000)
    assert outcome(decision) == ["silent:opt_out_confirmed", "staff:not_understood"]
    assert "of our own accord" in said(decision)


def test_who_opted_out_is_still_answered() -> None:
    assert outcome(decide(turn("breakfast?", guest=replace(GUEST, opted_out_ms=NOON - HOUR)))) == ["answered"]


def test_emergency_words_that_are_not_answered_still_page() -> None:
    for made in (
        [entry("there is fire", group="family")],
        [replace(entry("there is fire"), ours=False)],
        [entry("fire", number=1), entry(kind=MessageKind.REVOKE, number=2, target="wamid.1")],
    ):
        decision = decide(turn(*made), NIGHT + 24 * HOUR)
        assert decision.tasks[-1].urgency is Urgency.EMERGENCY
        assert not decision.sayings
