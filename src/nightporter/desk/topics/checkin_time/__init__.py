"""Check-in: from when until when, coming late, coming early, what to bring."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Arrival, CheckIn, EarlyIn, LateIn
from nightporter.config.hotel.values import Possible
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import Answer, Catalogue, closed_text, may_tell, minutes_text
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about arriving."""
    if hotel.arrival is None:
        return TopicReply()
    arrival = hotel.during(hotel.arrival, ask.on)
    if not may_tell(arrival.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    closed = closed_text(hotel, ask.on, ask.language)
    if closed and ask.on_named:
        return answer.only(closed, "closed")
    if closed:
        answer.line("hours", closed, "closed", always=True)
    _hours(answer, arrival.checkin)
    if arrival.late is not None:
        _late(answer, arrival.late)
    if arrival.early is not None:
        _early(answer, arrival.early)
    _documents(answer, arrival)
    answer.note(arrival.text, "arrival.text")
    return answer.reply()


def _hours(answer: Answer, checkin: CheckIn | None) -> None:
    if checkin is None:
        return
    start, until = checkin.from_, checkin.until
    if start is not None and until is not None:
        paths = ("arrival.checkin.from", "arrival.checkin.until")
        answer.add("hours", "from_until", paths, start=minutes_text(start), until=minutes_text(until))
    elif start is not None:
        answer.add("hours", "from", "arrival.checkin.from", start=minutes_text(start))
    elif until is not None:
        answer.add("hours", "until", "arrival.checkin.until", until=minutes_text(until))


def _late(answer: Answer, late: LateIn | No) -> None:
    if isinstance(late, No) or late.possible is Possible.NO:
        answer.add("late", "late_no", "arrival.late")
        return
    if late.possible is None:
        return
    key = "late_ask" if late.possible is Possible.ON_REQUEST else "late"
    answer.add("late", key, "arrival.late.possible")
    if late.how is not None:
        answer.add("late", f"how.{late.how}", "arrival.late.how", detail=True)
    if late.tell_us_before is not None:
        time = minutes_text(late.tell_us_before)
        answer.add("late", "tell_us", "arrival.late.tell_us_before", detail=True, time=time)
    answer.price("late", late.price, "arrival.late.price", "late_price", detail=True)
    answer.remark("late", late.text, "arrival.late.text")


def _early(answer: Answer, early: EarlyIn | No) -> None:
    if isinstance(early, No) or early.possible is Possible.NO:
        answer.add("early", "early_no", "arrival.early")
        return
    if early.possible is None:
        return
    key = "early_ask" if early.possible is Possible.ON_REQUEST else "early"
    if early.from_ is None:
        answer.add("early", f"{key}_any", "arrival.early.possible")
    else:
        paths = ("arrival.early.possible", "arrival.early.from")
        answer.add("early", key, paths, start=minutes_text(early.from_))
    answer.price("early", early.price, "arrival.early.price", "early_price")
    answer.remark("early", early.text, "arrival.early.text")


def _documents(answer: Answer, arrival: Arrival) -> None:
    documents = arrival.documents
    if documents is None or isinstance(documents, No):
        return
    if answer.remark("documents", documents.text, "arrival.documents.text"):
        return
    if documents.needed:
        answer.add("documents", "documents", "arrival.documents.needed")
