"""Who writes: guests with a phone number, a business-scoped id, or both, and the windows they open."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nightporter.testing.providers.behaviour import WINDOW_MS

COUNTRIES = {"39": "IT", "49": "DE", "33": "FR", "34": "ES", "41": "CH", "43": "AT", "44": "GB", "1": "US"}
COUNTRY_ELSE = "IT"
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PHONE_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_SCOPED_DIGITS = 16


def digits(phone: str) -> str:
    """A phone number without plus, blanks and punctuation."""
    return re.sub(r"[^0-9]", "", phone)


def bsuid_of(phone: str) -> str:
    """The business-scoped id this fake gives to a phone number: always the same one."""
    country = next((COUNTRIES[phone[:n]] for n in (2, 1) if phone[:n] in COUNTRIES), COUNTRY_ELSE)
    number = int.from_bytes(hashlib.sha256(phone.encode()).digest()[:8], "big") % 10**_SCOPED_DIGITS
    return f"{country}.{number:0{_SCOPED_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person on WhatsApp. `phone` (digits) is None when the business may not see it."""

    phone: str | None
    bsuid: str
    name: str = "Guest"
    username: str | None = None
    parent_bsuid: str | None = None

    @staticmethod
    def of(spec: Mapping[str, Any] | Guest | str) -> Guest:
        """Read a phone number, a BSUID, or `{phone?, bsuid?, name?, username?, parent_bsuid?}`."""
        if isinstance(spec, Guest):
            return spec
        if isinstance(spec, str):
            spec = {"bsuid": spec} if BSUID.fullmatch(spec) else {"phone": spec}
        phone = digits(spec["phone"]) if spec.get("phone") else None
        bsuid = spec.get("bsuid") or (bsuid_of(phone) if phone else None)
        if bsuid is None:
            msg = "a guest needs a phone or a bsuid"
            raise ValueError(msg)
        return Guest(phone, bsuid, spec.get("name", "Guest"), spec.get("username"), spec.get("parent_bsuid"))

    @property
    def key(self) -> str:
        """The name under which judges find the guest: the phone if visible, else the business-scoped id."""
        return self.phone or self.bsuid


class Directory:
    """Everybody the provider knows, found by phone or business-scoped id, and when each last wrote."""

    def __init__(self) -> None:
        self._guests: dict[str, Guest] = {}
        self._last_ms: dict[tuple[str, str], int] = {}

    def meet(self, guest: Guest) -> Guest:
        """Remember (or renew) a guest."""
        self._guests[guest.bsuid] = guest
        if guest.phone is not None:
            self._guests[guest.phone] = guest
        return guest

    def who(self, spec: Mapping[str, Any] | Guest | str) -> Guest:
        """The guest a test names; a bare address finds the one already known."""
        if isinstance(spec, str):
            spec = self.at(spec if BSUID.fullmatch(spec) else digits(spec))
        return self.meet(Guest.of(spec))

    def at(self, address: str) -> Guest:
        """The guest behind an address; an unknown one is a person who has never written."""
        return self._guests.get(address) or Guest.of(address)

    def wrote(self, number: str, guest: Guest, at_ms: int) -> None:
        """Open the window: the guest wrote to this number of ours."""
        key = (number, guest.bsuid)
        self._last_ms[key] = max(at_ms, self._last_ms.get(key, 0))

    def window_open(self, number: str, guest: Guest, now_ms: int) -> bool:
        """Whether a free-form message may still go."""
        last_ms = self._last_ms.get((number, guest.bsuid))
        return last_ms is not None and now_ms - last_ms < WINDOW_MS
