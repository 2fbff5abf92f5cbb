"""The desk's own sentences for guests, read once from `strings.toml`.

Topics bring their own strings; what stands here is what the flow itself says: hand-over, emergency, opt-out and so on.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources

LANGUAGES = ("en", "it", "de", "fr", "es")
FALLBACK = "en"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every sentence by `section.name`, then by language."""
    text = resources.files("nightporter.desk").joinpath("strings.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": by_language
        for section, names in tomllib.loads(text).items()
        for name, by_language in names.items()
    }


def say(key: str, language: str, **values: str | int) -> str:
    """The sentence in that language (English where it is not one of ours), filled in."""
    by_language = catalogue()[key]
    sentence = by_language.get(language) or by_language[FALLBACK]
    return sentence.format(**values) if values else sentence


def weekday_name(day: date, language: str) -> str:
    """The day of the week by name."""
    return say("names.weekdays", language).split("|")[day.weekday()]


def month_name(day: date, language: str) -> str:
    """The month by name."""
    return say("names.months", language).split("|")[day.month - 1]
