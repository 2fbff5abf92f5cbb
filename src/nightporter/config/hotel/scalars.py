"""How each kind of value is read from its node: words, numbers, times, texts, money, hours.

Every function takes the `Scope` (what else the file said), the node and its path, and refuses what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo

from nightporter.config.hotel.document import Kind, Mapping, Node, Scalar, Sequence, refuse
from nightporter.config.hotel.exceptions import Period, read_date, read_period
from nightporter.config.hotel.hours import Hours, Span, merged, read_day, read_minutes, read_weekdays
from nightporter.config.hotel.money import CURRENCIES, Money, Per, Terms
from nightporter.config.hotel.text import TEXT_CHARS_MAX, Text
from nightporter.config.hotel.values import Minutes, Phone, Position, Tell, Url, Verbatim

_T = TypeVar("_T")

NUMBER_MAX = 1_000_000
WORD_CHARS_MAX = 300
NAMED_HOURS_MAX = 8

_YES = ("yes", "true")
_NO = ("no", "false")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}")
_URL = re.compile(r"https?://\S+")
_TELL_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S*")
_LANGUAGE = re.compile(r"[a-z]{2}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(slots=True)
class Scope:
    """What a value's meaning hangs on: the file's name, its language, time zone, currency, seasons."""

    file: str
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    currency: str = "EUR"
    seasons: dict[str, Period] = field(default_factory=dict[str, Period])

    def refuse(self, node: Node, path: str, reason: str) -> NoReturn:
        """Raise the error that names file, line, path and reason."""
        refuse(self.file, node.line, path, reason)


def scalar(scope: Scope, node: Node, path: str, expected: str) -> Scalar:
    """The node, when it is one value."""
    if not isinstance(node, Scalar):
        scope.refuse(
            node, path, f"must be {expected}, not a {'list' if isinstance(node, Sequence) else 'mapping'}"
        )
    if node.kind is Kind.NULL:
        scope.refuse(node, path, f"must be {expected}, not empty")
    return node


def checked(scope: Scope, node: Node, path: str, read: Callable[[], _T]) -> _T:
    """What `read` returns; its ValueError becomes a refusal."""
    try:
        return read()
    except ValueError as error:
        scope.refuse(node, path, str(error))


def says_no(node: Node) -> bool:
    """True for `no` and `false`, also in quotes."""
    return isinstance(node, Scalar) and node.text.strip().lower() in _NO


def read_flag(scope: Scope, node: Node, path: str) -> bool:
    """`yes` or `no`."""
    word = scalar(scope, node, path, "yes or no").text.strip().lower()
    if word not in (*_YES, *_NO):
        scope.refuse(node, path, f"must be yes or no, not `{_short(word)}`")
    return word in _YES


def read_word(scope: Scope, node: Node, path: str, limit: int = WORD_CHARS_MAX) -> str:
    """Words in quotes or plain; a number is refused, so that 0541 never loses its zero by accident."""
    said = scalar(scope, node, path, "text")
    if said.kind is not Kind.TEXT:
        scope.refuse(node, path, f'must be text; put it in quotes: "{_short(said.text)}"')
    return _bounded(scope, node, path, said.text, limit)


def read_verbatim(scope: Scope, node: Node, path: str) -> Verbatim:
    """Letter by letter what was written, also when it looks like a number."""
    said = scalar(scope, node, path, "text")
    if said.kind is Kind.BOOL:
        scope.refuse(node, path, f'must be text; put it in quotes: "{_short(said.text)}"')
    return Verbatim(_bounded(scope, node, path, said.text))


def read_int(scope: Scope, node: Node, path: str) -> int:
    """A whole number, 0 or more."""
    said = scalar(scope, node, path, "a whole number")
    if said.kind is not Kind.INT or not said.text.isascii() or not said.text.isdigit():
        scope.refuse(node, path, f"must be a whole number, not `{_short(said.text)}`")
    value = int(said.text) if len(said.text) < 12 else NUMBER_MAX + 1
    if value > NUMBER_MAX:
        scope.refuse(node, path, f"must be at most {NUMBER_MAX}")
    return value


def read_decimal(scope: Scope, node: Node, path: str) -> Decimal:
    """A number, 0 or more."""
    said = scalar(scope, node, path, "a number")
    if said.kind not in (Kind.INT, Kind.FLOAT) or len(said.text) > 20:
        scope.refuse(node, path, f"must be a number, not `{_short(said.text)}`")
    try:
        value = Decimal(said.text.replace("_", ""))
    except InvalidOperation:
        scope.refuse(node, path, f"must be a number, not `{_short(said.text)}`")
    if not value.is_finite() or not 0 <= value <= NUMBER_MAX:
        scope.refuse(node, path, f"must be a number between 0 and {NUMBER_MAX}")
    return value


def read_position(scope: Scope, node: Node, path: str) -> Position:
    """`[44.05, 12.59]`: latitude, longitude."""
    if not isinstance(node, Sequence) or len(node.items) != 2:
        scope.refuse(node, path, "must be two numbers: [latitude, longitude]")
    values: list[float] = []
    for item, limit in zip(node.items, (90, 180), strict=True):
        said = scalar(scope, item, path, "a number")
        number = checked(scope, item, path, lambda text=said.text: float(text))
        if said.kind not in (Kind.INT, Kind.FLOAT) or not -limit <= number <= limit:
            scope.refuse(item, path, f"must be degrees between -{limit} and {limit}")
        values.append(number)
    return Position((values[0], values[1]))


def read_day_of_calendar(scope: Scope, node: Node, path: str) -> date:
    """`2026-11-20`."""
    said = scalar(scope, node, path, "a date like 2027-01-31")
    return checked(scope, node, path, lambda: read_date(said.text))


def read_time(scope: Scope, node: Node, path: str) -> Minutes:
    """`"14:00"`."""
    said = scalar(scope, node, path, 'a time like "14:00"')
    return Minutes(checked(scope, node, path, lambda: read_minutes(said.text)))


def read_phone(scope: Scope, node: Node, path: str) -> Phone:
    """`+39 0541 000111`, with or without quotes."""
    said = scalar(scope, node, path, "a phone number").text.strip()
    if _PHONE.fullmatch(said) is None:
        scope.refuse(node, path, f"must be a phone number, not `{_short(said)}`")
    return Phone(said)


def read_url(scope: Scope, node: Node, path: str) -> Url:
    """An http or https address."""
    said = read_word(scope, node, path).strip()
    if _URL.fullmatch(said) is None:
        scope.refuse(node, path, "must be an address that starts with https://")
    return Url(said)


def read_tell(scope: Scope, node: Node, path: str) -> Tell:
    """`console`, `pagerduty`, an apprise URL, or a phone number to show."""
    said = scalar(scope, node, path, "console, pagerduty, an address or a phone number").text.strip()
    if said not in ("console", "pagerduty") and not (_TELL_URL.fullmatch(said) or _PHONE.fullmatch(said)):
        scope.refuse(node, path, "must be console, pagerduty, an address like slack://.. or a phone number")
    return Tell(said)


def read_choice(choices: type[StrEnum]) -> Callable[[Scope, Node, str], StrEnum]:
    """A reader for one word of a closed set; `true` and `false` are `yes` and `no` where the set has them."""
    allowed = ", ".join(choices)
    by_word = {str(choice).lower(): choice for choice in choices}

    def read(scope: Scope, node: Node, path: str) -> StrEnum:
        word = scalar(scope, node, path, f"one of {allowed}").text.strip().lower()
        word = "yes" if word in _YES else "no" if word in _NO else word
        if word not in by_word:
            scope.refuse(node, path, f"must be one of {allowed}, not `{_short(word)}`")
        return by_word[word]

    return read


def read_text(scope: Scope, node: Node, path: str) -> Text:
    """One string in the hotel's language, or one by language."""
    if isinstance(node, Scalar):
        return Text({scope.language: read_word(scope, node, path, TEXT_CHARS_MAX)})
    if not isinstance(node, Mapping) or not node.items:
        scope.refuse(node, path, 'must be text, or text by language: {it: "..", en: ".."}')
    by_language: dict[str, str] = {}
    for language, item in node.items.items():
        if _LANGUAGE.fullmatch(language) is None:
            scope.refuse(
                item, path, f"must be text by language; `{_short(language)}` is not a code like it or en"
            )
        by_language[language] = read_word(scope, item, f"{path}.{language}", TEXT_CHARS_MAX)
    return Text(by_language)


def read_money(scope: Scope, node: Node, path: str) -> Money:
    """`free`, `included`, `ask`, or {eur: 15, per: night}."""
    if isinstance(node, Scalar):
        word = node.text.strip().lower()
        if word not in (Terms.FREE, Terms.INCLUDED, Terms.ASK):
            scope.refuse(node, path, "must be free, included, ask, or an amount like {eur: 15, per: night}")
        return Money(Terms(word))
    if not isinstance(node, Mapping):
        scope.refuse(node, path, "must be free, included, ask, or an amount like {eur: 15, per: night}")
    return money_of(scope, node, path, node.items)


def money_of(scope: Scope, node: Node, path: str, items: dict[str, Node]) -> Money:
    """The amount in these keys: one currency, and perhaps `per`."""
    currencies = [key for key in items if key.upper() in CURRENCIES]
    unknown = [key for key in items if key != "per" and key not in currencies]
    if unknown or len(currencies) != 1:
        asked = f"{scope.currency.lower()}: 15, per: night"
        reason = f"has the unknown key `{_short(unknown[0])}`" if unknown else "must name one currency"
        scope.refuse(items[unknown[0]] if unknown else node, path, f"{reason}; write it like {{{asked}}}")
    key = currencies[0]
    amount = read_decimal(scope, items[key], f"{path}.{key}")
    per = read_choice(Per)(scope, items["per"], f"{path}.per") if "per" in items else None
    assert per is None or isinstance(per, Per)
    return checked(scope, node, path, lambda: Money(Terms.AMOUNT, amount, key.upper(), per))


def read_hours(scope: Scope, node: Node, path: str) -> Hours:
    """A string, a list, or a mapping by weekday or by name."""
    if isinstance(node, Mapping):
        if node.items and all(read_weekdays(key) is not None for key in node.items):
            return _hours_by_weekday(scope, node, path)
        return _named_hours(scope, node, path)
    return Hours(scope.zone, (_spans(scope, node, path),) * 7)


def _named_hours(scope: Scope, node: Mapping, path: str) -> Hours:
    if not node.items or len(node.items) > NAMED_HOURS_MAX:
        scope.refuse(node, path, 'must be hours like "07:30-10:30", by weekday, or by name (lunch, dinner)')
    named: list[tuple[str, Hours]] = []
    for name, item in node.items.items():
        if _NAME.fullmatch(name) is None:
            scope.refuse(item, path, f"has hours with a name that is no word: `{_short(name)}`")
        if isinstance(item, Mapping) and any(read_weekdays(key) is None for key in item.items):
            scope.refuse(item, f"{path}.{name}", "must be hours; names within names are not known")
        named.append((name, read_hours(scope, item, f"{path}.{name}")))
    week = tuple(
        checked(
            scope, node, path, lambda at=at: merged([span for _, part in named for span in part.week[at]])
        )
        for at in range(7)
    )
    return Hours(scope.zone, week, tuple(named))


def _hours_by_weekday(scope: Scope, node: Mapping, path: str) -> Hours:
    """`{sat,sun: ..}` in braces reads as the keys `sat` (empty) and `sun`: an empty day joins the next."""
    week: dict[int, tuple[Span, ...]] = {}
    waiting: list[int] = []
    for key, item in node.items.items():
        days = [*waiting, *(read_weekdays(key) or ())]
        if isinstance(item, Scalar) and item.kind is Kind.NULL:
            waiting = days
            continue
        waiting = []
        spans = _spans(scope, item, f"{path}.{key}")
        for day in days:
            if day in week:
                scope.refuse(item, path, f"names a weekday twice: {key}")
            week[day] = spans
    if waiting:
        scope.refuse(node, path, "has a weekday without hours")
    return Hours(scope.zone, tuple(week.get(day, ()) for day in range(7)))


def _spans(scope: Scope, node: Node, path: str) -> tuple[Span, ...]:
    if isinstance(node, Sequence):
        parts = [span for item in node.items for span in _spans(scope, item, path)]
        return checked(scope, node, path, lambda: merged(parts))
    said = scalar(scope, node, path, 'hours like "07:30-10:30", closed or 24h')
    return checked(scope, node, path, lambda: read_day(said.text))


def period_of(scope: Scope, node: Node, path: str) -> Period:
    """{from: 05-20, to: 09-20}, or two dates."""
    if not isinstance(node, Mapping) or set(node.items) != {"from", "to"}:
        scope.refuse(node, path, "must be {from: MM-DD, to: MM-DD}")
    first = scalar(scope, node.items["from"], f"{path}.from", "a day").text
    last = scalar(scope, node.items["to"], f"{path}.to", "a day").text
    return checked(scope, node, path, lambda: read_period(first, last))


def _bounded(scope: Scope, node: Node, path: str, said: str, limit: int = WORD_CHARS_MAX) -> str:
    said = said.strip()
    if not said:
        scope.refuse(node, path, "must not be empty text")
    if len(said) > limit:
        scope.refuse(node, path, f"must be at most {limit} characters")
    return said


def _short(said: str) -> str:
    return said if len(said) <= 40 else said[:37] + "..."
