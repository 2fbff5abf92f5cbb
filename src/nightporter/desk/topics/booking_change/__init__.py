"""Changing a booking: collects what and which, and passes it on. Nothing is changed here, and nothing promised."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.bookings import SAY as BOOKING
from nightporter.desk.bookings import WISH_CHARS_MAX, Booking, ask_booking, booking_of, question, wish_of
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask

SAY = Catalogue(__name__)
DEPARTMENT = "reception"
WHAT = "what"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The next question, or the task for reception."""
    lead = SAY.say("lead", ask.language)
    if WHAT not in ask.slots and "change" not in SAY.aspects(wish_of(ask)):
        return question(ask, "booking_change", WHAT, f"{lead}\n{SAY.say('what', ask.language)}")
    booking = booking_of(ask)
    if asked := ask_booking(ask, "booking_change", lead, booking):
        return asked
    lines = [SAY.say("thanks", ask.language), SAY.say("not_yet", ask.language)]
    if not booking.booker:
        lines.append(BOOKING.say("only_booker", ask.language))
    lines.append(who_reads(hotel, ask.now, ask.language))
    return TopicReply(text="\n".join(lines), task=_task(ask, booking))


def _task(ask: Ask, booking: Booking) -> NewTask:
    what = ask.slots.get(WHAT, "")[:WISH_CHARS_MAX]
    return NewTask(
        key=f"booking_change:{booking.code or booking.surname or 'own'}",
        department=DEPARTMENT,
        reason="booking_change",
        summary=f"{wish_of(ask)}\n{what}".strip(),
        topic="booking_change",
        details=booking.details(ask) | ({"change": what} if what else {}),
    )
