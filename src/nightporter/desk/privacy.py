"""Who may be told what: how a guest is tied to a booking, what must not stand on a lock screen, what never leaves."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from nightporter.config.hotel import Hotel, Share
from nightporter.desk.heard import room_named
from nightporter.desk.reception import night_of
from nightporter.desk.understanding import Match
from nightporter.desk.wording import say
from nightporter.model.guest import Guest, Stay, StayState

MATCH_DAYS_AFTER = 14  # a match by phone ends this long after departure
CARD_DIGITS_MIN = 13
CARD_DIGITS_MAX = 19
LINES_KEPT = 128  # answers begin with few different lines

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_WORD = re.compile(r"\w+")
_PRICE = re.compile(r"[€$£]|\b(?:euros?|eur|chf|gbp|usd)\b")  # in small letters
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}\.(?:\d{2,4})?|\b\d{1,2}/\d{1,2}\b")
_ALLOWED = {
    Match.NONE: frozenset({Share.ANYONE}),
    Match.BOOKED: frozenset({Share.ANYONE, Share.GUEST}),
    Match.IN_HOUSE: frozenset(Share),
}


def match_of(stays: tuple[Stay, ...], today: date) -> Match:
    """How far the guest's stays tie them to the house today; ends two weeks after departure."""
    found = Match.NONE
    for stay in stays:
        if stay.state is StayState.CANCELLED:
            continue
        arrival, departure = date.fromisoformat(stay.arrival), date.fromisoformat(stay.departure)
        if arrival <= today <= departure:
            return Match.IN_HOUSE
        if today <= departure + timedelta(days=MATCH_DAYS_AFTER):
            found = Match.BOOKED
    return found


def stay_of(stays: tuple[Stay, ...], today: date, text: str) -> Stay | None:
    """The stay a wish is about: the only one, or the one whose room is named. None: several, so ask which room."""
    if not stays:
        return None
    live = [stay for stay in stays if stay.state is not StayState.CANCELLED]
    now = [stay for stay in live if stay.arrival <= today.isoformat() <= stay.departure]
    if len(now) > 1:
        room = room_named(text)
        named = [stay for stay in now if room and stay.room.upper() == room]
        return named[0] if len(named) == 1 else None
    if now:
        return now[0]
    coming = sorted(
        (stay for stay in live if stay.arrival > today.isoformat()), key=lambda stay: stay.arrival
    )
    return coming[0] if coming else None


def telling_first_line(line: str, guest: Guest, stays: tuple[Stay, ...], secrets: frozenset[str]) -> bool:
    """True when a lock screen would show a name, a room, a date, a price or a secret."""
    figures, told = _told_in(line)
    if figures or any(secret in line for secret in secrets):
        return True
    known = [guest.name]
    for stay in stays:
        known += (stay.room, stay.name)
    return any(len(word) > 1 and word in told for name in known for word in _WORD.findall(name))


@lru_cache(LINES_KEPT)
def _told_in(line: str) -> tuple[bool, frozenset[str]]:
    """(True for a line with a price or a date, its words)."""
    figures = _PRICE.search(line.lower()) is not None or _DATE.search(line) is not None
    return figures, frozenset(_WORD.findall(line))


def behind_first_line(
    text: str, language: str, guest: Guest, stays: tuple[Stay, ...], secrets: frozenset[str]
) -> str:
    """The text, its first line made harmless where it tells too much."""
    if telling_first_line(text.partition("\n")[0], guest, stays, secrets):
        return f"{say('privacy.opener', language)}\n{text}"
    return text


def secrets_of(hotel: Hotel) -> tuple[tuple[str, Share], ...]:
    """What the file keeps for some: the Wi-Fi password and the code of the door, with who may have it."""
    found: list[tuple[str, Share]] = []
    if hotel.wifi:
        found += _with_exceptions(hotel.wifi, "password")
    night = night_of(hotel)
    if night and night.code:
        found.append((night.code, night.share))
    return tuple(found)


def leaks(text: str, secrets: tuple[tuple[str, Share], ...], match: Match) -> bool:
    """True when a guest with that match would be told what is not for them."""
    allowed = _ALLOWED[match]
    return any(secret in text for secret, share in secrets if share not in allowed)


def without_cards(text: str) -> str:
    """The text with the digits of card numbers (Luhn) masked but the last four."""
    return _CARD.sub(lambda found: _masked(found[0]), text)


def _with_exceptions(block: Any, name: str) -> list[tuple[str, Share]]:
    values = [getattr(block, name), *(when.changes.get(name) for when in block.when)]
    return [(value, block.share) for value in values if value]


def _masked(number: str) -> str:
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d * 2 - 9 * (d > 4) if at % 2 else d for at, d in enumerate(reversed(digits))]
    if not CARD_DIGITS_MIN <= len(digits) <= CARD_DIGITS_MAX or sum(doubled) % 10:
        return number
    return "•" * (len(digits) - 4) + number[-4:]
