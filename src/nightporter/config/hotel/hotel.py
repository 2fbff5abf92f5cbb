"""The hotel as the rest of the program asks it: its facts, what holds on a day, who is there and when."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from nightporter.config.hotel.blocks import Block, Department, Facts
from nightporter.config.hotel.exceptions import Period, When
from nightporter.config.hotel.hours import LOOK_AHEAD_DAYS, Hours, Interval, closes, next_open, open_at
from nightporter.config.hotel.values import LANGUAGES, DepartmentName, Policy, Weekday

CHECKED_DAYS_MAX = 180  # older facts: `doctor` and the weekly report ask to look again
DEFAULT_ZONE = "UTC"  # a file without `hotel.timezone`
DEFAULT_CURRENCY = "EUR"

ALWAYS_STAFFED = DepartmentName.ON_CALL  # a closed hotel still has somebody on call

_PART = re.compile(r"([a-z0-9_]+)((?:\[\d+\])*)", re.IGNORECASE)
_B = TypeVar("_B", bound=Block | Department)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel(Facts):
    """One hotel's facts. Blocks are attributes (`hotel.wifi`); `during` applies a block's exceptions."""

    known: bool = True  # False: there is no file, every factual question goes to staff

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
        return next((period for period in self.closed if period.holds(day)), None)

    def intervals(self, path: str, day: date) -> list[Interval]:
        """When the block at the path is open on that day: exceptions, closed days and closed periods applied.

        An exception that holds and names hours is meant for that day: it wins over the closed periods.
        """
        block: Any = self._block(path)
        if block is None or isinstance(block, Hours):
            return block.intervals(day) if block and not self.closed_on(day) else []
        exception = _exception(block.when, day)
        meant = exception is not None and "hours" in exception.changes
        if self.closed_on(day) and not meant and path != f"staff.{ALWAYS_STAFFED}":
            return []
        resolved = self.during(block, day)
        if Weekday(day.strftime("%a").lower()) in (getattr(resolved, "closed_on", None) or ()):
            return []
        hours: Hours | None = getattr(resolved, "hours", None) or getattr(resolved, "cleaning", None)
        return hours.intervals(day) if hours else []

    def has_hours(self, path: str) -> bool:
        """True when the file tells hours at the path at all."""
        block: Any = self._block(path)
        if block is None or isinstance(block, Hours):
            return block is not None
        return getattr(block, "hours", None) is not None or getattr(block, "cleaning", None) is not None

    def open_at(self, path: str, at: datetime) -> bool:
        """True when the block at the path is open at that moment."""
        return open_at(lambda day: self.intervals(path, day), at.astimezone(self.zone))

    def next_open(self, path: str, at: datetime) -> datetime | None:
        """The first moment from `at` on when it is open: `at` itself when it is; None: not told, or never."""
        if not self.has_hours(path):
            return None
        return next_open(lambda day: self.intervals(path, day), at.astimezone(self.zone))

    def next_open_day(self, path: str, day: date) -> date | None:
        """The first day from `day` on with opening hours at the path; None when there is none for over a year."""
        days = (day + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS))
        return next((candidate for candidate in days if self.intervals(path, candidate)), None)

    def closes(self, path: str, at: datetime) -> datetime | None:
        """When the run of open time around `at` ends; None when closed, or open without end."""
        return closes(lambda day: self.intervals(path, day), at.astimezone(self.zone))

    def desk_path(self, department: str) -> str:
        """Where the hours of a department stand that a guest is told: the reception's are its own block's."""
        if department == DepartmentName.RECEPTION and self.has_hours("reception"):
            return "reception"
        return f"staff.{department}"

    def _block(self, path: str) -> Any:
        value: Any = self
        for part in path.split("."):
            value = self._step(value, part, path)
        return value if isinstance(value, Block | Department | Hours) else None

    def _step(self, value: Any, part: str, path: str) -> Any:
        if isinstance(value, dict):
            return cast("dict[str, Any]", value).get(part)
        if not dataclasses.is_dataclass(value):
            return None
        names = {item.name.removesuffix("_"): item.name for item in dataclasses.fields(value)}
        name = self.KEYS.get(part, part) if value is self else part
        if name not in names:
            raise KeyError(path)
        return getattr(value, names[name])


def _exception(exceptions: tuple[When, ...], day: date) -> When | None:
    return next((exception for exception in exceptions if exception.holds(day)), None)
