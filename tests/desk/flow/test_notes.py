"""The sheet on which the desk writes what it will remember holds all of it."""

from __future__ import annotations

from dataclasses import fields

from nightporter.desk.notes import Notes
from nightporter.model.conversation import Memory, Question

FULL = Memory(
    question=Question(topic="housekeeping", slot="room", asked_ms=5),
    answers_ms=(1, 2),
    last_text="a1",
    last_text_times=3,
    voice_told_ms=4,
    handed_over_ms=6,
    last_topics=("wifi",),
)


def test_nothing_is_lost_on_the_way() -> None:
    empty = Memory()
    assert all(getattr(FULL, item.name) != getattr(empty, item.name) for item in fields(Memory))
    assert Notes.of(FULL).memory() == FULL
    assert Notes.of(empty).memory() == empty
