"""Arriving late: how one gets in at night, and the announcement of a guest's arrival for reception."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Arrival, LateIn, Reception
from nightporter.config.hotel.values import LateArrival, NightEntry, Possible
from nightporter.desk.reception import if_urgent, night_of, who_reads
from nightporter.desk.rendering import FOR_STAFF, Answer, Catalogue, asked_hours_text, may_tell, minutes_text
from nightporter.desk.rules.text import fold, words_of
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.conversation import Question
from nightporter.model.decision import NewTask, Urgency

SAY = Catalogue(__name__)
DEPARTMENT = "reception"
WISH_CHARS_MAX = 300

_COMING = "coming"
_TIME = "time"
_TRAVELS = "travels"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The facts; and who announces an arrival is asked for what is missing, then reception is told."""
    answer = Answer(ask, SAY)
    arrival = hotel.during(hotel.arrival, ask.on) if hotel.arrival else Arrival()
    late = arrival.late if may_tell(arrival.share, ask.match) else None
    announced = (answer.asked(_COMING) and not answer.asked("only_asks")) or "wish" in ask.slots
    _desk(answer, ask, hotel)
    _late(answer, late)
    _night(answer, ask, hotel, late)
    if isinstance(late, LateIn) and late.tell_us_before is not None and not announced:
        time = minutes_text(late.tell_us_before)
        answer.add("entry", "tell_us", "arrival.late.tell_us_before", always=True, time=time)
    facts = answer.reply()
    for_staff = any(aspect.startswith(FOR_STAFF) for aspect in SAY.aspects(ask.wish.text))
    if for_staff or not announced or (_lives_here(ask) and not answer.asked(_TRAVELS)):
        return facts
    return _announced(ask, hotel, facts, timed=_time_named(answer, ask))


def _late(answer: Answer, late: LateIn | No | None) -> None:
    if late is None:
        return
    if isinstance(late, No) or late.possible is Possible.NO:
        answer.add(_COMING, "not_possible", "arrival.late", always=True)
        return
    if late.possible is not None:
        key = "possible_ask" if late.possible is Possible.ON_REQUEST else "possible"
        aspect = _COMING if answer.asked(_COMING) else _TIME
        answer.add(aspect, key, "arrival.late.possible")
    answer.price(_COMING, late.price, "arrival.late.price", "price")
    answer.remark(_COMING, late.text, "arrival.late.text")


def _night(answer: Answer, ask: Ask, hotel: Hotel, late: LateIn | No | None) -> None:
    """How one gets in: the code itself only to whom it may be told."""
    night = night_of(hotel)
    aspect = "entry" if answer.asked("entry") else _COMING
    by_code = night is not None and night.entry is NightEntry.CODE
    if night and night.code and by_code and may_tell(night.share, ask.match):
        answer.add(aspect, "code", "reception.night.code", always=True, code=night.code)
    elif isinstance(late, LateIn) and late.how is not None:
        answer.add(aspect, f"how.{late.how}", "arrival.late.how", always=True)
    elif by_code:
        answer.add(aspect, f"how.{LateArrival.NIGHT_CODE}", "reception.night.entry", always=True)
    if night and night.phone:
        answer.add("entry", "phone", "reception.night.phone", phone=night.phone)


def _desk(answer: Answer, ask: Ask, hotel: Hotel) -> None:
    if not isinstance(hotel.reception, Reception):
        return
    reception = hotel.during(hotel.reception, ask.on)
    if reception.hours is not None and may_tell(reception.share, ask.match):
        answer.add("desk", "desk", "reception.hours", hours=asked_hours_text(reception.hours, ask))


def _lives_here(ask: Ask) -> bool:
    """True for a guest who came on another day: they only want to get in tonight."""
    today = ask.now.date().isoformat()
    return ask.match is Match.IN_HOUSE and ask.stay is not None and ask.stay.arrival < today


def _time_named(answer: Answer, ask: Ask) -> bool:
    return (
        "time" in ask.slots
        or answer.asked(_TIME)
        or any(word.isdigit() for word in words_of(fold(ask.slots.get("wish", ask.wish.text))))
    )


def _announced(ask: Ask, hotel: Hotel, facts: TopicReply, *, timed: bool) -> TopicReply:
    if not timed:
        return _ask_for("time", ask, facts)
    if ask.stay is None and "booking" not in ask.slots:
        return _ask_for("booking", ask, facts)
    lines = [_told(ask, facts), SAY.say("passed_on", ask.language), who_reads(hotel, ask.now, ask.language)]
    path = hotel.desk_path(DEPARTMENT)
    hours = [f"{path}.hours"] if hotel.has_hours(path) else []
    if not hotel.open_at(path, ask.now):
        lines.append(if_urgent(hotel, ask.now, ask.language))
    return TopicReply(
        text="\n".join(filter(None, lines)),
        sources=tuple(dict.fromkeys([*facts.sources, *hours])),
        task=_task(ask),
    )


def _ask_for(slot: str, ask: Ask, facts: TopicReply) -> TopicReply:
    """Asks for one thing; what is known already stays with the question."""
    known = {"wish": ask.wish.text[:WISH_CHARS_MAX]} | ask.slots
    question = Question(
        topic="late_arrival", slot=slot, asked_ms=int(ask.now.timestamp() * 1000), slots=known
    )
    text = f"{_told(ask, facts)}\n{SAY.say(f'which.{slot}', ask.language)}"
    return TopicReply(text=text, sources=facts.sources, question=question)


def _told(ask: Ask, facts: TopicReply) -> str:
    """The facts, once: not again when a question of ours was answered."""
    return SAY.say("lead", ask.language) if "wish" in ask.slots or not facts.text else facts.text


def _task(ask: Ask) -> NewTask:
    today = ask.now.date().isoformat()
    details = {
        "time": ask.slots.get("time", ""),
        "day": ask.on.isoformat() if ask.on_named else "",
        "arrival": ask.stay.arrival if ask.stay else "",
        "booking": ask.stay.code if ask.stay else ask.slots.get("booking", ""),
        "match": ask.match.value,
        "language": ask.language,
    }
    later = (ask.stay is not None and ask.stay.arrival > today) or (
        ask.on_named and ask.on.isoformat() > today
    )
    return NewTask(
        key=f"late_arrival:{details['booking']}",
        department=DEPARTMENT,
        reason="late_arrival",
        summary=ask.slots.get("wish", ask.wish.text),
        urgency=Urgency.NORMAL if later else Urgency.NOW,
        topic="late_arrival",
        details={name: value for name, value in details.items() if value},
    )
