"""Opening hours: what a hotelier may write, and when that is on a given day in the hotel's time zone.

A span belongs to the day it starts on: "18:00-01:00" on Friday ends on Saturday. Daylight saving is right:
a time that the clock skips is the moment it would have been, and an end that comes twice is the later one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 1_440
SPANS_PER_DAY_MAX = 12
LOOK_AHEAD_DAYS = 400  # how far `next_open` looks: over a whole closed season
RUN_DAYS_MAX = 8  # what stays open longer than this has no closing time worth saying
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*")
_DAYS = re.compile(r"[a-z]{3}(-[a-z]{3})?(\s*,\s*[a-z]{3}(-[a-z]{3})?)*")

Interval = tuple[datetime, datetime]
Intervals = Callable[[date], Sequence[Interval]]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Minutes after midnight; `end_min` goes past 1440 when it ends the next day."""

    start_min: int
    end_min: int

    def __str__(self) -> str:
        """`07:30-10:30`, as it is written in the file."""
        end = self.end_min if self.end_min <= DAY_MINUTES else self.end_min - DAY_MINUTES
        return f"{clock_text(self.start_min)}-{clock_text(end)}"


Day = tuple[Span, ...]
ALL_DAY: Day = (Span(0, DAY_MINUTES),)


def clock_text(minutes: int) -> str:
    """Minutes after midnight as `07:30`; 1440 is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A week of spans, Monday first; `named` keeps the parts that have a name (lunch, dinner)."""

    zone: ZoneInfo
    week: tuple[Day, ...]
    named: tuple[tuple[str, Hours], ...] = ()

    @property
    def always(self) -> bool:
        """Open round the clock, every day."""
        return all(day == ALL_DAY for day in self.week)

    @property
    def never(self) -> bool:
        """Closed every day."""
        return not any(self.week)

    @property
    def daily(self) -> bool:
        """The same every day."""
        return all(day == self.week[0] for day in self.week)

    def on(self, day: date) -> Day:
        """The spans that start on that day."""
        return self.week[day.weekday()]

    def intervals(self, day: date) -> list[Interval]:
        """The spans that start on that day, as moments in the hotel's zone, in order."""
        return [self._moments(day, span) for span in self.on(day)]

    def open_at(self, at: datetime) -> bool:
        """True when it is open at that moment."""
        return open_at(self.intervals, at.astimezone(self.zone))

    def next_open(self, at: datetime) -> datetime | None:
        """The first moment from `at` on when it is open: `at` itself when it is; None when never."""
        return next_open(self.intervals, at.astimezone(self.zone), days=8)

    def closes(self, at: datetime) -> datetime | None:
        """When the run of open time around `at` ends; None when closed at `at`, or open without end."""
        return closes(self.intervals, at.astimezone(self.zone))

    def _moments(self, day: date, span: Span) -> Interval:
        start = local_moment(day, span.start_min, self.zone)
        return start, local_moment(day, span.end_min, self.zone, last=True)


def local_moment(day: date, minutes: int, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """`minutes` after midnight of `day` by the wall clock; of one that comes twice the first, or `last`."""
    days, rest = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=zone)
    again = wall.replace(fold=1)
    if last and again.timestamp() > wall.timestamp():
        return again
    return wall.astimezone(UTC).astimezone(zone)


def open_at(intervals: Intervals, at: datetime) -> bool:
    """True when an interval of that day or the day before holds `at` (aware, in the hotel's zone)."""
    return _around(intervals, at) is not None


def next_open(intervals: Intervals, at: datetime, *, days: int = LOOK_AHEAD_DAYS) -> datetime | None:
    """The first moment from `at` on that lies in an interval: `at` itself when open; None within `days`."""
    if open_at(intervals, at):
        return at
    moment = at.timestamp()
    day = at.date()
    for ahead in range(days):
        for start, end in intervals(day + timedelta(days=ahead)):
            if start.timestamp() >= moment and end.timestamp() > start.timestamp():
                return start
    return None


def closes(intervals: Intervals, at: datetime) -> datetime | None:
    """When the run of open time around `at` ends, also after midnight; None when closed or without end."""
    end = _around(intervals, at)
    if end is None:
        return None
    last = at + timedelta(days=RUN_DAYS_MAX)
    while end <= last:
        later = _around(intervals, end)
        if later is None:
            return end
        end = later
    return None


def _around(intervals: Intervals, at: datetime) -> datetime | None:
    moment = at.timestamp()
    ends = [
        end
        for ahead in (-1, 0)
        for start, end in intervals(at.date() + timedelta(days=ahead))
        if start.timestamp() <= moment < end.timestamp()
    ]
    return max(ends, key=datetime.timestamp, default=None)


def read_minutes(text: str) -> int:
    """`07:30` as minutes after midnight, `24:00` as 1440; ValueError says what is wrong."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if found is None:
        raise ValueError('must be a time like "14:00"')
    return _minutes(int(found[1]), int(found[2]))


def read_day(text: str) -> Day:
    """The spans of one day: `closed`, `24h`, or spans joined by commas; ValueError says what is wrong."""
    word = text.strip().lower()
    if word in ("closed", "no"):
        return ()
    if word == "24h":
        return ALL_DAY
    return merged([read_span(part) for part in text.split(",")])


def read_span(text: str) -> Span:
    """One `07:30-10:30`; an end before the start is the next day's; ValueError says what is wrong."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError('must be hours like "07:30-10:30", closed or 24h')
    start = _minutes(int(found[1]), int(found[2]))
    end = _minutes(int(found[3]), int(found[4]))
    if start in (DAY_MINUTES, end):
        raise ValueError("must end after it starts; open round the clock is 24h")
    return Span(start, end if end > start else end + DAY_MINUTES)


def merged(spans: list[Span]) -> Day:
    """In order, those that touch made one; ValueError over the limit."""
    if len(spans) > SPANS_PER_DAY_MAX:
        raise ValueError(f"must be at most {SPANS_PER_DAY_MAX} spans a day")
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start_min <= out[-1].end_min:
            out[-1] = Span(out[-1].start_min, max(out[-1].end_min, span.end_min))
        else:
            out.append(span)
    return tuple(out)


def read_weekdays(text: str) -> tuple[int, ...] | None:
    """`mon-fri`, `sat,sun`, `fri-mon` as numbers, Monday 0; None when the word is no weekday."""
    word = text.strip().lower()
    if _DAYS.fullmatch(word) is None:
        return None
    days: list[int] = []
    for part in word.split(","):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return None
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return tuple(days)


def _minutes(hour: int, minute: int) -> int:
    total = hour * 60 + minute
    if minute > 59 or total > DAY_MINUTES:
        raise ValueError("must be a time of day between 00:00 and 24:00")
    return total
