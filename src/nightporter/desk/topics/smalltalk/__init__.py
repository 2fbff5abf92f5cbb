"""Small talk: a greeting back, a short natural answer, and the offer to help. Says that it is a machine when asked."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
MORNING_HOURS = range(5, 11)
DAY_HOURS = range(11, 18)

_ALONE = frozenset({"night"})  # nothing is offered to somebody who goes to bed


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A short answer to whatever kind of small talk it is."""
    kinds = SAY.aspects(ask.wish.text)
    kind = kinds[0] if kinds else ""
    if kind == "machine":
        return _machine(ask, hotel)
    if kind in _ALONE:
        return TopicReply(text=SAY.say(kind, ask.language))
    first = SAY.say(kind or _hello(ask), ask.language)
    if kind == "can":
        return TopicReply(text=f"{SAY.say('help', ask.language)}\n{first}")
    offer = "help_else" if kind in ("kind", "forward", "wishes") else "help"
    return TopicReply(text=f"{first} {SAY.say(offer, ask.language)}")


def _machine(ask: Ask, hotel: Hotel) -> TopicReply:
    first = SAY.say("machine", ask.language)
    help_too = SAY.say("help", ask.language)
    phone = hotel.house.phone
    if phone is None:
        return TopicReply(text=f"{first}\n{SAY.say('person', ask.language)} {help_too}")
    person = SAY.say("person_phone", ask.language, phone=phone)
    return TopicReply(text=f"{first}\n{person} {help_too}", sources=("hotel.phone",))


def _hello(ask: Ask) -> str:
    if ask.now.hour in MORNING_HOURS:
        return "hello.morning"
    return "hello.day" if ask.now.hour in DAY_HOURS else "hello.evening"
