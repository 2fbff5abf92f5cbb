"""Limits: how many requests somebody may make in a window of time, with the headers that tell it.

The window begins with the first request and is fixed, as draft-ietf-httpapi-ratelimit-headers-09 describes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from nightporter.clock import Clock

WINDOW_SECONDS = 60
KNOWN_MAX = 10_000  # who is remembered at once; the one who came first is forgotten first


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left after this request."""

    allowed: bool
    remaining: int
    reset_seconds: float


class Limiter:
    """Counts requests by who makes them. `name` and `most` (in one window) are shown in the headers."""

    def __init__(self, clock: Clock, name: str, most: int) -> None:
        self.most = most
        self._clock = clock
        self._name = name
        self._windows: dict[str, tuple[float, int]] = {}  # who -> (end of the window, requests in it)
        self.policy = f'"{name}";q={most};w={WINDOW_SECONDS}'

    def take(self, who: str) -> Verdict:
        """Count one request."""
        now = self._clock.elapsed_seconds()
        ends, count = self._windows.get(who, (0.0, 0))
        if ends <= now:
            self._windows.pop(who, None)  # so that it goes to the end of the order
            self._make_room(now)
            ends, count = now + WINDOW_SECONDS, 0
        count += 1
        self._windows[who] = (ends, count)
        return Verdict(count <= self.most, max(0, self.most - count), ends - now)

    def headers(self, verdict: Verdict) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`."""
        left = f'"{self._name}";r={verdict.remaining};t={ceil(verdict.reset_seconds)}'
        return {"ratelimit": left, "ratelimit-policy": self.policy}

    def _make_room(self, now: float) -> None:
        if len(self._windows) < KNOWN_MAX:
            return
        oldest = next(iter(self._windows))
        while oldest is not None and (len(self._windows) >= KNOWN_MAX or self._windows[oldest][0] <= now):
            del self._windows[oldest]
            oldest = next(iter(self._windows), None)
