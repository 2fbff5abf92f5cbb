"""Complaints: sorry, who calls when, and a task that cannot wait; no facts, no offers, no amounts."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.collecting import RECEPTION, Request, hours_path, room_of
from nightporter.desk.reception import if_urgent, who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import Urgency

SAY = Catalogue(__name__)
TOPIC = "complaint"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The acknowledgement, and the task for a person."""
    request = Request(ask, TOPIC, SAY, needs=())
    when = who_reads(hotel, ask.now, ask.language, section="angry")
    urgent = if_urgent(hotel, ask.now, ask.language)
    details = {"about": ", ".join(SAY.aspects(request.words)), "room": room_of(ask)}
    return TopicReply(
        text="\n".join(filter(None, [SAY.say("lead", ask.language), f"{when} {urgent}".strip()])),
        sources=hours_path(hotel, RECEPTION),
        task=request.task(RECEPTION, "complaint", urgency=Urgency.NOW, details=details),
    )
