"""Lost property: what, where and when are taken down and passed on; only a person says what was found."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.collecting import RECEPTION, Request, room_of
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "lost_property"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The task at once, and a question about what is not said yet."""
    about = SAY.aspects(ask.slots.get("wish") or ask.wish.text)
    told_where = "place" in about
    asks = ("what",) if "vague" in about else ()
    request = Request(ask, TOPIC, SAY, needs=(), asks=(*asks, "where", *(("when",) if told_where else ())))
    if told_where:
        request.know("where", request.words)
    request.known["room"] = room_of(ask)
    lines = [SAY.say("lead", ask.language), SAY.say("look", ask.language)]
    return request.report(hotel, RECEPTION, "lost", *lines, answers=True)
