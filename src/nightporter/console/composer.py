"""What stands around the field in which staff write to a guest: ready answers, labels, templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nightporter.console.thread import Thread
from nightporter.console.visit import Visit
from nightporter.console.wording import LANGUAGES
from nightporter.journal import people, ready, remarks, templates
from nightporter.journal.accounts import OWNER
from nightporter.journal.ready import Ready, clean
from nightporter.journal.remarks import Label
from nightporter.model.guest import StayState
from nightporter.model.template import AccountTemplate
from nightporter.store import View

EXCERPT_CHARS_MAX = 90
VALUE_CHARS_MAX = 300


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
    templates: list[AccountTemplate]  # while no free answer may be sent
    chosen: AccountTemplate | None
    values: tuple[str, ...]  # what was typed into it
    shut: str  # why no free answer may be sent, and what may


def read(view: View, found: Thread, visit: Visit, now_ms: int) -> Composer:
    """For a conversation."""
    language, talk = found.person.language, found.conversation
    closed = not found.is_open(now_ms) and not found.person.opted_out
    offers = offered(view, talk.channel, language) if closed else []
    one = chosen(view, talk.channel, visit) if closed else None
    return Composer(
        picks=picks(view, language, visit.words.hotel.language),
        labels=remarks.labels_of(view, talk.guest_id),
        used=remarks.labels_used(view),
        templates=offers,
        chosen=one,
        values=values(one, visit) if one else (),
        shut=_shut(view, found, offers),
    )


def _shut(view: View, found: Thread, offers: list[AccountTemplate]) -> str:
    if offers:
        return "templates.shut"
    if not templates.reading(view, found.conversation.channel).read_ms:
        return "thread.shut"
    return "templates.refused" if found.person.opted_out else "templates.none"


def offered(view: View, channel: str, language: str) -> list[AccountTemplate]:
    """What may be sent now, in the guest's language first."""
    found = [one for one in templates.listed(view, channel) if one.sendable]
    return sorted(found, key=lambda one: one.language.partition("_")[0] != language)


def chosen(view: View, channel: str, visit: Visit) -> AccountTemplate | None:
    """The template that the address or the form names, when it may be sent."""
    given = visit.form.get("template") or visit.request.query_params.get("template", "")
    language, _, name = given.partition(":")
    one = templates.find(view, channel, name, language)
    return one if one and one.sendable else None


def values(one: AccountTemplate, visit: Visit) -> tuple[str, ...]:
    """What the form brings for each place of a template, each in one line."""
    return tuple(
        clean(visit.form.get(f"p{place}", ""))[:VALUE_CHARS_MAX] for place in range(len(one.parameters))
    )
