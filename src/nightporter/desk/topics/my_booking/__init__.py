"""The guest's own booking: its days and code to whom the match ties to it; reception looks everything else up."""

from __future__ import annotations

from datetime import date

from nightporter.config.hotel import Hotel
from nightporter.desk.bookings import Booking, ask_booking, booking_of, wish_of
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue, bare_day_text
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.decision import NewTask
from nightporter.model.guest import Stay

SAY = Catalogue(__name__)
DEPARTMENT = "reception"

_STAFF = "staff_details"  # what is not in our copy of the booking: rates, room types, wishes, payments


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said of the guest's own booking, or a task for reception."""
    booking = booking_of(ask)
    lead = SAY.say("lead", ask.language)
    if asked := ask_booking(ask, "my_booking", lead, booking):
        return asked
    aspects = SAY.aspects(wish_of(ask))
    if booking.own is None or _STAFF in aspects:
        return _to_reception(ask, hotel, booking)
    return TopicReply(text="\n".join([lead, *_facts(ask, booking.own, booking, aspects)]))


def _facts(ask: Ask, stay: Stay, booking: Booking, aspects: list[str]) -> list[str]:
    arrival, departure = date.fromisoformat(stay.arrival), date.fromisoformat(stay.departure)
    language = ask.language
    lines = [
        SAY.say(
            "days",
            language,
            arrival=bare_day_text(arrival, language),
            departure=bare_day_text(departure, language),
            nights=(departure - arrival).days,
        )
    ]
    if booking.booker and stay.code:
        lines.append(SAY.say("code", language, code=stay.code))
    if "room" in aspects and stay.room and ask.match is Match.IN_HOUSE:
        lines.append(SAY.say("room", language, room=stay.room))
    return lines


def _to_reception(ask: Ask, hotel: Hotel, booking: Booking) -> TopicReply:
    key = "checks" if booking.own else "not_tied"
    lines = [
        SAY.say("thanks", ask.language),
        SAY.say(key, ask.language),
        who_reads(hotel, ask.now, ask.language),
    ]
    task = NewTask(
        key=f"my_booking:{booking.code or booking.surname or 'own'}",
        department=DEPARTMENT,
        reason="my_booking",
        summary=wish_of(ask),
        topic="my_booking",
        details=booking.details(ask),
    )
    return TopicReply(text="\n".join(lines), task=task)
