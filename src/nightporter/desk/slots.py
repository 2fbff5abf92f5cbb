"""Reads what a slot holds from a guest's words: a room, a day, an hour, how many, a flight, yes or no.

What has no reader here (what is broken, which treatment, where it was lost) is kept in the guest's own words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from nightporter.desk.dates import date_asked
from nightporter.desk.heard import plain, room_named
from nightporter.desk.rules.text import fold

BARE_ANSWER_WORDS_MAX = 4  # "204", "la 204 grazie": a number in a longer text may be anything
COUNT_MAX = 99
ROOM_DIGITS_MAX = 4
NOON_HOUR = 12

YES, NO = "yes", "no"
PAST_SLOTS = frozenset({"since", "when", "where"})
ANSWERS = {"enter": frozenset({YES, NO}), "allergies": frozenset({NO}), "child_seats": frozenset({NO})}

_HOUR = r"([01]?\d|2[0-4])"
_CLOCK = re.compile(
    rf"(?<![\d.:/]){_HOUR} ?(?:[:h]|uhr) ?([0-5]\d)(?![\d:])"
    rf"|(?<![\d.:/]){_HOUR}\.(00|1[3-9]|[2-5]\d)(?![\d.])"
)
_FLIGHT = re.compile(r"\b([a-z]{2}|[a-z]\d|\d[a-z]) ?(\d{3,4})\b")
_NOT_FLIGHT = frozenset({"at", "am", "um", "zi", "ch", "le", "la", "en", "de", "in", "ab", "nr", "no", "rm"})


@dataclass(frozen=True, slots=True)
class _Said:
    """`slots.toml`, compiled against squeezed text."""

    numbers: dict[str, int]
    people: re.Pattern[str]
    pieces: re.Pattern[str]
    number: re.Pattern[str]
    half: re.Pattern[str]
    hour_before: re.Pattern[str]
    hour_clock: re.Pattern[str]
    noon: re.Pattern[str]
    midnight: re.Pattern[str]
    later: re.Pattern[str]
    part: re.Pattern[str]
    past: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Heard:
    """Words that may tell a slot. `bare`: they answer our question about it."""

    text: str
    squeezed: str
    today: date
    bare: bool


def read(slot: str, text: str, today: date, *, bare: bool = False) -> str:
    """The value of a slot in the words, "" when they do not tell it or it has no reader.

    `bare`: the words answer our question, so a number alone is what we asked for.
    """
    reader = READABLE.get(slot)
    return reader(_Heard(text, plain(text), today, bare)) if reader else ""


def time_told(text: str) -> str:
    """`20:30`, the hour that the words name; "" none."""
    said, squeezed = _said(), plain(text)
    if half := said.half.search(squeezed):
        return _later(_count(half[1]) - 1, 30, squeezed)
    if clock := _CLOCK.search(fold(text)):
        return _later(int(clock[1] or clock[3]), int(clock[2] or clock[4]), squeezed)
    if found := said.hour_clock.search(squeezed) or said.hour_before.search(squeezed):
        return _later(_count(found[1]), 0, squeezed)
    if said.noon.search(squeezed):
        return "12:00"
    return "00:00" if said.midnight.search(squeezed) else ""


def tells_past(slot: str, text: str) -> bool:
    """True when the words answer since when something is so, or when it was: "ieri mattina" asks for no breakfast."""
    return slot in PAST_SLOTS and _said().past.search(plain(text)) is not None


def _later(hour: int, minute: int, squeezed: str) -> str:
    if 0 < hour < NOON_HOUR and _said().later.search(squeezed):
        hour += NOON_HOUR
    return f"{hour % 24:02}:{minute:02}"


def _room(heard: _Heard) -> str:
    if named := room_named(heard.text):
        return named
    words = heard.squeezed.split()
    numbers = [word for word in words if word.isdigit() and len(word) <= ROOM_DIGITS_MAX]
    return numbers[0] if heard.bare and len(numbers) == 1 and len(words) <= BARE_ANSWER_WORDS_MAX else ""


def _day(heard: _Heard) -> str:
    asked = date_asked(heard.text, heard.today)
    return asked.first.isoformat() if asked.named and asked.first == asked.last else ""


def _time(heard: _Heard) -> str:
    if told := time_told(heard.text):
        return told
    words = heard.squeezed.split()
    if not heard.bare or len(words) > BARE_ANSWER_WORDS_MAX:
        return ""
    hours = [word for word in words if word.isdigit() and 0 < int(word) <= 24]
    if len(hours) == 1:
        return _later(int(hours[0]), 0, heard.squeezed)
    return heard.text.strip() if _said().part.search(heard.squeezed) else ""


def _people(heard: _Heard) -> str:
    return _number(heard, _said().people)


def _pieces(heard: _Heard) -> str:
    return _number(heard, _said().pieces)


def _number(heard: _Heard, pattern: re.Pattern[str]) -> str:
    said = _said()
    found = pattern.search(heard.squeezed)
    if found is None and heard.bare:
        no_hours = said.hour_before.sub(" ", said.hour_clock.sub(" ", heard.squeezed))
        found = said.number.search(no_hours)
    count = _count(next(filter(None, found.groups()))) if found else 0
    return str(count) if 0 < count <= COUNT_MAX else ""


def _digits(heard: _Heard) -> str:
    return heard.text.strip() if heard.bare and any(map(str.isdigit, heard.squeezed.split())) else ""


def _flight(heard: _Heard) -> str:
    for found in _FLIGHT.finditer(fold(heard.text)):
        if found[1] not in _NOT_FLIGHT:
            return f"{found[1]}{found[2]}".upper()
    return ""


def _yes_no(heard: _Heard) -> str:
    said = _said()
    if said.no.search(said.yes.sub(" ", heard.squeezed)):
        return NO
    return YES if said.yes.search(heard.squeezed) or "👍" in heard.text else ""


def _none(heard: _Heard) -> str:
    """`no` where the answer is that there are none; else the guest's own words, when they answer."""
    if len(heard.squeezed.split()) <= BARE_ANSWER_WORDS_MAX and _yes_no(heard) == NO:
        return NO
    return heard.text.strip() if heard.bare else ""


_DAY_SLOTS = dict.fromkeys(("day", "date", "arrival", "departure"), _day)
READABLE: dict[str, Callable[[_Heard], str]] = {
    "room": _room,
    **_DAY_SLOTS,
    "time": _time,
    "people": _people,
    "pieces": _pieces,
    "bags": _pieces,
    "height": _digits,
    "ages": _digits,
    "flight": _flight,
    "enter": _yes_no,
    "allergies": _none,
    "child_seats": _none,
}


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _said().numbers.get(word, 0)


@cache
def _said() -> _Said:
    text = resources.files("nightporter.desk").joinpath("slots.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    numbers = {pair.split()[0]: int(pair.split()[1]) for pair in map(plain, tables["numbers"]["words"])}
    one = rf"(\d{{1,2}}|{_either(numbers)})"
    none = _either(tables["no_number"]["behind"])
    people, pieces, time = tables["people"], tables["pieces"], tables["time"]
    counted, clock = _either(people["behind"]), _either(time["clock"])
    return _Said(
        numbers=numbers,
        half=re.compile(rf" halb {one} "),
        people=re.compile(
            rf" {one} (?:{counted}) | (?:{_either(people['before'])}) {one} (?!{clock} |\d)| zu {one} "
        ),
        pieces=re.compile(rf" {one} (?:\w+ )?(?:{_either(pieces['behind'])}) "),
        number=re.compile(rf" {one} "),
        hour_before=re.compile(rf" (?:{_either(time['before'])}) {one} (?!{none} |\d)"),
        hour_clock=re.compile(rf" {one} (?:{clock}) "),
        noon=_any_of(time["noon"]),
        midnight=_any_of(time["midnight"]),
        later=_any_of(time["later"]),
        part=_any_of(time["part"]),
        past=_any_of(tables["past"]["words"]),
        yes=_any_of(tables["yes"]["words"]),
        no=_any_of(tables["no"]["words"]),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f" (?:{_either(words)})(?= )")


def _either(words: Iterable[str]) -> str:
    said = {plain(word).strip() for word in words} - {""}
    return "|".join(re.escape(word) for word in sorted(said, key=lambda word: (-len(word), word)))
