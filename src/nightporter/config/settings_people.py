"""Reads `[[staff.people]]`: who is told of what needs a person, in which order, at what hours, and how."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from nightporter.config.hotel.hours import Day, read_day, read_weekdays
from nightporter.config.hotel.values import DepartmentName
from nightporter.config.settings_values import LIST_ITEMS_MAX, Reader

NAME_CHARS_MAX = 64
ORDER_MAX = 1_000
WEEK_DAYS = 7
SLACK, PAGERDUTY = "slack", "pagerduty"  # instead of an address: the way that its own setting gives

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """One `[[staff.people]]`. Without departments: all of them. Without hours: those of the department."""

    name: str
    urls: tuple[str, ...] = field(repr=False)  # apprise URLs, `slack` or `pagerduty`: they hold secrets
    departments: frozenset[str] = frozenset()
    week: tuple[Day, ...] = ()  # opening spans, Monday first; () = as the department
    order: int = 0  # lower ones are told first

    def __str__(self) -> str:
        """Without the addresses, which hold secrets."""
        return self.name


def _people(raw: object) -> tuple[PersonSettings, ...]:
    if isinstance(raw, str):
        raw = json.loads(raw)
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise TypeError("not of that kind")
    items = cast("Sequence[object]", raw)
    found = tuple(_person(item) for item in items[: LIST_ITEMS_MAX + 1])
    if len(found) > LIST_ITEMS_MAX or len({one.name for one in found}) != len(found):
        raise ValueError("no such person")
    return found


def _person(raw: object) -> PersonSettings:
    if not isinstance(raw, Mapping):
        raise TypeError("not of that kind")
    given = {**cast("Mapping[str, object]", raw)}
    name, urls = given.pop("name", None), _words(given.pop("urls", ()))
    departments, week = _words(given.pop("departments", ())), _week(given.pop("hours", None))
    order = given.pop("order", 0)
    named = isinstance(name, str) and 0 < len(name.strip()) <= NAME_CHARS_MAX and "\n" not in name
    if given or not named or not urls or isinstance(order, bool) or not isinstance(order, int):
        raise ValueError("no such person")
    if not all(url in (SLACK, PAGERDUTY) or _ADDRESS.fullmatch(url) for url in urls):
        raise ValueError("no such person")
    known = frozenset(str(DepartmentName(word)) for word in departments)
    if not 0 <= order <= ORDER_MAX:
        raise ValueError("no such person")
    return PersonSettings(name=str(name).strip(), urls=urls, departments=known, week=week, order=order)


def _words(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        raw = [raw]
    if not isinstance(raw, Sequence) or len(cast("Sequence[object]", raw)) > LIST_ITEMS_MAX:
        raise TypeError("not of that kind")
    items = cast("Sequence[object]", raw)
    if not all(isinstance(item, str) for item in items):
        raise TypeError("not of that kind")
    return tuple(str(item) for item in items)


def _week(raw: object) -> tuple[Day, ...]:
    """`"07:00-15:00"` for every day, or `{mon-fri = "07:00-15:00", sat = "08:00-12:00"}`; other days are free."""
    if raw is None:
        return ()
    if isinstance(raw, str):
        return (read_day(raw),) * WEEK_DAYS
    if not isinstance(raw, Mapping):
        raise TypeError("not of that kind")
    week: list[Day] = [()] * WEEK_DAYS
    for days, spans in cast("Mapping[str, Any]", raw).items():
        numbers = read_weekdays(days)
        if numbers is None or not isinstance(spans, str):
            raise ValueError("no such person")
        for number in numbers:
            week[number] = read_day(spans)
    return tuple(week)


PEOPLE = Reader(
    'a list of {name = "..", urls = [".."], departments = [".."], hours = "07:00-15:00", order = 1}', _people
)
