"""What the desk may look at besides the turn: the moment, the stays, the templates. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from nightporter.model.conversation import Conversation
from nightporter.model.guest import Guest, Stay


class StayBook(Protocol):
    """Stays, to be looked up by what a guest knows of them."""

    def by_code(self, code: str) -> tuple[Stay, ...]:
        """Stays with that booking code."""
        ...

    def by_name(self, surname: str, arrival: str) -> tuple[Stay, ...]:
        """Stays under that surname that arrive that day (YYYY-MM-DD)."""
        ...


class NoStays:
    """A book without a stay: before the first is entered."""

    def by_code(self, code: str) -> tuple[Stay, ...]:
        """None."""
        return ()

    def by_name(self, surname: str, arrival: str) -> tuple[Stay, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One moment. `templates`: approved by the provider, {(purpose, language): its name there}.

    `proactive`: the provider takes messages that no guest asked for.
    """

    now_ms: int
    stays: StayBook = field(default_factory=NoStays)
    templates: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    proactive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A guest whom an event concerns, with the stay it is about. No conversation: the guest never wrote to us."""

    guest: Guest
    stay: Stay
    conversation: Conversation | None = None
