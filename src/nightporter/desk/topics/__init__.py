"""The topics the desk answers by itself: a folder each, found by name."""

from __future__ import annotations

from collections.abc import Callable

from nightporter.config.hotel import Hotel
from nightporter.desk.understanding import Ask, TopicReply

TOPICS: dict[str, Callable[[Ask, Hotel], TopicReply]] = {}


def reply(topic: str, ask: Ask, hotel: Hotel) -> TopicReply:
    """What the topic answers; KeyError for a name that is not in `TOPICS`."""
    return TOPICS[topic](ask, hotel)
