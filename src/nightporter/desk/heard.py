"""Words of guests that the flow itself listens for: a question about now, another machine, the number of a room.

The lists stand in `words.toml`; what guests *want* is the recogniser's business, not this module's.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from nightporter.desk.rules.text import Folded


def plain(text: str) -> str:
    """The words and numbers of a text in their plain form, a space before, between and behind."""
    return Folded.of(text).squeezed


@cache
def _folded(name: str) -> tuple[str, ...]:
    """One list of `words.toml`, squeezed as a guest's text is, longest first."""
    text = resources.files("nightporter.desk").joinpath("words.toml").read_text(encoding="utf-8")
    phrases = {plain(phrase) for phrase in tomllib.loads(text)[name]}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


@cache
def _any_of(name: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(phrase) for phrase in _folded(name)))


@cache
def _room_number() -> re.Pattern[str]:
    words = "|".join(re.escape(phrase.strip()) for phrase in _folded("room"))
    return re.compile(rf" (?:{words}) (\d{{1,4}})(?: ([a-h]))? ")


def time_bound(text: str) -> bool:
    """True when it asks about the moment it was written ("is the pool open now")."""
    return _any_of("time_bound").search(plain(text)) is not None


def from_machine(text: str) -> bool:
    """True when it begins as the automatic answers of other systems do."""
    return plain(text).startswith(_folded("machine"))


def room_named(text: str) -> str:
    """The room's number where the text says that it is one ("camera 204"), else ""."""
    found = _room_number().search(plain(text))
    return found[1] + (found[2] or "").upper() if found else ""
