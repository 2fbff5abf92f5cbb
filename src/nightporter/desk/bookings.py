"""Which booking a guest speaks of: their own by the match, else by a code, or by surname and day of arrival.

What is found in the book is for staff only: whoever writes from a number that is not tied to the booking is never
told whether there is one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from nightporter.desk.dates import date_asked
from nightporter.desk.heard import plain
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.conversation import Question
from nightporter.model.guest import Stay, StayRole

SAY = Catalogue("nightporter.desk", "bookings.toml", "no-words")
WISH_CHARS_MAX = 300
SURNAME_WORDS_MAX = 3
CODES_MAX = 4  # of one message that are looked up
CODE_CHARS_MIN = 4

WHICH = "booking"  # the slot of "code, or surname and day of arrival"
ARRIVAL = "arrival"
SURNAME = "surname"
ROOM = "room"

_TOKEN = re.compile(r"(?<![\w.@/+-])[A-Za-z0-9](?:[A-Za-z0-9-]{2,18})[A-Za-z0-9](?![\w@/]|\.\w)")
_NO_CODE = re.compile(
    r"\d{1,2}(?:st|nd|rd|th|am|pm|uhr|h\d{0,2})|20\d\d(?:-\d{1,2}-\d{1,2})?|[\d-]{1,5}", re.IGNORECASE
)
_ANY_DAY = date(2026, 1, 1)  # to see whether a word names a day or a month at all
_NAME_CHARS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Booking:
    """What is known of it. `own`: it is tied to the guest's number; `found`: in the book, by what was told."""

    own: Stay | None = None
    code: str = ""
    surname: str = ""
    arrival: str = ""
    found: Stay | None = None

    @property
    def known(self) -> bool:
        """True when staff can find it by this."""
        return bool(self.own or self.code or (self.surname and self.arrival))

    @property
    def booker(self) -> bool:
        """False when it is the guest's own, but somebody else booked it."""
        return self.own is None or self.own.role is StayRole.BOOKER

    def details(self, ask: Ask) -> dict[str, str]:
        """What staff read of it. A booking found by what a stranger told is named as such."""
        stay = self.own or self.found
        known = {
            "booking": self.code or (stay.code if stay else ""),
            "surname": self.surname,
            "arrival": self.arrival or (stay.arrival if stay else ""),
            "departure": stay.departure if stay else "",
            "room": (stay.room if self.own and stay else "") or ask.slots.get(ROOM, ""),
            "role": self.own.role.value if self.own else "",
            "in_book": "" if self.own else "yes" if self.found else "no" if self.known else "",
            "told": ask.slots.get(WHICH, ""),
            "match": ask.match.value,
            "language": ask.language,
        }
        return {name: value for name, value in known.items() if value}


def booking_of(ask: Ask) -> Booking:
    """The booking, from the match and everything the guest wrote of it."""
    told = ask.slots.get(WHICH, "")
    text = f"{ask.slots.get('wish', ask.wish.text)} {told}"
    code, stays = _code(ask, text, told)
    if code and ask.stay is not None and code.casefold() != ask.stay.code.casefold() and not stays:
        code = "" if not told else code  # a number that is no booking of ours beside one's own
    if code:
        own = ask.stay if ask.stay and ask.stay.code.casefold() == code.casefold() else None
        return Booking(own=own, code=code, found=stays[0] if len(stays) == 1 else None)
    if ask.stay is not None:
        return Booking(own=ask.stay)
    arrival = ask.slots.get(ARRIVAL, "") or _arrival(ask, told)
    names = _names(ask.slots.get(SURNAME, "") or told) or _named(text)
    found = [stay for name in names for stay in ask.book.by_name(name, arrival)] if arrival else []
    distinct = {stay.stay_id: stay for stay in found}
    return Booking(
        surname=" ".join(names[:SURNAME_WORDS_MAX]),
        arrival=arrival,
        found=next(iter(distinct.values())) if len(distinct) == 1 else None,
    )


def wish_of(ask: Ask) -> str:
    """The words that began it, before our questions."""
    return ask.slots.get("wish", ask.wish.text)


def question(ask: Ask, topic: str, slot: str, text: str) -> TopicReply:
    """A question of ours; what is known already is kept with it."""
    slots = {"wish": ask.wish.text[:WISH_CHARS_MAX]} | ask.slots
    asked = Question(topic=topic, slot=slot, asked_ms=int(ask.now.timestamp() * 1000), slots=slots)
    return TopicReply(text=text, question=asked)


def ask_booking(ask: Ask, topic: str, lead: str, booking: Booking) -> TopicReply | None:
    """The question that is still to be asked, once each; None: enough is known, or enough was asked."""
    slot, key = _missing(ask, booking)
    if not slot:
        return None
    return question(ask, topic, slot, f"{lead}\n{SAY.say(key, ask.language)}")


def _missing(ask: Ask, booking: Booking) -> tuple[str, str]:
    if booking.known:
        return "", ""
    if ask.match is Match.IN_HOUSE:
        return ("", "") if ROOM in ask.slots else (ROOM, "which_room")
    if WHICH not in ask.slots and not (booking.surname or booking.arrival):
        return WHICH, "which"
    if booking.surname and ARRIVAL not in ask.slots:
        return ARRIVAL, "arrival"
    if booking.arrival and SURNAME not in ask.slots:
        return SURNAME, "surname"
    return "", ""


def _code(ask: Ask, text: str, told: str) -> tuple[str, tuple[Stay, ...]]:
    """A booking code in the text, and the stays that have it."""
    tokens = [token for token in _TOKEN.findall(text) if any(c.isdigit() for c in token)]
    tokens = [token for token in tokens if len(token) >= CODE_CHARS_MIN][:CODES_MAX]
    for token in tokens:
        if stays := ask.book.by_code(token) or ask.book.by_code(token.upper()):
            return stays[0].code, stays
    answered = [token for token in tokens if token in told and not _NO_CODE.fullmatch(token)]
    named = [token for token in tokens if _said_code(text, token)]
    return next(iter([*named, *answered]), ""), ()


def _said_code(text: str, token: str) -> bool:
    before, _, _ = text.partition(token)
    words = plain(before)
    return not re.fullmatch(r"20\d\d(?:-.*)?", token) and any(
        words.endswith(phrase) for phrase in _folded("code")
    )


def _arrival(ask: Ask, text: str) -> str:
    asked = date_asked(text, ask.now.date())
    return asked.first.isoformat() if text and asked.named and asked.first == asked.last else ""


def _names(told: str) -> list[str]:
    """The names in an answer of ours; none when so many words are left that they are something else."""
    names = [word for word in _NAME_CHARS.findall(told) if not _is_filler(word)]
    return names if 0 < len(names) <= SURNAME_WORDS_MAX else []


def _named(text: str) -> list[str]:
    """The surname that a text tells as one: "under the name of Keller"."""
    words = plain(text)
    for phrase in _folded("name"):
        _, found, after = words.partition(phrase)
        if found:
            names = [word for word in after.split()[:2] if word.isalpha() and not _is_filler(word)]
            return names[-1:]
    return []


def _is_filler(word: str) -> bool:
    folded = plain(word)
    return folded in _fillers() or date_asked(f"1 {word}", _ANY_DAY).named or date_asked(word, _ANY_DAY).named


@cache
def _fillers() -> frozenset[str]:
    return frozenset(_folded("filler"))


@cache
def _folded(name: str) -> tuple[str, ...]:
    text = resources.files("nightporter.desk").joinpath("booking_words.toml").read_text(encoding="utf-8")
    phrases = {plain(phrase) for phrase in tomllib.loads(text)[name]}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
