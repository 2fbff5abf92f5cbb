"""When a person is there, by the hotel's file: what hand-over texts say instead of "shortly"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import Night, Reception
from nightporter.desk.wording import month_name, say, weekday_name

NIGHT_FROM_HOUR = 22  # a hotel that tells no hours: night is from here
NIGHT_UNTIL_HOUR = 7  # to here
EMERGENCY_NUMBER = "112"  # all of Europe, and any mobile phone (GSM): where the file names none
WEEKDAY_DAYS_MAX = 6  # further off a weekday alone would mislead


@dataclass(frozen=True, slots=True)
class Staffing:
    """A department at one moment. `until` None while open: day and night; `again` None while closed: not known."""

    known: bool
    open: bool = False
    until: datetime | None = None
    again: datetime | None = None


class _Memo:
    """The staffing that was last worked out: hours change by the minute, guests write by the second."""

    def __init__(self) -> None:
        self._hotel: Hotel | None = None
        self._at: datetime | None = None
        self._minute = -1
        self._by_department: dict[str, Staffing] = {}

    def get(self, hotel: Hotel, at: datetime, department: str) -> Staffing:
        """Worked out anew for another file or another minute."""
        if hotel is not self._hotel or at is not self._at:
            minute = int(at.timestamp() // 60)
            if hotel is not self._hotel or minute != self._minute:
                self._by_department = {}
            self._hotel, self._at, self._minute = hotel, at, minute
        found = self._by_department.get(department)
        if found is None:
            found = self._by_department[department] = _work_out(hotel, at, department)
        return found


_memo = _Memo()


def staffing(hotel: Hotel, at: datetime, department: str = "reception") -> Staffing:
    """Whether the department is there, until when, from when again."""
    return _memo.get(hotel, at, department)


def _work_out(hotel: Hotel, at: datetime, department: str) -> Staffing:
    path = hotel.desk_path(department)
    if not hotel.has_hours(path):
        return Staffing(known=False)
    if hotel.open_at(path, at):
        return Staffing(known=True, open=True, until=hotel.closes(path, at))
    again = hotel.next_open(path, at)
    return Staffing(known=again is not None, again=again)


def is_night(hotel: Hotel, at: datetime) -> bool:
    """True when nobody is at the desk: being locked out is an emergency then."""
    now = staffing(hotel, at)
    if now.known:
        return not now.open
    return at.hour >= NIGHT_FROM_HOUR or at.hour < NIGHT_UNTIL_HOUR


def who_reads(hotel: Hotel, at: datetime, language: str, section: str = "reception") -> str:
    """One sentence: when a person reads it. `section` of the strings: `reception`, or `angry`."""
    now = staffing(hotel, at)
    if not now.known:
        return say(f"{section}.unknown", language)
    if now.open and now.until is None:
        return say(f"{section}.always", language)
    if now.open and now.until is not None:
        return say(f"{section}.open", language, until=clock(now.until))
    assert now.again is not None, "closed and known, yet without an opening"
    return say(f"{section}.closed", language, when=when(now.again, at, language))


def if_urgent(hotel: Hotel, at: datetime, language: str) -> str:
    """The sentence with the phone that is answered now; "" when the file has none."""
    phone = phone_now(hotel, at)
    return say("reception.urgent", language, phone=phone) if phone else ""


def when(moment: datetime, now: datetime, language: str) -> str:
    """`tomorrow from 07:00` and the like, as the guest reads it at `now`."""
    days = (moment.date() - now.date()).days
    time = clock(moment)
    if days == 0:
        return say("when.today", language, time=time)
    if days == 1:
        return say("when.tomorrow", language, time=time)
    if days <= WEEKDAY_DAYS_MAX:
        return say("when.weekday", language, weekday=weekday_name(moment.date(), language), time=time)
    month = month_name(moment.date(), language)
    return say("when.date", language, day=moment.day, month=month, time=time)


def clock(moment: datetime) -> str:
    """`07:30`."""
    return f"{moment.hour:02}:{moment.minute:02}"


def phone_now(hotel: Hotel, at: datetime) -> str:
    """The number where a person answers: the night's phone while reception is closed."""
    house = hotel.house.phone or ""
    return (night_phone(hotel) or house) if is_night(hotel, at) else (house or night_phone(hotel))


def night_of(hotel: Hotel) -> Night | None:
    """How one gets in at night, None when the file does not say or nobody can."""
    night = hotel.reception.night if isinstance(hotel.reception, Reception) else None
    return night if isinstance(night, Night) else None


def night_phone(hotel: Hotel) -> str:
    """The night's phone, else the first number of those on call, else ""."""
    night = night_of(hotel)
    if night and night.phone:
        return night.phone
    for name, department in hotel.staff.items():
        if name == "on_call":
            return next((tell for tell in department.tell if tell.startswith("+")), "")
    return ""


def emergency_number(hotel: Hotel) -> str:
    """The number that an emergency text names."""
    return (hotel.emergency and hotel.emergency.number) or EMERGENCY_NUMBER


def meeting_point(hotel: Hotel, language: str) -> str:
    """Where people meet outside, in that language or any: wrong words are better than no place. "" unknown."""
    place = hotel.emergency.meeting_point if hotel.emergency else None
    return place.get(language) or place.any() if place else ""
