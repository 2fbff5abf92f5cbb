"""The days on which something else holds: seasons, periods that may run over the new year, single dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

LEAP_YEAR = 2024  # so that 02-29 is a day of a period that comes every year

_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Yearly:
    """From a (month, day) to a (month, day), both included, every year; may run over the new year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """True when the day lies in it."""
        key = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= key <= self.last
        return key >= self.first or key <= self.last


@dataclass(frozen=True, slots=True)
class Once:
    """From a date to a date, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """True when the day lies in it."""
        return self.first <= day <= self.last


Period = Yearly | Once


@dataclass(frozen=True, slots=True)
class When:
    """An exception of a block: in these periods these fields have these values instead."""

    periods: tuple[Period, ...]
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    season: str = ""  # its name, when it was given by name

    def holds(self, day: date) -> bool:
        """True when the exception holds on that day."""
        return any(period.holds(day) for period in self.periods)


def read_period(first: str, last: str) -> Period:
    """Two `MM-DD` or two `YYYY-MM-DD`; ValueError says what is wrong."""
    start, end = _read_end(first), _read_end(last)
    if isinstance(start, date) and isinstance(end, date):
        if end < start:
            raise ValueError("must not end before it starts")
        return Once(start, end)
    if isinstance(start, tuple) and isinstance(end, tuple):
        return Yearly(start, end)
    raise ValueError("must have both ends as MM-DD, or both as YYYY-MM-DD")


def read_date(text: str) -> date:
    """`YYYY-MM-DD`; ValueError says what is wrong."""
    if _DATE.fullmatch(text.strip()) is None:
        raise ValueError("must be a date like 2027-01-31")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"is no day of the calendar: {text.strip()}") from None


def _read_end(text: str) -> tuple[int, int] | date:
    found = _MONTH_DAY.fullmatch(text.strip())
    if found is None:
        return read_date(text)
    month, day = int(found[1]), int(found[2])
    try:
        date(LEAP_YEAR, month, day)
    except ValueError:
        raise ValueError(f"is no day of the calendar: {text.strip()} (MM-DD: month first)") from None
    return month, day
