"""Luggage: where bags can wait is a fact; carrying them, or keeping them for days, is a request."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Departure
from nightporter.desk.collecting import RECEPTION, Request
from nightporter.desk.rendering import CORE, Answer, Catalogue, asked_hours_text, may_tell, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "luggage"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, a question, or a task for reception."""
    about = SAY.aspects(ask.slots.get("wish") or ask.wish.text)
    if ask.slots or about:
        return _request(ask, hotel, carry="carry" in about)
    departure = hotel.during(hotel.departure, ask.on) if hotel.departure else Departure()
    room = departure.luggage_room
    if room is None or not may_tell(departure.share, ask.match):
        return TopicReply()
    if isinstance(room, No):
        return sorry(SAY, ask, "departure.luggage_room")
    answer = Answer(ask, SAY)
    answer.add(CORE, "keep", "departure.luggage_room")
    answer.price(CORE, room.price, "departure.luggage_room.price", "price")
    if room.hours is not None:
        hours = asked_hours_text(room.hours, ask)
        answer.add(CORE, "hours", "departure.luggage_room.hours", hours=hours)
    answer.remark(CORE, room.text, "departure.luggage_room.text")
    return answer.reply()


def _request(ask: Ask, hotel: Hotel, *, carry: bool) -> TopicReply:
    needs = ("room", "time", "pieces") if carry else ("time", "pieces")
    request = Request(ask, TOPIC, SAY, needs=needs)
    lead = SAY.say("order", ask.language)
    if request.lacks():
        return request.ask_back(lead)
    day = {"day": ask.on.isoformat()} if ask.on_named else {}
    return request.to_confirm(hotel, RECEPTION, "to_confirm", lead, details=day)
