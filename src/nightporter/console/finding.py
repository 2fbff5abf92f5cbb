"""Finds guests, and words in messages, by reading back through the messages themselves, the newest first.

There is no index: SQLite looks at 200,000 messages in half a second (docs/decisions/0012-search-without-an-index.md),
on a thread with a connection of its own. So a message costs nothing more to keep, and what is deleted cannot be found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nightporter.console.people import Person, person
from nightporter.desk.privacy import without_cards
from nightporter.journal import people
from nightporter.journal.entries import message_of
from nightporter.model.message import EntryKind
from nightporter.outbox.messages import content_of
from nightporter.store import Row, View

QUERY_CHARS_MAX = 100
LETTERS_MIN = 2
WORDS_MAX = 8
WORDS_IN_SQL = 3
SLICE_ROWS = 10_000
ROUGH_MAX = 100  # of a slice, before each is looked at closely
HITS_PAGE = 25
GUESTS_MAX = 20
DIGITS_MIN = 3
SECONDS_MAX = 1.0  # then the page says how far back it looked
STAY_DAYS_MAX = 120
AROUND_CHARS = 70
STAMP_CHARS = 12  # ids begin with their time in milliseconds, in hexadecimal
NOW = "f" * STAMP_CHARS
NO_STAYS = "9999"  # a day after every departure
LOOSE = frozenset("aceinou")  # what accents stand on in our languages
LIGATURES = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message that holds all the words. `parts`: its text around them, and which of it is them."""

    key: str
    conversation_id: str
    at_ms: int
    who: str
    parts: tuple[tuple[str, bool], ...]
    guest: str = ""  # with whom


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page. `before`: where the next one goes on, "" = everything was looked at; `back_ms`: so far back."""

    hits: list[Hit]
    before: str
    back_ms: int


def plain(text: str) -> str:
    """As words are compared: without accents, in small letters."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(LIGATURES)


def words_of(query: str) -> list[str]:
    """The words to look for."""
    return list(dict.fromkeys(plain(query[:QUERY_CHARS_MAX]).split()))[:WORDS_MAX]


def patterns(words: list[str]) -> tuple[str, ...]:
    """For SQL: three words as they are compared, and how each may be written with accents."""
    chosen = sorted(words, key=len, reverse=True)[:WORDS_IN_SQL]
    blank = ["%"] * (WORDS_IN_SQL - len(chosen))
    return (*(_like(word, "") for word in chosen), *blank, *(_loose(word) for word in chosen), *blank)


def _loose(word: str) -> str:
    """Also `ß`, `æ` and `œ`, which are one letter there."""
    for pair in ("ss", "ae", "oe"):
        word = word.replace(pair, "%")
    return _like(word, LOOSE)


def _like(word: str, loose: str | frozenset[str]) -> str:
    """What is no letter or digit may be written otherwise in JSON: it stands for anything."""
    return "%" + "".join("_" if char in loose else char if char.isalnum() else "%" for char in word) + "%"


def marked(text: str, words: list[str]) -> tuple[tuple[str, bool], ...] | None:
    """The text around the first word found, and which of it is a word; None unless it holds all of them."""
    compared, origin = _compared(text)
    spots = sorted((at, at + len(word)) for word in words for at in [compared.find(word)] if at >= 0)
    if len(spots) < len(words):
        return None
    first = origin[spots[0][0]]
    begin, end = max(0, first - AROUND_CHARS), min(len(text), first + 2 * AROUND_CHARS)
    parts: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for low, high in ((origin[low], origin[high - 1] + 1) for low, high in spots):
        if low >= end or low < at:
            continue
        parts += [(text[at:low], False), (text[low : min(high, end)], True)]
        at = min(high, end)
    parts += [(text[at:end], False)] + ([("…", False)] if end < len(text) else [])
    return tuple(part for part in parts if part[0])


def _compared(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and from which character each of it comes."""
    pieces = [plain(char) for char in text]
    return "".join(pieces), [at for at, piece in enumerate(pieces) for _ in piece]


def messages(view: View, words: list[str], before: str, seconds: Callable[[], float]) -> Found:
    """The newest page of messages before a moment (12 hexadecimal digits, `NOW` for all)."""
    until, asked = seconds() + SECONDS_MAX, patterns(words)
    hits: list[Hit] = []
    upper = before
    while upper and len(hits) < HITS_PAGE and seconds() < until:
        lowest, rows = view.all("search_bound", (upper, SLICE_ROWS))[0]
        lower = lowest[:STAMP_CHARS] if rows == SLICE_ROWS else ""
        heard = view.all("search_heard", (upper, lower, *asked, ROUGH_MAX))
        said = view.all("search_said", (upper, lower, *asked, ROUGH_MAX))
        for rough in (heard, said):
            if len(rough) == ROUGH_MAX:  # there may be more: go on from there
                lower = max(lower, _above(rough[-1][0], upper))
        both = [(row, _heard) for row in heard] + [(row, _said) for row in said]
        upper = lower
        for row, read in sorted(both, key=lambda one: one[0][0], reverse=True):
            stamp = row[0][:STAMP_CHARS]
            if len(hits) >= HITS_PAGE and stamp < hits[-1].key[:STAMP_CHARS]:
                upper = hits[-1].key[:STAMP_CHARS]
                break
            if row[0] >= lower and (hit := read(row, words)):
                hits.append(hit)
    shown = sorted(hits, key=lambda hit: hit.at_ms, reverse=True)
    back_ms = int(upper, 16) if upper else 0
    return Found(hits=[_with_guest(view, hit) for hit in shown], before=upper, back_ms=back_ms)


def _with_guest(view: View, hit: Hit) -> Hit:
    guest_id = people.conversation(view, hit.conversation_id).guest_id
    return replace(hit, guest=person(view, guest_id, NO_STAYS).title)


def _above(key: str, upper: str) -> str:
    """The moment after that of a row, so that all of its moment come together; never the `upper` end itself."""
    stamp = key[:STAMP_CHARS]
    after = f"{int(stamp, 16) + 1:012x}"
    return after if after < upper else stamp


def _heard(row: Row, words: list[str]) -> Hit | None:
    key, conversation_id, at_ms, kind, payload, _ = row
    message = message_of(payload)
    who = "phone" if kind == EntryKind.ECHO else "guest"
    return _hit(key, conversation_id, at_ms, who, message.text if message else "", words)


def _said(row: Row, words: list[str]) -> Hit | None:
    key, conversation_id, at_ms, origin, content_text, _ = row
    who = "staff" if origin.startswith("staff") else "machine"
    return _hit(key, conversation_id, at_ms, who, content_of(content_text).text, words)


def _hit(key: str, conversation_id: str, at_ms: int, who: str, text: str, words: list[str]) -> Hit | None:
    shown = " ".join(without_cards(text).split())
    folded = plain(shown)
    parts = marked(shown, words) if all(word in folded for word in words) else None
    if parts is None:
        return None
    return Hit(key=key, conversation_id=conversation_id, at_ms=at_ms, who=who, parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A guest, and where to read what was said; "" = they never wrote."""

    person: Person
    conversation_id: str


def guests(view: View, query: str, words: list[str], today: str) -> list[Known]:
    """Guests by name, last digits of the phone, booking code, or the room they live in today."""
    typed = " ".join(query[:QUERY_CHARS_MAX].split())
    rows = view.all("search_names", (*patterns(words), GUESTS_MAX * 2))
    found = [guest_id for guest_id, name in rows if all(word in plain(name) for word in words)]
    digits = "".join(char for char in typed if char.isascii() and char.isdigit())
    if len(digits) >= DIGITS_MIN and not any(char.isalpha() for char in typed):
        found += [row[0] for row in view.all("search_phones", (digits, GUESTS_MAX))]
    codes = (typed, typed.upper(), typed.lower())
    found += [row[0] for row in view.all("search_codes", (*codes, GUESTS_MAX))]
    since = (date.fromisoformat(today) - timedelta(days=STAY_DAYS_MAX)).isoformat()
    room = words[-1].upper() if words else ""
    rooms = view.all("search_rooms", (since, today, room, GUESTS_MAX))
    chosen = dict.fromkeys([*(row[0] for row in rooms), *found])
    return [_known(view, guest_id, today) for guest_id in list(chosen)[:GUESTS_MAX]]


def _known(view: View, guest_id: str, today: str) -> Known:
    talks = view.all("conversations_of", (guest_id,))
    return Known(person=person(view, guest_id, today), conversation_id=talks[-1][0] if talks else "")
