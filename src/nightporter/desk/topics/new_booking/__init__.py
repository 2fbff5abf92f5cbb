"""Somebody wants a room: when and who is asked, the booking page is filled in, and reception gets a lead.

Whether a room is free, and what it costs, is never said here.
"""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.leads import ask_lead, closed_then, lead_of, lead_task, link_line, passed_on
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "new_booking"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The next question, or the booking page and a task for reception."""
    aspects = SAY.aspects(ask.slots.get("wish", ask.wish.text))
    if "thing" in aspects and "room" not in aspects and not ask.slots:
        return TopicReply()
    lead = lead_of(ask)
    if closed := closed_then(ask, hotel, lead):
        return TopicReply(text=f"{SAY.say('about', ask.language)}\n{closed}", sources=("closed",))
    if "event" not in aspects:
        if asked := ask_lead(ask, TOPIC, SAY.say("lead", ask.language), lead):
            return asked
        link = link_line(ask, hotel, lead)
    else:
        link = ""  # meetings, weddings, groups: no booking page has them
    lines = [SAY.say("thanks", ask.language), *([link] if link else []), *passed_on(ask, hotel, lead)]
    sources = ("hotel.booking_url",) if link else ()
    return TopicReply(text="\n".join(lines), sources=sources, task=lead_task(ask, TOPIC, "new_booking", lead))
