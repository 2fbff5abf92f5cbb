"""Ready answers of the staff: a short name, a text per language, and places in it that are filled in on use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nightporter.store import Row, Tx, View

NAME_CHARS_MAX = 40
TEXT_CHARS_MAX = 2_000
ANSWERS_MAX = 500
GAP_CHARS_MAX = 40
FACT_CHARS_MAX = 100
PLACES = ("guest", "room", "staff", "hotel")  # what is filled in by itself

_GAP = re.compile(rf"\{{([^{{}}\n]{{1,{GAP_CHARS_MAX}}})\}}")
_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One ready answer in one language. `key`: the name as it is compared."""

    key: str
    language: str
    name: str
    text: str
    changed_ms: int
    changed_by: str


class Kept(StrEnum):
    """What became of keeping one."""

    DONE = "done"
    TAKEN = "taken"  # the name has an answer in this language
    CHANGED = "changed"  # since it was opened for changing
    FULL = "full"


def key_of(name: str) -> str:
    """The name as it is compared: capitals and blanks do not matter."""
    return clean(name).casefold()


def clean(text: str) -> str:
    """One line in one spelling, without control characters."""
    shown = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return " ".join(unicodedata.normalize("NFKC", shown).split())


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with the places that we know of filled in; the others stay as they are, in braces."""

    def fact(found: re.Match[str]) -> str:
        known = clean(_BRACE.sub("", facts.get(found[1].strip().casefold(), "")))[:FACT_CHARS_MAX]
        return known or found[0]

    return _GAP.sub(fact, text)


def gaps(text: str) -> list[str]:
    """What is still to be filled in, each once."""
    return list(dict.fromkeys(found[0] for found in _GAP.finditer(text)))


def odd_braces(text: str) -> bool:
    """True for a brace that belongs to no place."""
    return bool(_BRACE.search(_GAP.sub("", text)))


def listed(view: View) -> list[Ready]:
    """All of them, by name and language."""
    return [_ready(row) for row in view.all("ready_answers_all")]


def find(view: View, key: str, language: str) -> Ready | None:
    """The one of that name in that language."""
    row = view.one("ready_answer_get", (key, language))
    return _ready(row) if row else None


def _ready(row: Row) -> Ready:
    return Ready(key=row[0], language=row[1], name=row[2], text=row[3], changed_ms=row[4], changed_by=row[5])


def keep(answer: Ready, was: tuple[str, str, int] | None) -> Callable[[Tx], Kept]:
    """Keep it, new or in place of the one that `was` (key, language, when it had been changed)."""

    def unit(tx: Tx) -> Kept:
        place = (answer.key, answer.language)
        if was is not None:
            now = find(tx, was[0], was[1])
            if now is None or now.changed_ms != was[2]:
                return Kept.CHANGED
        if (was is None or was[:2] != place) and find(tx, *place):
            return Kept.TAKEN
        if was is None and tx.scalar("ready_answers_count") >= ANSWERS_MAX:
            return Kept.FULL
        if was is not None and was[:2] != place:
            tx.run("ready_answer_drop", was[:2])
        row = (*place, answer.name, answer.text, answer.changed_ms, answer.changed_by)
        tx.run("ready_answer_put", row)
        return Kept.DONE

    return unit
