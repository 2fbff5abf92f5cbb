"""A message template of an account, as the provider tells it: its words, what is to be filled in, and its state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

APPROVED = "approved"  # the only state in which a template may be sent

_PLACE = re.compile(r"\{\{\s*(\w{1,60})\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTemplate:
    """One template in one language. Words of the provider in small letters; "" = it told none."""

    name: str
    language: str  # as the provider writes it: `it`, `en_US`
    provider_id: str
    category: str
    state: str  # approved, pending, rejected, paused, disabled and others
    reason: str  # why it was rejected
    quality: str
    body: str
    parameters: tuple[str, ...]  # names of what is filled into the body, in order
    named: bool  # the provider wants the names beside the values
    plain: bool  # nothing but the body's words is to be filled in
    since_ms: int = 0  # in this state, as far as we saw

    @property
    def sendable(self) -> bool:
        """True when staff may fill it in and send it from here."""
        return self.state == APPROVED and self.plain

    def filled(self, values: Sequence[str]) -> str:
        """The body with these values, one for each parameter."""
        known = dict(zip(self.parameters, values, strict=True))
        return _PLACE.sub(lambda found: known.get(found[1], found[0]), self.body)


def places(body: str) -> tuple[str, ...]:
    """What is to be filled into a body, each once: numbers in their order, names as they come."""
    found = list(dict.fromkeys(_PLACE.findall(body)))
    numbers = all(one.isascii() and one.isdecimal() for one in found)
    return tuple(sorted(found, key=int) if numbers else found)
