"""Spa: hours, what is there, price and age; a treatment is collected and confirmed by a person."""

from __future__ import annotations

from datetime import date

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Spa
from nightporter.desk.collecting import Request, department_of
from nightporter.desk.rendering import (
    Answer,
    Catalogue,
    asked_hours_text,
    bare_day_text,
    day_text,
    listed,
    may_tell,
    sorry,
    weekdays_text,
)
from nightporter.desk.slots import time_told
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "spa"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, a question about the treatment, or a task."""
    if hotel.spa is None:
        return TopicReply()
    if isinstance(hotel.spa, No):
        return sorry(SAY, ask, TOPIC)
    spa = hotel.during(hotel.spa, ask.on)
    if not may_tell(spa.share, ask.match):
        return TopicReply()
    about = set(SAY.aspects(ask.slots.get("wish") or ask.wish.text))
    wanted = "want" in about or ask.on_named or time_told(ask.wish.text)
    if ask.slots or ("treatment" in about and wanted and "price" not in about):
        return _treatment(ask, hotel, spa, named="treatment" in about)
    return _facts(ask, hotel, spa)


def _treatment(ask: Ask, hotel: Hotel, spa: Spa, *, named: bool) -> TopicReply:
    if isinstance(spa.massage, No):
        return sorry(SAY, ask, "spa.massage", "massage_no")
    request = Request(ask, TOPIC, SAY, needs=("day", "time", "treatment"))
    if named:
        request.know("treatment", request.words)
    day = request.known["day"]
    if day and hotel.has_hours(TOPIC) and not hotel.intervals(TOPIC, on := date.fromisoformat(day)):
        said = SAY.say("closed_on", ask.language, day=day_text(on, ask.now.date(), ask.language))
        text = "\n".join([SAY.say("lead", ask.language), said, SAY.say("book", ask.language)])
        return TopicReply(text=text, sources=("spa.hours",))
    lead = SAY.say("order", ask.language)
    if request.lacks():
        return request.ask_back(lead)
    return request.to_confirm(hotel, department_of(hotel, TOPIC), "to_confirm", lead)


def _facts(ask: Ask, hotel: Hotel, spa: Spa) -> TopicReply:
    answer, language = Answer(ask, SAY), ask.language
    if spa.hours is not None:
        _hours(answer, spa, ask, hotel)
    if spa.has:
        items = listed([SAY.say(f"item.{item}", language) for item in spa.has], language)
        answer.add("has", "has", "spa.has", items=items)
    if spa.minimum_age is not None:
        answer.add("age", "age", "spa.minimum_age", age=spa.minimum_age)
    if not answer.asked("treatment"):
        answer.price("price", spa.price, "spa.price")
    if isinstance(spa.massage, No):
        answer.add("treatment", "massage_no", "spa.massage")
    elif spa.massage:
        answer.price("treatment", spa.massage.price, "spa.massage.price", "massage")
        answer.add("treatment", "book", "spa.massage.book" if spa.massage.book else "spa.massage")
    answer.note(spa.text, "spa.text")
    return answer.reply()


def _hours(answer: Answer, spa: Spa, ask: Ask, hotel: Hotel) -> None:
    assert spa.hours is not None, "hours that are not told"
    language, path = ask.language, "spa.hours"
    if hotel.intervals(TOPIC, ask.on):
        answer.add("hours", "hours", path, hours=asked_hours_text(spa.hours, ask))
        if spa.closed_on:
            days = weekdays_text(spa.closed_on, language)
            answer.add("hours", "weekly", "spa.closed_on", days=days)
        return
    day = day_text(ask.on, ask.now.date(), language)
    answer.add("hours", "closed_on", path, always=True, day=day)
    again = hotel.next_open_day(TOPIC, ask.on)
    if again:
        answer.add("hours", "again", path, always=True, again=bare_day_text(again, language))
