"""Time, waiting, ids and chance: the only module that asks the machine for them (ST10).

Everything else is given a `Clock` and an `Ids`, so that the simulator can turn both by a seed.
Times are milliseconds since 1970-01-01T00:00Z (`_ms`); durations and monotonic readings are seconds (`_seconds`).
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Protocol

ID_RANDOM_BITS = 64


class Clock(Protocol):
    """Where time comes from."""

    def now_ms(self) -> int:
        """Wall clock, milliseconds since the epoch (UTC)."""
        ...

    def elapsed_seconds(self) -> float:
        """A clock that never goes back and counts the machine's sleep (LS2)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clocks."""

    # macOS: CLOCK_MONOTONIC_RAW counts sleep; Linux: CLOCK_BOOTTIME does (LS2).
    _elapsed_id = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC_RAW", time.CLOCK_MONOTONIC))

    def now_ms(self) -> int:
        """Wall clock, milliseconds since the epoch (UTC)."""
        return time.time_ns() // 1_000_000

    def elapsed_seconds(self) -> float:
        """Seconds on a clock that counts sleep."""
        return time.clock_gettime(self._elapsed_id)

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)


class Chance(Protocol):
    """Where randomness comes from."""

    def random(self) -> float:
        """A number in [0, 1)."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """A non-negative integer of `k` random bits."""
        ...


class Ids:
    """Time-ordered identifiers: 12 hex digits of milliseconds, then 16 of chance (ST6)."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance

    def new(self) -> str:
        """A fresh id, 28 characters, sorted by time of making."""
        return f"{self._clock.now_ms():012x}{self._chance.getrandbits(ID_RANDOM_BITS):016x}"


def system_chance() -> Chance:
    """Randomness from the operating system."""
    return random.SystemRandom()


def utc(at_ms: int) -> datetime:
    """The moment as an aware UTC datetime."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
