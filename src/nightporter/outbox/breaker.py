"""A circuit breaker with the semantics of opossum: rolling window, percentage, volume, exactly one probe.

Closed: calls go through and are counted in a rolling window of buckets. When at least `volume` calls stand in the
window and more than `threshold_percent` of them failed, it opens. Open: calls are refused until `reset_seconds` have
passed. Half open: exactly one call goes through; its success closes, its failure opens again.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from nightporter.clock import Clock

THRESHOLD_PERCENT = 50
VOLUME = 10
RESET_SECONDS = 5.0
WINDOW_SECONDS = 10.0
BUCKETS = 10


class BreakerState(StrEnum):
    """Where the breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Guards one target. Ask `admits` before each call, then tell `success`, `failure` or `forget` exactly once.

    A call that was admitted in half open is the probe, and says so when it tells; calls that were under way when the
    breaker opened are counted, but decide nothing.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        threshold_percent: int = THRESHOLD_PERCENT,
        volume: int = VOLUME,
        reset_seconds: float = RESET_SECONDS,
        window_seconds: float = WINDOW_SECONDS,
    ) -> None:
        self._clock = clock
        self._threshold_percent = threshold_percent
        self._volume = volume
        self._reset_seconds = reset_seconds
        self._bucket_seconds = window_seconds / BUCKETS
        self._buckets: deque[tuple[int, int, int]] = deque(maxlen=BUCKETS)  # (bucket number, calls, failures)
        self._opened_seconds = 0.0
        self._probing = False
        self.state = BreakerState.CLOSED
        self.opened = 0

    def admits(self) -> bool:
        """True when a call may go; in half open only the first one that asks."""
        if self.state is BreakerState.CLOSED:
            return True
        if self.state is BreakerState.OPEN and self.retry_after_seconds() <= 0:
            self.state, self._probing = BreakerState.HALF_OPEN, False
        if self.state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return False

    def retry_after_seconds(self) -> float:
        """How long an open breaker stays shut; 0 when it would admit a probe."""
        if self.state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self._opened_seconds + self._reset_seconds - self._clock.elapsed_seconds())

    def success(self, *, probe: bool = False) -> None:
        """The call went well."""
        if probe:
            self.state, self._probing = BreakerState.CLOSED, False
            self._buckets.clear()
        self._count(0)

    def failure(self, *, probe: bool = False) -> None:
        """The call failed. One that was under way when the breaker opened does not hold it open longer."""
        self._count(1)
        if probe or (self.state is BreakerState.CLOSED and self._too_many()):
            self.state, self._probing = BreakerState.OPEN, False
            self._opened_seconds = self._clock.elapsed_seconds()
            self.opened += 1

    def forget(self, *, probe: bool = False) -> None:
        """The admitted call was not made; if it was the probe, another may be."""
        if probe:
            self._probing = False

    def _count(self, failed: int) -> None:
        number = int(self._clock.elapsed_seconds() / self._bucket_seconds)
        if self._buckets and self._buckets[-1][0] == number:
            _, calls, failures = self._buckets.pop()
            self._buckets.append((number, calls + 1, failures + failed))
        else:
            self._buckets.append((number, 1, failed))

    def _too_many(self) -> bool:
        oldest = int(self._clock.elapsed_seconds() / self._bucket_seconds) - BUCKETS
        recent = [bucket for bucket in self._buckets if bucket[0] > oldest]
        calls = sum(bucket[1] for bucket in recent)
        failures = sum(bucket[2] for bucket in recent)
        return calls >= self._volume and failures * 100 > calls * self._threshold_percent
