"""A person is wanted: tells when one is there and which phone is answered, and tells reception."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.reception import if_urgent, who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask, Urgency

SAY = Catalogue(__name__)
DEPARTMENT = "reception"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The phone when it was asked for, else a task for reception."""
    aspects = SAY.aspects(ask.wish.text)
    if "phone" in aspects and "callback" not in aspects and hotel.house.phone:
        return _phone(ask, hotel, hotel.house.phone)
    reads = who_reads(hotel, ask.now, ask.language)
    urgent = if_urgent(hotel, ask.now, ask.language)
    lines = [SAY.say("lead", ask.language), reads, urgent]
    task = NewTask(
        key="human:person",
        department=DEPARTMENT,
        reason="asked_for_person",
        summary=ask.wish.text,
        urgency=Urgency.NOW,
        topic="human",
        details={"callback": "yes"} if "callback" in aspects else {},
    )
    return TopicReply(text="\n".join(filter(None, lines)), sources=_sources(hotel, urgent), task=task)


def _phone(ask: Ask, hotel: Hotel, phone: str) -> TopicReply:
    lines = [
        SAY.say("phone_lead", ask.language),
        SAY.say("phone", ask.language, phone=phone),
        SAY.say("here", ask.language),
    ]
    urgent = if_urgent(hotel, ask.now, ask.language)
    if urgent and phone not in urgent:
        lines.insert(2, urgent)
    return TopicReply(text="\n".join(lines), sources=("hotel.phone",))


def _sources(hotel: Hotel, urgent: str) -> tuple[str, ...]:
    path = hotel.desk_path(DEPARTMENT)
    found = [f"{path}.hours"] if hotel.has_hours(path) else []
    if urgent:
        night = hotel.house.phone is None or hotel.house.phone not in urgent
        found.append("reception.night.phone" if night else "hotel.phone")
    return tuple(found)
