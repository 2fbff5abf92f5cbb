"""The console's own words in the staff's language, and the desk's reasons for tasks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from nightporter.clock import utc
from nightporter.config.hotel import Hotel
from nightporter.journal.entries import PHONE_APP

LANGUAGES = {"en": "English", "it": "Italiano", "de": "Deutsch", "fr": "Français", "es": "Español"}
FALLBACK = "en"
# A page with many words has a file of its own.
OWN = ("strings.toml", "work.toml", "drafts.toml", "facts.toml", "duty.toml", "house.toml")
REASONS = ("reasons.toml", "flow_reasons.toml")  # of the desk
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every sentence by `section.name`, then by language."""
    found: dict[str, dict[str, str]] = {}
    desk = resources.files("nightporter.desk")
    here = resources.files("nightporter.console")
    files = [*(here / name for name in OWN), *(desk / name for name in REASONS)]
    for file in files:
        for section, names in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found |= {f"{section}.{name}": by_language for name, by_language in names.items()}
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language, at one hotel's local time."""

    language: str
    hotel: Hotel

    def __call__(self, key: str, **values: str | int) -> str:
        """The sentence, filled in."""
        by_language = catalogue()[key]
        sentence = by_language.get(self.language) or by_language[FALLBACK]
        return sentence.format(**values) if values else sentence

    def of(self, section: str, name: str) -> str:
        """The sentence of a name that comes from elsewhere; the name itself where there is none."""
        return self(f"{section}.{name}") if f"{section}.{name}" in catalogue() else name.replace("_", " ")

    def holder(self, held_by: str) -> str:
        """Who holds a conversation: a name, or the phone app."""
        return self("who.phone") if held_by == PHONE_APP else held_by

    def clock(self, at_ms: int) -> str:
        """`14:05` at the hotel."""
        return f"{utc(at_ms).astimezone(self.hotel.zone):%H:%M}"

    def day(self, at_ms: int) -> str:
        """The day at the hotel, in words."""
        from babel.dates import format_date

        return format_date(self.date(at_ms), "EEEE d MMMM", locale=self.language)

    def stay(self, arrival: str, departure: str) -> str:
        """`21 Nov – 25 Nov` from two days as they are kept (YYYY-MM-DD)."""
        from babel.dates import format_skeleton

        days = (date.fromisoformat(day) for day in (arrival, departure))
        return " – ".join(format_skeleton("MMMd", day, locale=self.language) for day in days)

    def moment(self, at_ms: int, now_ms: int) -> str:
        """The time, with the day when it was another one."""
        if self.date(at_ms) == self.date(now_ms):
            return self.clock(at_ms)
        return f"{utc(at_ms).astimezone(self.hotel.zone):%d.%m.} {self.clock(at_ms)}"

    def date(self, at_ms: int) -> date:
        """The calendar day at the hotel."""
        return utc(at_ms).astimezone(self.hotel.zone).date()

    def span(self, milliseconds: int) -> str:
        """A length of time: `3 min`, `2 h 5 min`, `4 d`. console.js makes the same."""
        minutes = max(0, milliseconds) // MINUTE_MS
        if minutes < 60:
            return f"{minutes} min"
        if milliseconds < 2 * DAY_MS:
            return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
        return f"{milliseconds // DAY_MS} {self('page.days')}"


def choose(wanted: str, hotel: Hotel) -> Words:
    """Words in the wanted language, else in the hotel's, else in English."""
    language = wanted if wanted in LANGUAGES else hotel.language
    return Words(language if language in LANGUAGES else FALLBACK, hotel)
