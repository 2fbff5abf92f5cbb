"""What stands around the field in which staff write to a guest: ready answers in the guest's language, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nightporter.console.visit import Visit
from nightporter.console.wording import LANGUAGES
from nightporter.journal import people, ready, remarks
from nightporter.journal.accounts import OWNER
from nightporter.journal.ready import Ready
from nightporter.journal.remarks import Label
from nightporter.model.guest import StayState
from nightporter.store import View

EXCERPT_CHARS_MAX = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One name in the list below the field; first the text in the guest's language, or what comes nearest."""

    texts: tuple[Ready, ...]

    @property
    def first(self) -> Ready:
        """What is picked without choosing a language."""
        return self.texts[0]

    @property
    def excerpt(self) -> str:
        """How the text begins."""
        line = " ".join(self.first.text.split())
        return line if len(line) <= EXCERPT_CHARS_MAX else line[: EXCERPT_CHARS_MAX - 1] + "…"


def picks(view: View, language: str, *further: str) -> list[Pick]:
    """All ready answers by name; `further`: which languages to prefer after the guest's `language`."""
    order = {one: place for place, one in enumerate(dict.fromkeys((language, *further, *LANGUAGES)))}
    by_name: dict[str, list[Ready]] = {}
    for one in ready.listed(view):
        by_name.setdefault(one.key, []).append(one)
    return [
        Pick(texts=tuple(sorted(same, key=lambda one: order.get(one.language, len(order)))))
        for same in by_name.values()
    ]


def facts(view: View, guest_id: str, visit: Visit, today: str) -> Mapping[str, str]:
    """What is known of the places in a text; "" = it is not."""
    rooms = [
        stay.room
        for stay in sorted(people.stays(view, guest_id), key=lambda stay: stay.arrival)
        if stay.room and stay.departure >= today and stay.state is StayState.BOOKED
    ]
    name = visit.visitor.name
    return {
        "guest": people.guest(view, guest_id).name,
        "room": rooms[0] if rooms else "",
        "staff": "" if name == OWNER else name,  # nobody is called so
        "hotel": visit.words.hotel.house.name or "",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Everything that helps."""

    picks: list[Pick]
    labels: list[Label]
    used: list[Label]  # words to suggest


def read(view: View, guest_id: str, language: str, visit: Visit) -> Composer:
    """For a guest who speaks `language`."""
    return Composer(
        picks=picks(view, language, visit.words.hotel.language),
        labels=remarks.labels_of(view, guest_id),
        used=remarks.labels_used(view),
    )
