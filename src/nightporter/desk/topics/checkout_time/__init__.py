"""Check-out: until when the room is the guest's, staying longer, where the bags wait."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import LateOut, LuggageRoom
from nightporter.config.hotel.values import Possible
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import (
    Answer,
    Catalogue,
    hours_text,
    may_tell,
    minutes_text,
    money_text,
)
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about leaving."""
    if hotel.departure is None:
        return TopicReply()
    departure = hotel.during(hotel.departure, ask.on)
    if not may_tell(departure.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    if departure.checkout and departure.checkout.until is not None:
        until = minutes_text(departure.checkout.until)
        answer.add("hours", "until", "departure.checkout.until", until=until)
    if departure.late is not None:
        _late(answer, departure.late)
    if departure.luggage_room is not None:
        _luggage(answer, departure.luggage_room)
    answer.note(departure.text, "departure.text")
    return answer.reply()


def _late(answer: Answer, late: LateOut | No) -> None:
    if isinstance(late, No) or late.possible is Possible.NO:
        answer.add("late", "late_no", "departure.late")
        return
    if late.possible is None:
        return
    key = "late_ask" if late.possible is Possible.ON_REQUEST else "late"
    if late.until is None:
        answer.add("late", f"{key}_any", "departure.late.possible")
    else:
        paths = ("departure.late.possible", "departure.late.until")
        answer.add("late", key, paths, until=minutes_text(late.until))
    answer.price("late", late.price, "departure.late.price", "late_price")
    answer.remark("late", late.text, "departure.late.text")


def _luggage(answer: Answer, luggage: LuggageRoom | No) -> None:
    if isinstance(luggage, No):
        answer.add("luggage", "luggage_no", "departure.luggage_room")
        return
    if luggage.price is None:
        answer.add("luggage", "luggage_any", "departure.luggage_room")
    else:
        price = money_text(luggage.price, answer.language)
        answer.add("luggage", "luggage", "departure.luggage_room.price", price=price)
    if luggage.hours is not None:
        hours = hours_text(luggage.hours, answer.language)
        answer.add("luggage", "luggage_hours", "departure.luggage_room.hours", detail=True, hours=hours)
    answer.remark("luggage", luggage.text, "departure.luggage_room.text")
