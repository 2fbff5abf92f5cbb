"""From when to when somebody wants to stay, and who comes: "dal 3 al 5 maggio, due adulti e un bimbo di 4 anni".

What is not said for certain stays unknown: it is asked, or left to the person who makes the offer.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from nightporter.desk.dates import date_asked
from nightporter.desk.heard import plain
from nightporter.desk.rules.text import fold

NIGHTS_MAX = 60  # a longer stay is a slip of the finger, or a matter for people
PEOPLE_MAX = 60
CHILD_YEARS_MAX = 17
WEEK_NIGHTS = 7

_ISO = re.compile(r"\b20\d\d-\d{1,2}-\d{1,2}\b")
_LAST_NUMBER = re.compile(r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º|°)?(?:\s+(?:de|di|of|del))?\s*$")


@dataclass(frozen=True, slots=True)
class Period:
    """The nights of a stay; None: not said."""

    arrival: date | None = None
    departure: date | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who comes. `adults` 0: not said."""

    adults: int = 0
    children: int = 0
    ages: tuple[int, ...] = ()  # of children, as far as said
    pets: bool = False

    @property
    def known(self) -> bool:
        """True when it was said how many come."""
        return self.adults > 0


@dataclass(frozen=True, slots=True)
class _Words:
    """`periods.toml`, compiled against squeezed text."""

    number: dict[str, int]
    until: re.Pattern[str]
    nights: re.Pattern[str]
    weeks: re.Pattern[str]
    adults: re.Pattern[str]
    people: re.Pattern[str]
    we_are: re.Pattern[str]
    couple: re.Pattern[str]
    children: re.Pattern[str]
    child: re.Pattern[str]
    no_children: re.Pattern[str]
    among: re.Pattern[str]
    ages: re.Pattern[str]
    pets: re.Pattern[str]
    no_pets: re.Pattern[str]


def period_asked(text: str, today: date) -> Period:
    """The days of a stay as the text tells them."""
    folded = fold(text)
    if len(days := _ISO.findall(folded)) > 1:
        return _period(date_asked(days[0], today).first, date_asked(days[1], today).first)
    for found in _words().until.finditer(folded):
        period = _between(folded[: found.start()], folded[found.end() :], today)
        if period is not None:
            return period
    arrival = _day(text, today)
    if arrival is None:
        return Period()
    nights = _nights(plain(text))
    return Period(arrival, arrival + timedelta(days=nights) if nights else None)


def party_asked(text: str) -> Party:
    """Who comes, as the text tells it."""
    words = _words()
    line = plain(text)
    pets = words.pets.search(words.no_pets.sub(" ", line)) is not None
    line = words.no_children.sub(" ", line)
    children = _children(line)
    ages = _ages(line)
    if adults := _sum(words.adults.finditer(line)):
        return Party(_bounded(adults), children, ages, pets)
    people = _first(words.people, line) or (2 if words.couple.search(line) else 0) or _bare(line)
    if people and children and words.among.search(line):
        people = max(people - children, 0)
    return Party(_bounded(people), children, ages, pets)


def _between(left: str, right: str, today: date) -> Period | None:
    """From the day that `left` ends with to the day that `right` begins with."""
    last = _day(right, today)
    if last is None:
        return None
    first = _day(left, today)
    if first is None:
        first = _same_month(left, last)
    if first is None:
        return None
    if last <= first:  # "from 28 December to 2 January", "from Thursday to Monday"
        last = _day(right, first + timedelta(days=1))
    return _period(first, last) if last and last > first else None


def _same_month(left: str, last: date) -> date | None:
    """The day of "from 3 to 5 May" that has no month of its own."""
    found = _LAST_NUMBER.search(left)
    if found is None:
        return None
    month = last if int(found[1]) < last.day else last.replace(day=1) - timedelta(days=1)
    try:
        return month.replace(day=int(found[1]))
    except ValueError:
        return None


def _period(first: date, last: date) -> Period:
    fits = first < last <= first + timedelta(days=NIGHTS_MAX)
    return Period(first, last) if fits else Period()


def _day(text: str, today: date) -> date | None:
    asked = date_asked(text, today)
    return asked.first if asked.named and asked.first == asked.last else None


def _nights(line: str) -> int:
    words = _words()
    nights = _first(words.nights, line) or _first(words.weeks, line) * WEEK_NIGHTS
    return nights if nights <= NIGHTS_MAX else 0


def _children(line: str) -> int:
    words = _words()
    counted = _sum(words.children.finditer(line))
    return _bounded(counted or len(words.child.findall(line)))


def _ages(line: str) -> tuple[int, ...]:
    found = [int(number) for match in _words().ages.finditer(line) for number in re.findall(r"\d+", match[0])]
    return tuple(age for age in found if age <= CHILD_YEARS_MAX)


def _bare(line: str) -> int:
    """The number of "we are four", as the last words: what follows "for two" may be rooms or nights."""
    return _first(_words().we_are, line)


def _first(pattern: re.Pattern[str], line: str) -> int:
    found = pattern.search(line)
    return _value(found[1]) if found else 0


def _sum(found: Iterable[re.Match[str]]) -> int:
    return sum(_value(one[1]) for one in found)


def _value(word: str) -> int:
    return int(word) if word.isdigit() else _words().number[word]


def _bounded(count: int) -> int:
    return count if count <= PEOPLE_MAX else 0


@cache
def _words() -> _Words:
    text = resources.files("nightporter.desk").joinpath("periods.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    number = {
        plain(word).strip(): at + 1
        for names in tables["numbers"].values()
        for at, spellings in enumerate(names)
        for word in spellings.split()
    }
    one = rf"(\d{{1,2}}|{_either(number)})"
    many = rf"\d{{1,2}}(?: (?:(?:{_either(tables['and'])}) )?\d{{1,2}})*"
    child = _either(tables["children"])
    said = {name: re.compile(rf" (?:{_either(tables[name])}) ") for name in _PLAIN_LISTS}
    counted = {name: re.compile(rf" {one} (?:{_either(tables[name])})(?= )") for name in _COUNTED_LISTS}
    until = "|".join(re.escape(fold(word)) for word in sorted(tables["until"], key=len, reverse=True))
    return _Words(
        number=number,
        until=re.compile(rf"(?<=\S)\s+(?:{until})\s+(?=\S)|\s*[–—]\s*|\s+-\s+|(?<=[\d.])-(?=\d)"),
        we_are=re.compile(rf" (?:{_either(tables['we_are'])}) (\d{{1,2}}|{_either(_from_two(number))}) $"),
        child=re.compile(rf" (?:{child})(?= )"),
        ages=re.compile(
            rf" {many} (?:{_either(tables['ages'])}) | (?:{_either(tables['aged'])}) {many} $"
            rf"|(?<= )(?:{child}) (?:(?:{_either(tables['aged'])}) )?{many}(?= )"
        ),
        **said,
        **counted,
    )


_PLAIN_LISTS = ("couple", "no_children", "among", "pets", "no_pets")
_COUNTED_LISTS = ("nights", "weeks", "adults", "people", "children")


def _from_two(number: dict[str, int]) -> list[str]:
    return [word for word, value in number.items() if value > 1]


def _either(words: Iterable[str]) -> str:
    known = {plain(word).strip() for word in words}
    return "|".join(re.escape(word) for word in sorted(known, key=lambda word: (-len(word), word)))
