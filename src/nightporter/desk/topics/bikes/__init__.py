"""Bikes: where they stand, what hiring one costs, a workshop."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.desk.rendering import Answer, Catalogue, may_tell, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about bikes."""
    if hotel.bikes is None:
        return TopicReply()
    if isinstance(hotel.bikes, No):
        return sorry(SAY, ask, "bikes")
    bikes = hotel.during(hotel.bikes, ask.on)
    if not may_tell(bikes.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    if bikes.room is not None:
        answer.add("room", f"room.{bikes.room}", "bikes.room")
    if isinstance(bikes.rental, No):
        answer.add("rental", "no_rental", "bikes.rental")
    else:
        answer.price("rental", bikes.rental, "bikes.rental", "rental")
    if bikes.workshop is not None:
        answer.add("workshop", "workshop" if bikes.workshop else "no_workshop", "bikes.workshop")
    answer.note(bikes.text, "bikes.text")
    return answer.reply()
