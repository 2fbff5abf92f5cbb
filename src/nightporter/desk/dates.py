"""The day a guest asks about: "domani", "am Freitag", "on May 12", "12.05.2027", "in agosto".

Facts differ by season, so a question is answered for the day it is about. Days without a year are the next such day.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from nightporter.desk.heard import plain
from nightporter.desk.rules.text import Folded

YEARS_AHEAD_MAX = 3  # a year further off is a slip of the finger, or no year

_ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
_DAY_MONTH = re.compile(
    r"(?<![\d.,:/])(\d{1,2})(?:/(\d{1,2})(?:/(\d{4}|\d{2}))?|\.(\d{1,2})\.(\d{4}|\d{2})?)(?![\d:/])"
)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Asked:
    """From `first` to `last`: one day, or a month asked about as a whole. `named`: the guest said so."""

    first: date
    last: date
    named: bool


@dataclass(frozen=True, slots=True)
class _Words:
    """`dates.toml`, compiled against squeezed text."""

    telling: frozenset[str]  # a text without one of these names no day
    never: re.Pattern[str]
    days: re.Pattern[str]
    weekdays: re.Pattern[str]
    day_of_month: re.Pattern[str]
    month_day: re.Pattern[str]
    month_asked: re.Pattern[str]
    ahead: dict[str, int]
    weekday: dict[str, int]
    month: dict[str, int]


def date_asked(text: str, today: date) -> Asked:
    """The day or month that the text is about; today, not named, when it says none."""
    return _by_number(text, today) or _by_word(plain(text), today) or Asked(today, today, named=False)


def _by_number(text: str, today: date) -> Asked | None:
    if _DIGIT.search(text) is None:
        return None
    folded = Folded.of(text).text
    if iso := _ISO.search(folded):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    for found in _DAY_MONTH.finditer(folded):
        day, month = int(found[1]), int(found[2] or found[4])
        if month > 12 >= day:
            day, month = month, day
        asked = _next_day(day, month, found[3] or found[5] or "", today)
        if asked is not None:
            return asked
    return None


def _by_word(text: str, today: date) -> Asked | None:
    words = _words()
    if words.telling.isdisjoint(text.split()):
        return None
    text = words.never.sub(" ", text)
    for pattern, day_group, month_group in ((words.day_of_month, 1, 2), (words.month_day, 2, 1)):
        if found := pattern.search(text):
            asked = _next_day(int(found[day_group]), words.month[found[month_group]], found[3] or "", today)
            if asked is not None:
                return asked
    if found := words.days.search(text):
        day = today + timedelta(days=words.ahead[found[1]])
        return Asked(day, day, named=True)
    if found := words.weekdays.search(text):
        day = today + timedelta(days=(words.weekday[found[1]] - today.weekday()) % 7)
        return Asked(day, day, named=True)
    if found := words.month_asked.search(text):
        return _whole_month(words.month[found[1]], today)
    return None


def _day(year: int, month: int, day: int) -> Asked | None:
    try:
        on = date(year, month, day)
    except ValueError:
        return None
    return Asked(on, on, named=True)


def _next_day(day: int, month: int, year: str, today: date) -> Asked | None:
    if year:
        full = int(year) if len(year) == 4 else 2000 + int(year)
        return _day(full, month, day) if 0 <= full - today.year <= YEARS_AHEAD_MAX else None
    for ahead in range(9):  # 29 February comes every eight years at worst
        asked = _day(today.year + ahead, month, day)
        if asked is not None and asked.first >= today:
            return asked
    return None


def _whole_month(month: int, today: date) -> Asked:
    year = today.year + (month < today.month)
    last = date(year, month, monthrange(year, month)[1])
    return Asked(max(date(year, month, 1), today), last, named=True)


@cache
def _words() -> _Words:
    text = resources.files("nightporter.desk").joinpath("dates.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    ahead = {_plain(word): int(days) for days, table in tables["days"].items() for word in table["words"]}
    weekday = _numbered(tables["weekdays"])
    month = {word: number + 1 for word, number in _numbered(tables["months"]).items()}
    months, before = _either(month), _either(map(_plain, tables["month_asked"]["words"]))
    joint = r"(?:st |nd |rd |th |o |er |de |di |of |von |the |º )*"
    return _Words(
        telling=frozenset(word.split()[-1] for word in [*ahead, *weekday, *month]),
        never=re.compile(f" (?:{_either(map(_plain, tables['not']['words']))}) "),
        days=re.compile(f" ({_either(ahead)}) "),
        weekdays=re.compile(f" ({_either(weekday)}) "),
        day_of_month=re.compile(rf" (\d{{1,2}}) {joint}({months}) (?:de |del )?(20\d\d(?= ))?"),
        month_day=re.compile(rf" ({months}) (?:the )?(\d{{1,2}}) {joint}(20\d\d(?= ))?"),
        month_asked=re.compile(rf" (?:{before}) ({months}) "),
        ahead=ahead,
        weekday=weekday,
        month=month,
    )


def _numbered(table: dict[str, list[str]]) -> dict[str, int]:
    """Folded word -> its place in the list, over all languages."""
    return {
        _plain(word): number
        for names in table.values()
        for number, spellings in enumerate(names)
        for word in spellings.split()
    }


def _plain(word: str) -> str:
    return plain(word).strip()


def _either(words: Any) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))
