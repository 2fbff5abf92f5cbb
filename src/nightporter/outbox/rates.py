"""Token buckets: how fast one number may send, and how fast to one guest, without holding up anybody else."""

from __future__ import annotations

from collections import OrderedDict

from nightporter.clock import Clock

PAIR_REFILL_SECONDS = 6.0  # about one message per 6 s to one guest, short bursts are lent (Meta, pair rate)
PAIR_BURST = 10
PAIRS_KEPT = 50_000


class Bucket:
    """`rate` tokens a second, `burst` at most."""

    __slots__ = ("_burst", "_clock", "_level", "_rate", "_seen")

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._seen = clock.elapsed_seconds()

    def wait_seconds(self) -> float:
        """How long until a token is there; 0 when one is."""
        now = self._clock.elapsed_seconds()
        self._level = min(self._burst, self._level + (now - self._seen) * self._rate)
        self._seen = now
        return 0.0 if self._level >= 1 else (1 - self._level) / self._rate

    def take(self) -> None:
        """Take the token that `wait_seconds` promised."""
        self._level -= 1

    def put_back(self) -> None:
        """The message did not go out."""
        self._level = min(self._burst, self._level + 1)


class PairRates:
    """One bucket per guest; the longest unused are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, conversation_id: str) -> Bucket:
        """The guest's bucket."""
        bucket = self._buckets.get(conversation_id)
        if bucket is None:
            bucket = self._buckets[conversation_id] = Bucket(self._clock, 1 / PAIR_REFILL_SECONDS, PAIR_BURST)
            if len(self._buckets) > PAIRS_KEPT:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(conversation_id)
        return bucket
