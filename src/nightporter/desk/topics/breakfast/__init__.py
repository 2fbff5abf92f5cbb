"""Breakfast: when on the day asked about, price, place, diets, a box to take away."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Box, Breakfast
from nightporter.config.hotel.values import Possible
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import (
    Answer,
    Catalogue,
    asked_hours_text,
    bare_day_text,
    closed_text,
    day_text,
    listed,
    may_tell,
    minutes_text,
    sorry,
)
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about breakfast."""
    if hotel.breakfast is None:
        return TopicReply()
    if isinstance(hotel.breakfast, No):
        return sorry(SAY, ask, "breakfast")
    breakfast = hotel.during(hotel.breakfast, ask.on)
    if not may_tell(breakfast.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    closed = closed_text(hotel, ask.on, ask.language)
    if closed and ask.on_named and not hotel.intervals("breakfast", ask.on):
        return answer.only(closed, "closed")
    _hours(answer, breakfast, ask, hotel)
    answer.price("price", breakfast.price, "breakfast.price")
    place = breakfast.place.get(ask.language) if breakfast.place else ""
    if place:
        answer.add("place", "place", "breakfast.place", place=place)
    if breakfast.options:
        diets = [SAY.say(f"diet.{diet}", ask.language) for diet in breakfast.options]
        answer.add("options", "options", "breakfast.options", options=listed(diets, ask.language))
    _box(answer, breakfast.box)
    answer.note(breakfast.text, "breakfast.text")
    return answer.reply()


def _hours(answer: Answer, breakfast: Breakfast, ask: Ask, hotel: Hotel) -> None:
    if breakfast.hours is None:
        return
    day = day_text(ask.on, ask.now.date(), ask.language)
    if not hotel.intervals("breakfast", ask.on):
        again = hotel.next_open_day("breakfast", ask.on)
        if again is None:
            answer.add("hours", "none_on", "breakfast.hours", day=day)
        else:
            text = bare_day_text(again, ask.language)
            answer.add("hours", "none_on_again", "breakfast.hours", day=day, again=text)
        return
    hours = asked_hours_text(breakfast.hours, ask)
    if ask.on_named:
        answer.add("hours", "hours_on", "breakfast.hours", day=day, hours=hours)
    else:
        answer.add("hours", "hours", "breakfast.hours", hours=hours)


def _box(answer: Answer, box: Box | No | None) -> None:
    if box is None or (not isinstance(box, No) and box.possible is None):
        return
    if isinstance(box, No) or box.possible is Possible.NO:
        answer.add("box", "no_box", "breakfast.box")
        return
    if box.possible is Possible.ON_REQUEST:
        answer.add("box", "box_ask", "breakfast.box.possible")
    elif box.order_before is None:
        answer.add("box", "box", "breakfast.box.possible")
    else:
        time = minutes_text(box.order_before)
        answer.add("box", "box_before", ("breakfast.box.possible", "breakfast.box.order_before"), time=time)
    answer.price("box", box.price, "breakfast.box.price", "box_price")
