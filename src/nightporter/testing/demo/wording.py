"""The phone's words and its quick phrases, in the language chosen on the page."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "it": "Italiano", "de": "Deutsch", "fr": "Français", "es": "Español"}
FALLBACK = "en"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every sentence by `section.name`, then by language."""
    text = (resources.files("nightporter.testing.demo") / "strings.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": by_language
        for section, names in tomllib.loads(text).items()
        for name, by_language in names.items()
    }


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language."""

    language: str

    def __call__(self, key: str) -> str:
        """The sentence."""
        return catalogue()[key][self.language]

    def phrases(self) -> dict[str, str]:
        """What a guest may say at the push of a button, by name."""
        return {
            key.removeprefix("phrases."): by_language[self.language]
            for key, by_language in catalogue().items()
            if key.startswith("phrases.")
        }


def words(language: str, fallback: str = FALLBACK) -> Words:
    """Words in that language, else in the other."""
    return Words(language if language in LANGUAGES else fallback)
