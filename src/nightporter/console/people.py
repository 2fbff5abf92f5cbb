"""Guests as staff see them: a name or a number, the stay, and what they wrote in short."""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.desk.privacy import without_cards
from nightporter.journal import people
from nightporter.journal.entries import message_of
from nightporter.model.guest import Stay, StayState
from nightporter.model.message import EntryKind
from nightporter.outbox.messages import content_of
from nightporter.store import Row, View

PREVIEW_CHARS_MAX = 140
FOR_EVER_MS = 1 << 62
GROUP_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who writes."""

    title: str  # the name, else the phone number, else the provider's id
    phone: str  # as it is dialled, "" unknown
    language: str
    opted_out: bool
    stays: tuple[Stay, ...]  # not over yet, the nearest first


def person(view: View, guest_id: str, today: str) -> Person:
    """The guest with the stays that are not over (`today`: YYYY-MM-DD)."""
    guest = people.guest(view, guest_id)
    phone, other = people.addresses(view, guest_id)
    stays = [
        stay
        for stay in people.stays(view, guest_id)
        if stay.departure >= today and stay.state is StayState.BOOKED
    ]
    return Person(
        title=guest.name or dialled(phone) or other,
        phone=dialled(phone),
        language=guest.language,
        opted_out=guest.opted_out_ms > 0,
        stays=tuple(sorted(stays, key=lambda stay: stay.arrival)),
    )


def dialled(digits: str) -> str:
    """`+39 333 000 0201`: digits in groups, the country code of two apart."""
    if not digits:
        return ""
    rest = digits[2:]
    groups = [rest[at : at + GROUP_DIGITS] for at in range(0, len(rest), GROUP_DIGITS)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return " ".join([f"+{digits[:2]}", *groups])


@dataclass(frozen=True, slots=True)
class Preview:
    """The newest thing that was said. `kind`: a message kind when there are no words."""

    who: str  # guest | machine | staff
    text: str
    kind: str
    at_ms: int


def preview(view: View, conversation_id: str) -> Preview | None:
    """The newest message of a conversation, either way."""
    heard = _newest_heard(view, conversation_id)
    said = view.all("outbox_conversation", (conversation_id, FOR_EVER_MS, 1))
    ours = _said(said[0]) if said else None
    return max((one for one in (heard, ours) if one), key=lambda one: one.at_ms, default=None)


def _newest_heard(view: View, conversation_id: str) -> Preview | None:
    for row in view.all("entries_conversation", (conversation_id, FOR_EVER_MS, 3)):
        message = message_of(row[5])
        if message is not None:
            who = "staff" if row[1] == EntryKind.ECHO else "guest"
            return Preview(who, short(message.text), message.kind, row[2])
    return None


def _said(row: Row) -> Preview:
    who = "staff" if row[3].startswith("staff") else "machine"
    content = content_of(row[1])
    return Preview(who, short(content.text), "template" if content.template else "text", row[4])


def short(text: str) -> str:
    """One bounded line."""
    line = " ".join(without_cards(text).split())
    return line if len(line) <= PREVIEW_CHARS_MAX else line[: PREVIEW_CHARS_MAX - 1] + "…"
