"""From a seed: the load, the provider's delays, and the moment of each kill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from nightporter.testing.providers.chance import Dice, below, happens, one_of

OPEN_LEAST = 5  # a kill counts only with so many messages between 200 and answer
SETTLE_SECONDS = 5
WORKERS = (5, 20)
ANSWER_MS = (50, 250)
ARRIVAL_SPREAD_MS = (10, 100)
NO_STATUS = (0.0, 0.3)  # share of answers of which the provider never tells a status
GUESTS = (14, 34)
WITHIN_MS = (0, 0, 60, 300)  # 0: all at once
TIME_MS_MAX = 600
START_PERCENT = (40, 130)  # of how long the last start took: before, while and just after it recovers
JITTER_MS_MAX = 30


class Moment(StrEnum):
    """What a kill waits for."""

    TIME = "after a time"
    TOLD = "after a 200"
    ACCEPTED = "after an accepted send"
    START = "while starting"


MOMENTS = (Moment.TOLD, Moment.TOLD, Moment.ACCEPTED, Moment.ACCEPTED, Moment.TIME, Moment.START)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One life of the node: `guests` write within `within_ms`; the kill comes `delay_ms` after the moment.

    A kill while it starts comes at `start_percent` of the time that the last start took, and nobody writes.
    """

    guests: int
    within_ms: int
    moment: Moment
    count: int  # the how manyth 200 or accepted send of this life, where the moment is one
    delay_ms: int
    start_percent: int

    def __str__(self) -> str:
        """The kill's moment in words."""
        after = f"{self.moment}"
        if self.moment is Moment.START:
            return f"{after}, {self.start_percent} % of a start"
        if self.moment in (Moment.TOLD, Moment.ACCEPTED):
            after += f" (number {self.count})"
        return f"{after}, {self.delay_ms} ms"


@dataclass(frozen=True, slots=True)
class Plan:
    """One stretch of kills on one data folder."""

    seed: int
    workers: int
    answer_ms: int
    arrival_spread_ms: int
    no_status: float

    @staticmethod
    def of(seed: int) -> Plan:
        """The stretch of that seed."""
        dice = Dice(seed)
        return Plan(
            seed=seed,
            workers=_between(dice, WORKERS),
            answer_ms=_between(dice, ANSWER_MS),
            arrival_spread_ms=_between(dice, ARRIVAL_SPREAD_MS),
            no_status=one_of(dice, NO_STATUS),
        )

    def cycles(self) -> Iterator[Cycle]:
        """The lives, without end; the first ends after a 200, for before it nothing is owed."""
        dice = Dice(self.seed + 1_000_003)
        first = True
        while True:
            yield _cycle(dice, Moment.TOLD if first else one_of(dice, MOMENTS))
            first = False

    def behaviour(self) -> dict[str, object]:
        """The provider fake's behaviour: slow enough that messages linger, and no limit of its own."""
        return {
            "arrival_spread_ms": self.arrival_spread_ms,
            "answer_ms": self.answer_ms,
            "p_no_status": self.no_status,
            "sent_ms": 20,
            "delivered_ms": 60,
            "read_ms": 120,
            "status_spread_ms": 60,
            "webhook_spread_ms": 30,
            "batch_max": 10,
            "batch_wait_ms": 20,
            "p_repeat": 0.1,
            "p_reorder": 0.1,
            "reorder_ms": 300,
            "repeat_ms": 300,
            "retry_base_ms": 100,
            "retry_max_ms": 800,
            "per_second": 0,
            "pair_burst": 0,
            "window_checked": False,
            "known_reads_only": False,
        }


def _cycle(dice: Dice, moment: Moment) -> Cycle:
    guests = _between(dice, GUESTS)
    delay_ms = below(dice, JITTER_MS_MAX + 1)
    if moment is Moment.TIME:
        delay_ms = below(dice, TIME_MS_MAX)
    elif happens(dice, 0.3):
        delay_ms = 0
    count = 1 + below(dice, guests // 2)
    if moment is Moment.TOLD:
        count = _between(dice, (OPEN_LEAST, guests))
    return Cycle(guests, one_of(dice, WITHIN_MS), moment, count, delay_ms, _between(dice, START_PERCENT))


def _between(dice: Dice, limits: tuple[int, int]) -> int:
    return limits[0] + below(dice, limits[1] - limits[0] + 1)
