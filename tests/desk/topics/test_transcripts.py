"""What guests write and what the answer holds: the transcripts that each topic ships."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest
from tests.desk.topics.rigs import demo_hotel, of_transcript

from nightporter.desk import topics

KEYS = {
    "language",
    "says",
    "now",
    "on",
    "match",
    "slots",
    "contains",
    "lacks",
    "staff",
    "task",
    "details",
    "question",
}


def transcripts(topic: str) -> list[dict[str, Any]]:
    file = resources.files("nightporter.desk.topics").joinpath(topic, "transcripts.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))["transcript"]


CASES = [
    pytest.param(topic, transcript, id=f"{topic}-{at}")
    for topic in topics.TOPICS
    for at, transcript in enumerate(transcripts(topic))
]


@pytest.mark.parametrize(("topic", "transcript"), CASES)
def test_transcript(topic: str, transcript: dict[str, Any]) -> None:
    assert set(transcript) <= KEYS
    reply = topics.reply(topic, of_transcript(transcript), demo_hotel())
    if transcript.get("staff"):
        assert reply.text == ""
        return
    for part in transcript["contains"]:
        assert part in reply.text
    for part in transcript.get("lacks", []):
        assert part.lower() not in reply.text.lower()
    assert (reply.task.department if reply.task else "") == transcript.get("task", "")
    assert (reply.question.slot if reply.question else "") == transcript.get("question", "")
    for name, value in transcript.get("details", {}).items():
        assert reply.task is not None
        assert reply.task.details[name] == value


@pytest.mark.parametrize("topic", list(topics.TOPICS))
def test_every_topic_has_transcripts_in_five_languages(topic: str) -> None:
    assert {transcript["language"] for transcript in transcripts(topic)} == {"en", "it", "de", "fr", "es"}
