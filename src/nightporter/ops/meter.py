"""What must be remembered between two looks at a node: reply times as a histogram, a round's last crash."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from nightporter.rounds.node import Counts

BUCKETS_SECONDS = (
    0.005,
    0.01,
    0.015,
    0.02,
    0.03,
    0.06,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
)
RECENT_KEPT = 1_000
CRASHES = "round_crashes"


class Meter:
    """One per node. `look` is called every few seconds, and by everybody who is about to read."""

    def __init__(self) -> None:
        self.recent: deque[float] = deque(maxlen=RECENT_KEPT)  # the newest reply times, seconds
        self.reply_count = 0
        self.reply_sum_seconds = 0.0
        self.crashed_at_seconds: float | None = None  # reading of `Clock.elapsed_seconds`
        self._in_bucket = [0] * (len(BUCKETS_SECONDS) + 1)
        self._crashes = 0

    def look(self, counts: Counts, elapsed_seconds: float) -> None:
        """Take over what was counted since the last look."""
        while counts.reply_seconds:
            seconds = counts.reply_seconds.popleft()
            self.recent.append(seconds)
            self.reply_count += 1
            self.reply_sum_seconds += seconds
            self._in_bucket[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        crashes = sum(count for key, count in counts.of.items() if key[0] == CRASHES)
        if crashes > self._crashes:
            self._crashes, self.crashed_at_seconds = crashes, elapsed_seconds

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """(upper bound, how many replies took no longer), the last one `+Inf`."""
        total = 0
        for bound, count in zip((*BUCKETS_SECONDS, None), self._in_bucket, strict=True):
            total += count
            yield "+Inf" if bound is None else f"{bound:g}", total
