"""Cancelling a booking: collects which, tells reception at once, and cancels nothing.

The hotel hears of it with the first message already: when it was asked for may decide what it costs.
"""

from __future__ import annotations

from dataclasses import replace

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.values import Book
from nightporter.desk.bookings import SAY as BOOKING
from nightporter.desk.bookings import WHICH, Booking, ask_booking, booking_of, wish_of
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask

SAY = Catalogue(__name__)
DEPARTMENT = "reception"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The terms in the hotelier's words, the question which booking, or the task for reception."""
    if "terms" in SAY.aspects(ask.wish.text) and not ask.slots:
        return _terms(ask, hotel)
    booking = booking_of(ask)
    asked = ask_booking(ask, "booking_cancel", SAY.say("lead", ask.language), booking)
    if asked:
        return asked if ask.slots else replace(asked, task=_task(ask, booking))
    lines = [SAY.say("thanks", ask.language), SAY.say("not_yet", ask.language)]
    if not booking.booker:
        lines.append(BOOKING.say("only_booker", ask.language))
    lines.append(who_reads(hotel, ask.now, ask.language))
    return TopicReply(text="\n".join(lines), task=_task(ask, booking))


def _terms(ask: Ask, hotel: Hotel) -> TopicReply:
    """What the hotelier wrote of it; days and amounts are a person's matter unless the file says otherwise."""
    if hotel.cancellation is None:
        return TopicReply()
    terms = hotel.during(hotel.cancellation, ask.on)
    said = terms.text.get(ask.language) if terms.text else ""
    by_staff = terms.answer is Book.STAFF
    if not said:
        return TopicReply()
    lines = [SAY.say("about_terms", ask.language), said]
    if by_staff:
        lines += [SAY.say("terms_asked", ask.language), who_reads(hotel, ask.now, ask.language)]
    task = _task(ask, booking_of(ask), reason="cancellation_terms") if by_staff else None
    return TopicReply(text="\n".join(lines), sources=("cancellation.text",), task=task)


def _task(ask: Ask, booking: Booking, reason: str = "") -> NewTask:
    step = "known" if booking.known else "told" if WHICH in ask.slots else "asked"
    return NewTask(
        key=f"booking_cancel:{step}",
        department=DEPARTMENT,
        reason=reason or ("booking_cancel" if step != "asked" else "booking_cancel_which"),
        summary=wish_of(ask),
        topic="booking_cancel",
        details=booking.details(ask),
    )
