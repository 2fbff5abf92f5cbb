"""What a mesh event leads to: a delayed flight is told to the guest who sits in it, the rest is shown to staff.

A message of our own accord goes out only to who did not opt out, while the window is open or with an approved template,
and never into a conversation that staff hold. Otherwise staff get the task, with the words ready to be sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nightporter.config.hotel import Hotel
from nightporter.desk.compose import disclosure, disclosure_due
from nightporter.desk.context import Addressee, Context
from nightporter.desk.look import short
from nightporter.desk.reception import clock, phone_now, staffing
from nightporter.desk.wording import FALLBACK, say
from nightporter.model.decision import Decision, NewTask, Saying, Trace, Urgency
from nightporter.model.guest import Guest, Stay, StayState, flight_number
from nightporter.model.message import Entry, JSONObject
from nightporter.model.outbox import Content, Template

FLIGHT_DELAY = "flight.delay.detected"
TEMPLATE = "flight_delay"  # purpose of the template: flight, delay, new time of landing
NEAR_DAYS = 1  # a flight lands on the day of arrival, or past midnight
ANSWERS_KEPT_MAX = 25

_TIME = re.compile(r"(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Delay:
    """A delayed flight, as the event tells it. `minutes` 0: not told; `lands` None: not told."""

    flight: str
    minutes: int
    lands: datetime | None


def event_type(event: Entry) -> str:
    """`flight.delay.detected` and the like, "" when the entry does not say."""
    kind = event.data.get("type")
    return kind if isinstance(kind, str) else ""


def read_delay(event: Entry, now: datetime) -> Delay | None:
    """The delay that the event tells of; None when it names no flight. `now` in the hotel's time zone."""
    payload = _payload(event)
    flight = flight_number(str(payload.get("flightNumber") or ""))
    if not flight:
        return None
    try:
        minutes = round(float(payload.get("delayMinutes") or 0))
    except (TypeError, ValueError, OverflowError):
        minutes = 0
    return Delay(flight, max(minutes, 0), _moment(payload.get("newArrivalTime"), now))


def concerns(delay: Delay, stay: Stay, now: datetime) -> bool:
    """True when the stay begins with that flight, about now: the same number flies every day."""
    if stay.state is StayState.CANCELLED or flight_number(stay.flight) != delay.flight:
        return False
    first, last = days(delay, now)
    return first <= date.fromisoformat(stay.arrival) <= last


def days(delay: Delay, now: datetime) -> tuple[date, date]:
    """The first and the last day of arrival, at the hotel, of a stay that this flight may bring."""
    lands = delay.lands.date() if delay.lands else now.date()
    return lands - timedelta(days=NEAR_DAYS), lands + timedelta(days=NEAR_DAYS)


def react(event: Entry, addressee: Addressee | None, context: Context, hotel: Hotel) -> Decision:
    """A message to the guest, or a task; never nothing."""
    now = datetime.fromtimestamp(context.now_ms / 1000, hotel.zone)
    delay = read_delay(event, now) if event_type(event) in ("", FLIGHT_DELAY) else None
    if delay is None:
        return Decision(tasks=(_task(event, addressee, "event", str(_payload(event)), Urgency.NORMAL),))
    if addressee is None:
        summary = _summary(delay, FALLBACK if hotel.language not in hotel.languages else hotel.language)
        return Decision(tasks=(_task(event, None, "flight_delay_nobody", summary, Urgency.INFO),))
    language = _language(addressee.guest, hotel)
    text = _text(delay, hotel, now, language)
    content = _content(delay, addressee, context, text, language)
    summary = f"{_summary(delay, hotel.language)} {addressee.guest.name} {addressee.stay.room}".strip()
    if content is None:
        task = replace(_task(event, addressee, "flight_delay_untold", summary, Urgency.NOW), draft=text)
        return Decision(tasks=(task,), trace=Trace(language=language))
    return _tell(event, addressee, context, hotel, content, summary)


def _tell(
    event: Entry, addressee: Addressee, context: Context, hotel: Hotel, content: Content, summary: str
) -> Decision:
    conversation, language = addressee.conversation, _language(addressee.guest, hotel)
    assert conversation is not None, "a message needs a conversation"
    now = datetime.fromtimestamp(context.now_ms / 1000, hotel.zone)
    discloses = content.template is None and disclosure_due(addressee.guest, context.now_ms)
    if discloses:
        content = replace(content, text=f"{content.text}\n\n{disclosure(hotel, now, language)}")
    answers = (*conversation.memory.answers_ms, context.now_ms)[-ANSWERS_KEPT_MAX:]
    return Decision(
        sayings=(Saying(content=content, discloses=discloses),),
        tasks=(_task(event, addressee, "flight_delay", summary, Urgency.INFO),),
        memory=replace(conversation.memory, answers_ms=answers),
        trace=Trace(language=language),
    )


def _content(delay: Delay, to: Addressee, context: Context, text: str, language: str) -> Content | None:
    """What may be sent to the guest now, None when a person must."""
    conversation = to.conversation
    if (
        not context.proactive
        or to.guest.opted_out_ms
        or conversation is None
        or conversation.held(context.now_ms)
    ):
        return None
    if context.now_ms < conversation.window_until_ms():
        return Content(text=text)
    name = context.templates.get((TEMPLATE, language))
    if name is None:
        return None
    lands = clock(delay.lands) if delay.lands else "–"
    return Content(
        template=Template(
            name=name, language=language, parameters=(delay.flight, _length(delay, language), lands)
        )
    )


def _text(delay: Delay, hotel: Hotel, now: datetime, language: str) -> str:
    """The words for the guest; no number and no time in the first line, it may stand on a lock screen."""
    lines = [_summary(delay, language)]
    at_desk = staffing(hotel, delay.lands) if delay.lands else None
    phone = phone_now(hotel, delay.lands or now)
    if at_desk and at_desk.known and not at_desk.open and phone:
        lines.append(say("flight.closed", language, phone=phone))
    return "\n".join([say("flight.opener", language), " ".join(lines), say("flight.told", language)])


def _summary(delay: Delay, language: str) -> str:
    if delay.minutes:
        told = say("flight.delayed", language, flight=delay.flight, delay=_length(delay, language))
    else:
        told = say("flight.changed", language, flight=delay.flight)
    return f"{told} {say('flight.landing', language, time=clock(delay.lands))}" if delay.lands else told


def _length(delay: Delay, language: str) -> str:
    hours, minutes = divmod(delay.minutes, 60)
    if hours:
        return say("duration.hours", language, hours=hours, minutes=minutes)
    return say("duration.minutes", language, minutes=minutes)


def _task(event: Entry, addressee: Addressee | None, reason: str, summary: str, urgency: Urgency) -> NewTask:
    whom = addressee.stay.stay_id if addressee else "nobody"
    details = {"type": event_type(event)}
    if addressee:
        stay = addressee.stay
        details |= {
            "stay": stay.code,
            "room": stay.room,
            "arrival": stay.arrival,
            "phone": addressee.guest.phone,
        }
    return NewTask(
        key=f"event:{event.channel}:{event.dedupe}:{whom}:{addressee.guest.guest_id if addressee else ''}",
        department="reception",
        reason=reason,
        summary=short(summary),
        urgency=urgency,
        details={name: value for name, value in details.items() if value},
    )


def _language(guest: Guest, hotel: Hotel) -> str:
    if guest.language in hotel.languages:
        return guest.language
    return FALLBACK if FALLBACK in hotel.languages else hotel.languages[0]


def _payload(event: Entry) -> JSONObject:
    payload = event.data.get("payload")
    return payload if isinstance(payload, dict) else event.data  # pyright: ignore[reportUnknownVariableType]


def _moment(value: object, now: datetime) -> datetime | None:
    """An ISO moment (without a zone: the hotel's), or a bare time of today."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if found := _TIME.fullmatch(text):
        hour, minute = int(found[1]), int(found[2])
        return (
            now.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if hour < 24 and minute < 60
            else None
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(now.tzinfo) if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
