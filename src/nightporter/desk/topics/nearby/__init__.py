"""What is nearby: the places that the file names, of the kinds that are asked about."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, Text
from nightporter.desk.heard import plain
from nightporter.desk.reception import emergency_number
from nightporter.desk.rendering import Answer, Catalogue
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
NAME_CHARS_MAX = 60  # a short entry is a name and a distance: the same in every language

_ALL = "all"
_HEALTH = frozenset({"pharmacy", "doctor", "hospital"})


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The places asked about; nothing when the file names none of that kind."""
    answer = Answer(ask, SAY)
    health = False
    for kind, place in (hotel.nearby or {}).items():
        said = _said(place, ask.language, hotel)
        if said and _asked(answer, kind, ask.wish.text):
            label = SAY.say(f"kind.{kind}", ask.language) if _known(kind) else _own_name(kind)
            path = f"nearby.{kind}" if kind.isascii() and kind.isidentifier() else "nearby"
            answer.add(kind, "place", path, always=True, kind=label, place=said)
            health = health or kind in _HEALTH
    if health:
        path = "emergency.number" if hotel.emergency and hotel.emergency.number else ()
        answer.add(_ALL, "emergency", path, always=True, number=emergency_number(hotel))
    return answer.reply()


def _said(place: Text, language: str, hotel: Hotel) -> str:
    """What a guest of that language is told: their own words, or a name in the hotel's."""
    own = place.get(hotel.language)
    return place.get(language) or (own if len(own) <= NAME_CHARS_MAX else "")


def _asked(answer: Answer, kind: str, text: str) -> bool:
    """By the words for its kind, by the key that the hotelier gave it, or with everything there is."""
    if _known(kind):
        return answer.asked(kind) or answer.asked_only(_ALL)
    return plain(_own_name(kind)) in plain(text) or answer.asked_only(_ALL)


def _known(kind: str) -> bool:
    return f"kind.{kind}" in SAY.sentences


def _own_name(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
