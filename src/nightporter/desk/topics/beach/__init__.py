"""The beach: how far, umbrella and sun beds, what is included, a free beach, dogs."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Beach
from nightporter.desk.rendering import Answer, Catalogue, may_tell, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the beach."""
    if hotel.beach is None:
        return TopicReply()
    if isinstance(hotel.beach, No):
        return sorry(SAY, ask, "beach")
    beach = hotel.during(hotel.beach, ask.on)
    if not may_tell(beach.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    _where(answer, beach)
    _umbrella(answer, beach)
    if beach.free_beach_m is not None:
        answer.add("free", "free", "beach.free_beach_m", metres=beach.free_beach_m)
    if beach.dogs is not None:
        answer.add("dogs", "dogs" if beach.dogs else "no_dogs", "beach.dogs")
    answer.note(beach.text, "beach.text")
    return answer.reply()


def _where(answer: Answer, beach: Beach) -> None:
    if beach.name and beach.distance_m is not None:
        paths = ("beach.name", "beach.distance_m")
        aspect = "name" if answer.asked("name") else "distance"
        answer.add(aspect, "named_away", paths, name=beach.name, metres=beach.distance_m)
    elif beach.distance_m is not None:
        answer.add("distance", "away", "beach.distance_m", metres=beach.distance_m)
    elif beach.name:
        answer.add("name", "named", "beach.name", name=beach.name)


def _umbrella(answer: Answer, beach: Beach) -> None:
    """What it costs is said with what is included, not with the free beach: who asks for that one pays nothing."""
    if answer.asked("free") and not answer.asked("umbrella"):
        return
    aspect = "included" if answer.asked("included") else "umbrella"
    if beach.included is not None:
        answer.add(aspect, "included" if beach.included else "no_included", "beach.included")
    if isinstance(beach.umbrella_2beds, No):
        answer.add(aspect, "no_umbrella", "beach.umbrella_2beds")
    elif not beach.included:
        answer.price(aspect, beach.umbrella_2beds, "beach.umbrella_2beds", "umbrella")
