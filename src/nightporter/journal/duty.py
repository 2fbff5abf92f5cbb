"""Who of the staff said that they are on duty, or off. A word counts some hours; after that the roster does again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nightporter.store import Tx, View

SAID_MS = (
    12 * 3_600_000
)  # longer than a turn: who forgets to say the other thing is not told, or told, for ever


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's last word."""

    on_duty: bool
    since_ms: int
    until_ms: int


def say(account_id: str, now_ms: int, *, on_duty: bool) -> Callable[[Tx], object]:
    """A unit: they are on duty from now on, or off."""
    return lambda tx: tx.run("duty_say", (account_id, int(on_duty), now_ms, now_ms + SAID_MS))


def said(view: View, now_ms: int) -> dict[str, Said]:
    """What counts now, by the name as it is compared."""
    return {row[1]: Said(bool(row[2]), row[3], row[4]) for row in view.all("duty_all", (now_ms,))}
