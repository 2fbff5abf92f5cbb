"""Keeps the answers of topics that tell facts: who asks the same for the same day is told the same.

What a fact's answer depends on is all in the key: what is asked about, the language, the day, today, and how the guest
is tied to the house. The topic is shown nothing else, so it cannot begin to depend on it unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from nightporter.config.hotel import Hotel
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

ANSWERS_KEPT_MAX = 256  # of each topic

Reply = Callable[[Ask, Hotel], TopicReply]


class _Kept:
    """The answers of one topic from the file that is in force."""

    def __init__(self) -> None:
        self._hotel: Hotel | None = None
        self._answers: dict[tuple[Any, ...], TopicReply] = {}

    def of(self, hotel: Hotel) -> dict[tuple[Any, ...], TopicReply]:
        """Those kept of this very file; another one begins anew."""
        if hotel is not self._hotel or len(self._answers) >= ANSWERS_KEPT_MAX:
            self._hotel, self._answers = hotel, {}
        return self._answers


def told_alike(catalogue: Catalogue) -> Callable[[Reply], Reply]:
    """For a topic whose answer is made of its `catalogue` and the file, and of nothing that a guest is or has."""

    def keeping(reply: Reply) -> Reply:
        kept = _Kept()

        @wraps(reply)
        def answer(ask: Ask, hotel: Hotel) -> TopicReply:
            answers = kept.of(hotel)
            asked = tuple(catalogue.aspects(ask.wish.text))
            key = (asked, ask.language, ask.on, ask.on_named, ask.match, ask.now.date())
            found = answers.get(key)
            if found is None:
                midnight = ask.now.replace(hour=0, minute=0, second=0, microsecond=0)
                found = answers[key] = reply(replace(ask, now=midnight, stay=None, slots={}), hotel)
            return found

        return answer

    return keeping
