"""Which snapshots go: all of the last day stay, then one an hour, then one a day, within the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ALL_MS = DAY_MS  # so long every snapshot stays
HOURLY_MS = 2 * DAY_MS
DAILY_MS = 31 * DAY_MS


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot as the choice sees it."""

    stamp: str
    taken_ms: int
    size: int
    good: bool = True  # verified


def to_drop(found: Sequence[Kept], now_ms: int, space_bytes: int) -> set[str]:
    """The stamps that go. The newest good one never does, whatever it weighs."""
    newest = max((one for one in found if one.good), key=lambda one: one.taken_ms, default=None)
    keep = _by_age(found, now_ms)
    if newest is not None:
        keep[newest.stamp] = newest
    _fit(keep, newest, now_ms, space_bytes)
    return {one.stamp for one in found} - keep.keys()


def _by_age(found: Sequence[Kept], now_ms: int) -> dict[str, Kept]:
    """One of each stretch of time; of several a good one, of those the newest. Bad ones stay for a day."""
    chosen: dict[int | str, Kept] = {}
    for one in sorted(found, key=lambda one: one.taken_ms):
        age_ms = now_ms - one.taken_ms
        if age_ms < ALL_MS:
            chosen[one.stamp] = one
        elif one.good and age_ms < DAILY_MS:
            step_ms = HOUR_MS if age_ms < HOURLY_MS else DAY_MS
            chosen[step_ms + one.taken_ms // step_ms] = one
    return {one.stamp: one for one in chosen.values()}


def _fit(keep: dict[str, Kept], newest: Kept | None, now_ms: int, space_bytes: int) -> None:
    """While they take too much room, the one goes that is missed least: bad ones, then small gaps for their age."""
    while len(keep) > 1 and sum(one.size for one in keep.values()) > space_bytes:
        held = sorted(keep.values(), key=lambda one: one.taken_ms)
        others = [at for at, one in enumerate(held) if one is not newest]
        least = min(others, key=lambda at: (held[at].good, _missed(held, at, now_ms)))
        del keep[held[least].stamp]


def _missed(held: list[Kept], at: int, now_ms: int) -> float:
    """How much of its own age the gap has that it would leave; without neighbours on both sides, all of it."""
    age_ms = max(now_ms - held[at].taken_ms, 1)
    before_ms = held[at - 1].taken_ms if at else held[at].taken_ms - age_ms
    after_ms = held[at + 1].taken_ms if at + 1 < len(held) else now_ms
    return (after_ms - before_ms) / age_ms
