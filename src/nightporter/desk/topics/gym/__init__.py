"""The gym: open on the day asked about, from which age, price."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Gym
from nightporter.desk.rendering import (
    Answer,
    Catalogue,
    asked_hours_text,
    bare_day_text,
    closed_text,
    day_text,
    may_tell,
    sorry,
)
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the gym."""
    if hotel.gym is None:
        return TopicReply()
    if isinstance(hotel.gym, No):
        return sorry(SAY, ask, "gym")
    gym = hotel.during(hotel.gym, ask.on)
    if not may_tell(gym.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    closed = closed_text(hotel, ask.on, ask.language)
    if closed and ask.on_named and not hotel.intervals("gym", ask.on):
        return answer.only(closed, "closed")
    _hours(answer, gym, ask, hotel)
    if gym.minimum_age is not None:
        answer.add("age", "age", "gym.minimum_age", age=gym.minimum_age)
    answer.price("price", gym.price, "gym.price")
    answer.note(gym.text, "gym.text")
    return answer.reply()


def _hours(answer: Answer, gym: Gym, ask: Ask, hotel: Hotel) -> None:
    if gym.hours is None:
        return
    day = day_text(ask.on, ask.now.date(), ask.language)
    if hotel.intervals("gym", ask.on):
        hours = asked_hours_text(gym.hours, ask)
        answer.add("hours", "open_on" if ask.on_named else "open", "gym.hours", day=day, hours=hours)
    elif again := hotel.next_open_day("gym", ask.on):
        text = bare_day_text(again, ask.language)
        answer.add("hours", "closed_on_again", "gym.hours", always=True, day=day, again=text)
    else:
        answer.add("hours", "closed_on", "gym.hours", always=True, day=day)
