"""Guests, the identities they are known by, and their stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_FLIGHT = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z]|[A-Z]{3})0*([0-9]{1,4}[A-Z]?)")


class IdentityKind(StrEnum):
    """What kind of name a provider knows a guest by; none is a primary key."""

    PHONE = "phone"  # digits only, no plus
    BSUID = "bsuid"  # business-scoped user id, `IT.1349...`
    PARENT_BSUID = "parent_bsuid"
    SPOKI = "spoki"  # Spoki contact id


@dataclass(frozen=True, slots=True)
class Identity:
    """One name of a guest."""

    kind: IdentityKind
    value: str

    def key(self) -> str:
        """`kind:value`, unique over all guests."""
        return f"{self.kind}:{self.value}"


class LanguageSource(StrEnum):
    """How sure we are of a guest's language, weakest first."""

    NONE = "none"
    HINT = "hint"  # booking language or phone country code
    HEARD = "heard"  # from the guest's own words
    CHOSEN = "chosen"  # the guest or staff said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A person who writes to us."""

    guest_id: str
    name: str = ""
    language: str = ""  # ISO 639-1, "" unknown
    language_source: LanguageSource = LanguageSource.NONE
    language_rival: str = ""  # another language heard once; a second time in a row switches
    opted_out_ms: int = 0  # no proactive messages since; 0 = may be written to
    told_machine_ms: int = 0  # when a status showed that the disclosure was sent; 0 = never
    phone: str = ""  # digits, "" when the provider hides it


class StayRole(StrEnum):
    """What a guest is to a stay; only the booker changes or cancels."""

    BOOKER = "booker"
    COMPANION = "companion"


class StayState(StrEnum):
    """Life of a booking."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One booking of one guest or several (n:m), as seen by one guest."""

    stay_id: str
    source: str
    code: str
    arrival: str  # YYYY-MM-DD, hotel's time zone
    departure: str  # YYYY-MM-DD
    room: str = ""
    flight: str = ""  # flight number of the arrival, e.g. AZ1234
    name: str = ""
    role: StayRole = StayRole.BOOKER
    state: StayState = StayState.BOOKED


def flight_number(text: str) -> str:
    """One spelling for a flight: `az 0123` is `AZ123`; "" when it is none."""
    found = _FLIGHT.fullmatch(re.sub(r"[\s-]", "", text).upper())
    return found[1] + found[2] if found else ""
