"""Money as a hotelier writes it: an amount per something, `free`, `included`, or `ask`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

AMOUNT_MAX = Decimal(100_000)
CURRENCIES = frozenset(
    {"EUR", "CHF", "GBP", "USD", "CZK", "DKK", "HUF", "NOK", "PLN", "RON", "SEK", "TRY"}
)  # the codes a file may name; lower case as a key: {eur: 15}


class Terms(StrEnum):
    """What it costs, in one word."""

    AMOUNT = "amount"
    FREE = "free"
    INCLUDED = "included"
    ASK = "ask"  # staff name the price


class Per(StrEnum):
    """What one amount buys."""

    NIGHT = "night"
    STAY = "stay"
    PERSON = "person"
    PERSON_NIGHT = "person_night"
    ROOM = "room"
    HOUR = "hour"
    ITEM = "item"
    WAY = "way"
    DAY = "day"
    KWH = "kWh"


@dataclass(frozen=True, slots=True)
class Money:
    """A price. `amount` and `currency` count only with `Terms.AMOUNT`; `per` None = once."""

    terms: Terms
    amount: Decimal = Decimal(0)
    currency: str = ""
    per: Per | None = None

    def __post_init__(self) -> None:
        """An amount that is not in the allowed range never exists."""
        if not (Decimal(0) <= self.amount <= AMOUNT_MAX):
            raise ValueError(f"must be an amount between 0 and {AMOUNT_MAX}")

    @property
    def costs_nothing(self) -> bool:
        """True for `free`, `included` and an amount of zero."""
        return self.terms in (Terms.FREE, Terms.INCLUDED) or (self.terms is Terms.AMOUNT and self.amount == 0)
