"""Maintenance: what does not work is reported at once; since when and whether one may enter is asked and added."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.collecting import Request, department_of
from nightporter.desk.heard import room_named
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import Urgency

SAY = Catalogue(__name__)
TOPIC = "maintenance"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A question for the room, or a task for the department."""
    words = ask.slots.get("wish") or ask.wish.text
    about = SAY.aspects(words)
    in_room = "public" not in about or bool(room_named(words))
    asks = ("enter", "since") if in_room else ("since",)
    request = Request(ask, TOPIC, SAY, needs=("room",) if in_room else (), asks=asks)
    lead = SAY.say("lead", ask.language)
    if request.lacks():
        return request.ask_back(lead)
    urgency = Urgency.NOW if "urgent" in about else Urgency.NORMAL
    return request.report(hotel, department_of(hotel, TOPIC), "fault", lead, urgency=urgency)
