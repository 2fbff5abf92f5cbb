"""The hotel as the rest of the program asks it: its facts, what holds on a day, who is there and when."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from nightporter.config.hotel.blocks import Block, Department, Facts
from nightporter.config.hotel.exceptions import Period, When
from nightporter.config.hotel.hours import (
    LOOK_AHEAD_DAYS,
    WEEKDAYS,
    Hours,
    Interval,
    Intervals,
    closes,
    next_open,
    open_at,
)
from nightporter.config.hotel.values import LANGUAGES, DepartmentName, Policy, Weekday

CHECKED_DAYS_MAX = 180  # older facts: `doctor` and the weekly report ask to look again
FOUND_MAX = 512  # opening days that are remembered, so that the next guest who asks needs no search
DEFAULT_ZONE = "UTC"  # a file without `hotel.timezone`
DEFAULT_CURRENCY = "EUR"

ALWAYS_STAFFED = DepartmentName.ON_CALL  # a closed hotel still has somebody on call

_PART = re.compile(r"([a-z0-9_]+)((?:\[\d+\])*)", re.IGNORECASE)
_B = TypeVar("_B", bound=Block | Department)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel(Facts):
    """One hotel's facts. Blocks are attributes (`hotel.wifi`); `during` applies a block's exceptions."""

    known: bool = True  # False: there is no file, every factual question goes to staff
    _found: dict[tuple[str, date], date | None] = field(
        default_factory=dict[tuple[str, date], "date | None"], init=False, repr=False, compare=False
    )

    @classmethod
    def empty(cls) -> Hotel:
        """A hotel that nothing is known of."""
        return cls(known=False)

    @property
    def zone(self) -> ZoneInfo:
        """The hotel's time zone."""
        return ZoneInfo(self.house.timezone or DEFAULT_ZONE)

    @property
    def timezone(self) -> str:
        """Its name, like `Europe/Rome`."""
        return self.house.timezone or DEFAULT_ZONE

    @property
    def language(self) -> str:
        """What staff read."""
        return self.house.language or self.languages[0]

    @property
    def languages(self) -> tuple[str, ...]:
        """What guests are answered in, the hotel's preference first."""
        return self.house.answers_in or LANGUAGES

    @property
    def currency(self) -> str:
        """ISO code."""
        return self.house.currency or DEFAULT_CURRENCY

    @property
    def phone_number_ids(self) -> frozenset[str]:
        """Every number of ours that the file lists."""
        return frozenset(number.phone_number_id for number in self.numbers)

    def review_due(self, today: date) -> bool:
        """True when nobody has looked over the facts for too long."""
        return self.checked_on is not None and (today - self.checked_on).days > CHECKED_DAYS_MAX

    def policy_of(self, topic: str) -> Policy:
        """How far the machine goes with a topic by itself."""
        return self.policy.get(topic, Policy.AUTO)

    def during(self, block: _B, day: date) -> _B:
        """The block as it is on that day: the first exception that holds replaces the fields it names."""
        found = _exception(block.when, day)
        return dataclasses.replace(block, **found.changes) if found else block

    def at(self, path: str, on: date) -> Any:
        """What stands at a path of the file (`pool.hours`, `parking[0]`) on that day; None when unknown.

        What lies behind a `NO` is None. KeyError: the path is none of the schema's.
        """
        value: Any = self
        for part in path.split("."):
            found = _PART.fullmatch(part)
            if found is None:
                raise KeyError(path)
            value = self._step(value, found[1], path)
            for index in re.findall(r"\d+", found[2]):
                items = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else ()
                value = items[int(index)] if int(index) < len(items) else None
            if isinstance(value, Block | Department):
                value = self.during(value, on)
        return value

    def closed_on(self, day: date) -> Period | None:
        """The period in which the whole hotel is closed that day, None when open."""
        for period in self.closed:
            if period.holds(day):
                return period
        return None

    def intervals(self, path: str, day: date) -> list[Interval]:
        """When the block at the path is open on that day: exceptions, closed days and closed periods applied.

        An exception that holds and names hours is meant for that day: it wins over the closed periods.
        """
        hours = self._hours(self._block(path), path, day)
        return hours.intervals(day) if hours else []

    def has_hours(self, path: str) -> bool:
        """True when the file tells hours at the path at all."""
        return _told_hours(self._block(path)) is not None

    def open_at(self, path: str, at: datetime) -> bool:
        """True when the block at the path is open at that moment."""
        return open_at(self._intervals_of(path), at.astimezone(self.zone))

    def next_open(self, path: str, at: datetime) -> datetime | None:
        """The first moment from `at` on when it is open: `at` itself when it is; None: not told, or never."""
        if not self.has_hours(path):
            return None
        return next_open(self._intervals_of(path), at.astimezone(self.zone))

    def next_open_day(self, path: str, day: date) -> date | None:
        """The first day from `day` on with opening hours at the path; None when there is none for over a year."""
        if (path, day) not in self._found:
            if len(self._found) >= FOUND_MAX:
                self._found.clear()
            self._found[path, day] = self._search(path, day)
        return self._found[path, day]

    def closes(self, path: str, at: datetime) -> datetime | None:
        """When the run of open time around `at` ends; None when closed, or open without end."""
        return closes(self._intervals_of(path), at.astimezone(self.zone))

    def desk_path(self, department: str) -> str:
        """Where the hours of a department stand that a guest is told: the reception's are its own block's."""
        if department == DepartmentName.RECEPTION and self.has_hours("reception"):
            return "reception"
        return f"staff.{department}"

    def _search(self, path: str, day: date) -> date | None:
        block = self._block(path)
        for ahead in range(LOOK_AHEAD_DAYS):
            candidate = day + timedelta(days=ahead)
            hours = self._hours(block, path, candidate)
            if hours and hours.on(candidate):
                return candidate
        return None

    def _intervals_of(self, path: str) -> Intervals:
        block = self._block(path)

        def intervals(day: date) -> Sequence[Interval]:
            hours = self._hours(block, path, day)
            return hours.intervals(day) if hours else ()

        return intervals

    def _hours(self, block: Any, path: str, day: date) -> Hours | None:
        """The hours that hold on that day; None when it is closed or nothing is told."""
        told = _told_hours(block)
        if told is None or isinstance(block, Hours):
            return None if self.closed_on(day) else told
        exception = _exception(block.when, day)
        changes = exception.changes if exception else {}
        hours: Hours = changes.get("hours") or changes.get("cleaning") or told
        meant = hours is not told
        if self.closed_on(day) and not meant and path != f"staff.{ALWAYS_STAFFED}":
            return None
        closed: tuple[Weekday, ...] = changes.get("closed_on", getattr(block, "closed_on", None)) or ()
        return None if WEEKDAYS[day.weekday()] in closed else hours

    def _block(self, path: str) -> Any:
        value: Any = self
        for part in path.split("."):
            value = self._step(value, part, path)
        return value if isinstance(value, Block | Department | Hours) else None

    def _step(self, value: Any, part: str, path: str) -> Any:
        if isinstance(value, dict):
            return cast("dict[str, Any]", value).get(part)
        if not dataclasses.is_dataclass(value) or isinstance(value, type):
            return None
        name = self.KEYS.get(part, part) if value is self else part
        fields = _fields(type(value))
        if name not in fields:
            raise KeyError(path)
        return getattr(value, fields[name])


def _told_hours(block: Any) -> Hours | None:
    """The hours of a block of whatever kind, or the block itself when it is hours."""
    if block is None or isinstance(block, Hours):
        return block
    return getattr(block, "hours", None) or getattr(block, "cleaning", None)


@cache
def _fields(kind: type) -> dict[str, str]:
    """Key of the file -> name of the field."""
    return {item.name.removesuffix("_"): item.name for item in dataclasses.fields(kind)}


def _exception(exceptions: tuple[When, ...], day: date) -> When | None:
    for exception in exceptions:
        if exception.holds(day):
            return exception
    return None
