"""How topics make a text from the hotel's values: a catalogue per topic, and money, hours, days, places in words.

Own small formatting instead of a library's: an answer must cost far below a millisecond.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from nightporter.config.hotel import Hotel, Hours, Money, Share, Terms, Text
from nightporter.config.hotel.exceptions import LEAP_YEAR, Period, Yearly
from nightporter.config.hotel.hours import DAY_MINUTES, Day, Span, clock_text
from nightporter.config.hotel.values import Spot, Weekday
from nightporter.desk.rules.phrases import Phrases
from nightporter.desk.rules.text import Folded
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.desk.wording import FALLBACK, month_name

CORE = ""  # of no aspect: said when nothing special was asked
FOR_STAFF = "staff_"  # how the name of an aspect begins that only a person answers, whatever the file says

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
_TOLD_TO = {Share.ANYONE: 0, Share.GUEST: 1, Share.IN_HOUSE: 2}
_TIED = {Match.NONE: 0, Match.BOOKED: 1, Match.IN_HOUSE: 2}


class Catalogue:
    """The sentences of one topic by key and language, and the words that tell what of it is asked about."""

    def __init__(self, package: str, sentences: str = "strings.toml", words: str = "words.toml") -> None:
        """`package`: where the two files lie; without `words` no aspect is ever asked about."""
        folder = resources.files(package)
        self.sentences: dict[str, dict[str, str]] = _flat(
            tomllib.loads(folder.joinpath(sentences).read_text(encoding="utf-8"))
        )
        file = folder.joinpath(words)
        tables = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self._aspects = {aspect: Phrases(phrases) for aspect, phrases in tables.items()}

    def say(self, key: str, language: str, **values: str | int) -> str:
        """The sentence in that language (English where it is not one of ours), filled in."""
        by_language = self.sentences[key]
        sentence = by_language.get(language) or by_language[FALLBACK]
        return sentence.format(**values) if values else sentence

    def aspects(self, text: str) -> list[str]:
        """What of the topic the guest's words ask about, in the order of `words.toml`."""
        folded = Folded.of(text)
        bits = Phrases.mask(folded.words)
        return [
            aspect
            for aspect, phrases in self._aspects.items()
            if phrases.bit & bits and phrases.is_in(folded.words, folded.squeezed)
        ]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an answer. `always`: said whatever was asked."""

    aspect: str
    text: str
    paths: tuple[str, ...]
    always: bool = False


class Answer:
    """The lines of one answer, each about one aspect; what was asked about decides which are said."""

    def __init__(self, ask: Ask, catalogue: Catalogue) -> None:
        self.language = ask.language
        self._catalogue = catalogue
        self._asked = catalogue.aspects(ask.wish.text)
        self._lines: list[_Line] = []
        self._notes: list[_Line] = []

    def asked(self, aspect: str) -> bool:
        """True when the guest's words ask about it."""
        return aspect in self._asked

    def asked_only(self, *aspects: str) -> bool:
        """True when the guest's words ask about these, some or all, and nothing else."""
        return bool(self._asked) and set(self._asked) <= set(aspects)

    def add(
        self,
        aspect: str,
        key: str,
        source: str | tuple[str, ...],
        *,
        detail: bool = False,
        always: bool = False,
        **values: str | int,
    ) -> None:
        """A line about an aspect. `source`: the paths in the file that it says.

        `detail`: only who asks about the aspect is told; `always`: said whatever was asked.
        """
        if not detail or self.asked(aspect):
            self.line(aspect, self._catalogue.say(key, self.language, **values), source, always=always)

    def line(self, aspect: str, text: str, source: str | tuple[str, ...], *, always: bool = False) -> None:
        """A line that is made already; `always`: said whatever was asked."""
        self._lines.append(_Line(aspect, text, (source,) if isinstance(source, str) else source, always))

    def price(
        self, aspect: str, money: Money | None, source: str, key: str = "price", *, detail: bool = False
    ) -> None:
        """A line with a price, when there is one."""
        if money is not None:
            self.add(aspect, key, source, detail=detail, price=money_text(money, self.language))

    def remark(self, aspect: str, text: Text | None, source: str) -> bool:
        """The hotelier's own words about an aspect; False when there are none in the guest's language."""
        said = text.get(self.language) if text else ""
        if said:
            self.line(aspect, said, source)
        return bool(said)

    def knows(self, aspect: str) -> bool:
        """True when a line about it was added."""
        return any(line.aspect == aspect for line in self._lines)

    def note(self, text: Text | None, source: str) -> None:
        """The hotelier's own words, when there are some in the guest's language."""
        said = text.get(self.language) if text else ""
        if said:
            self._notes.append(_Line(CORE, said, (source,)))

    def reply(self) -> TopicReply:
        """The answer; empty when nothing is known of what was asked, or it asks what a person decides."""
        if any(aspect.startswith(FOR_STAFF) for aspect in self._asked):
            return TopicReply()
        known = {line.aspect for line in self._lines}
        asked = [aspect for aspect in self._asked if aspect in known]
        if self._asked and not asked and not self._notes:
            return TopicReply()
        chosen = [line for line in self._lines if not asked or line.always or line.aspect in asked]
        return self._text([*chosen, *self._notes])

    def only(self, text: str, source: str) -> TopicReply:
        """This and nothing else, whatever was asked."""
        return self._text([_Line(CORE, text, (source,))])

    def _text(self, lines: list[_Line]) -> TopicReply:
        if not lines:
            return TopicReply()
        text = "\n".join([self._catalogue.say("lead", self.language), *(line.text for line in lines)])
        return TopicReply(
            text=text, sources=tuple(dict.fromkeys(path for line in lines for path in line.paths))
        )


def sorry(catalogue: Catalogue, ask: Ask, source: str, key: str = "no") -> TopicReply:
    """`no` in the file: we do not have it."""
    return TopicReply(text=catalogue.say(key, ask.language), sources=(source,))


def may_tell(share: Share, match: Match) -> bool:
    """True when a guest with that match may be told."""
    return _TIED[match] >= _TOLD_TO[share]


def money_text(money: Money, language: str) -> str:
    """`€15 per night`, `free of charge`, and the like."""
    if money.costs_nothing:
        return _say("money.included" if money.terms is Terms.INCLUDED else "money.free", language)
    if money.terms is Terms.ASK:
        return _say("money.ask", language)
    amount = number_text(money.amount, language, money=True)
    symbol = _SYMBOLS.get(money.currency)
    if language == "en":
        said = f"{symbol}{amount}" if symbol else f"{money.currency} {amount}"
    else:
        said = f"{amount} {symbol or money.currency}"
    return f"{said} {_say(f'per.{money.per}', language)}" if money.per else said


def number_text(number: Decimal, language: str, *, money: bool = False) -> str:
    """`2.5` or `2,5`, as the file has it; money has no decimals or two."""
    whole = number == number.to_integral_value()
    said = f"{number:f}" if not money else f"{number:.0f}" if whole else f"{number:.2f}"
    return said if language == "en" else said.replace(".", ",")


def minutes_text(minutes: int) -> str:
    """`07:30`; midnight is `24:00` as an end, as in the file."""
    return clock_text(minutes)


def day_hours_text(spans: Day, language: str) -> str:
    """One day's hours: `07:30–10:30`, `closed`, `round the clock`."""
    if not spans:
        return _say("hours.closed", language)
    if spans == (Span(0, DAY_MINUTES),):
        return _say("hours.always", language)
    said = [f"{clock_text(span.start_min)}–{_end_text(span.end_min)}" for span in spans]
    return _say("hours.some", language, spans=listed(said, language))


def hours_text(hours: Hours, language: str) -> str:
    """A week's hours, days that are alike put together: `Mon–Fri 07:30–10:30, Sat–Sun 08:00–11:00`."""
    if hours.daily:
        return day_hours_text(hours.week[0], language)
    names = _say("hours.days", language).split("|")
    runs: list[tuple[int, int]] = []
    for at in range(7):
        if runs and hours.week[at] == hours.week[runs[-1][0]]:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    parts = [
        f"{names[first] if first == last else f'{names[first]}–{names[last]}'} "
        f"{day_hours_text(hours.week[first], language)}"
        for first, last in runs
    ]
    return ", ".join(parts)


def weekdays_text(days: Iterable[Weekday], language: str) -> str:
    """`Mon, Tue`."""
    names = _say("hours.days", language).split("|")
    order = list(Weekday)
    return ", ".join(names[order.index(day)] for day in days)


def asked_hours_text(hours: Hours, ask: Ask) -> str:
    """The hours of the day that was named, else of the week."""
    if ask.on_named:
        return day_hours_text(hours.on(ask.on), ask.language)
    return hours_text(hours, ask.language)


def day_text(on: date, today: date, language: str) -> str:
    """`today`, `tomorrow`, `on 12 May`."""
    days = (on - today).days
    if days in (0, 1):
        return _say("day.tomorrow" if days else "day.today", language)
    return _say("day.date", language, day=on.day, month=month_name(on, language))


def bare_day_text(on: date, language: str) -> str:
    """`12 May`."""
    return _say("day.bare", language, day=on.day, month=month_name(on, language))


def closed_text(hotel: Hotel, on: date, language: str) -> str:
    """The sentence that the whole hotel is closed on that day; "" when it is open."""
    period = hotel.closed_on(on)
    if period is None:
        return ""
    first, last = _ends(period)
    return _say(
        "hotel.closed", language, first=bare_day_text(first, language), last=bare_day_text(last, language)
    )


def spots_text(spots: Iterable[Spot], language: str) -> str:
    """`rooms, lobby, pool`."""
    return ", ".join(_say(f"spot.{spot}", language) for spot in spots)


def listed(parts: list[str], language: str) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return _say("list.and", language).join([", ".join(parts[:-1]), parts[-1]])


def _end_text(minutes: int) -> str:
    return clock_text(minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES)


def _ends(period: Period) -> tuple[date, date]:
    if isinstance(period, Yearly):
        return date(LEAP_YEAR, *period.first), date(LEAP_YEAR, *period.last)
    return period.first, period.last


def _say(key: str, language: str, **values: str | int) -> str:
    return _shared().say(key, language, **values)


@cache
def _shared() -> Catalogue:
    return Catalogue("nightporter.desk", "rendering.toml", "no-words")


def _flat(tables: dict[str, Any], above: str = "") -> dict[str, dict[str, str]]:
    flat: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        if all(isinstance(value, str) for value in table.values()):
            flat[above + name] = table
        else:
            flat |= _flat(table, f"{above}{name}.")
    return flat
