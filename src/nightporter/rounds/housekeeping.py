"""Housekeeping: what is old goes, in small groups, so that the file stays small and nobody waits (RL5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from nightporter.rounds.node import Node
from nightporter.store import Row, Tx
from nightporter.store.pruning import prune_unit

TIMER = "housekeeping"
CRON = "30 4 * * *"  # at the hotel, when nobody writes
DAY_MS = 86_400_000
DELETES_MAX = 20_000  # groups of 500 rows in one go; the rest goes the next night
LOG_EVERY_SECONDS = 600.0
BY_MOMENT = frozenset(
    {"event_steps_old", "statuses_parked_old"}
)  # the others go by keys that begin with a time


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days each kind is kept. Messages, guests and dispositions are the hotel's and stay."""

    bodies: int = 30  # the provider repeats for 7 days; the rest is for parsing again
    deliveries: int = 90
    attempts: int = 180
    statuses: int = 180
    event_steps: int = 90
    audit: int = 730
    tasks: int = 730
    notes: int = 730

    def queries(self) -> Mapping[str, int]:
        """Deleting query -> days, bytes before the rows that speak of them."""
        return {
            "bodies_old": self.bodies,
            "deliveries_old": self.deliveries,
            "attempts_old": self.attempts,
            "statuses_old": self.statuses,
            "statuses_parked_old": self.statuses,
            "event_steps_old": self.event_steps,
            "audit_old": self.audit,
            "told_old": self.tasks,
            "tellings_old": self.tasks,
            "tasks_old": self.tasks,
            "notes_old": self.notes,
        }


class Housekeeping:
    """Nightly retention, and pruning of the replication log every ten minutes."""

    def __init__(self, node: Node, retention: Retention, covered_seq: Callable[[], int]) -> None:
        """`covered_seq`: up to which log row a verified snapshot has everything; 0 = there is none."""
        self._node = node
        self._retention = retention
        self._covered_seq = covered_seq

    async def run(self) -> None:
        """Prune the log, for ever."""
        while True:
            await self._node.clock.sleep(LOG_EVERY_SECONDS)
            await self.prune_log()

    async def prune_log(self) -> int:
        """Drop log rows that nobody needs any more; how many."""
        total = 0
        for _ in range(DELETES_MAX):
            removed = await self._node.write(
                prune_unit(self._node.clock.now_ms(), self._covered_seq()), drops=True
            )
            total += removed
            if removed == 0:
                break
        return total

    async def nightly(self, _: Row) -> None:
        """Delete what is older than its kind is kept (handler of the timer)."""
        now_ms = self._node.clock.now_ms()
        for query, days in self._retention.queries().items():
            before_ms = now_ms - days * DAY_MS
            before = before_ms if query in BY_MOMENT else f"{before_ms:012x}"
            for _group in range(DELETES_MAX):
                removed = await self._node.write(partial(_delete, query, before), drops=True)
                self._node.counts.add("retention", query, by=removed)
                if removed == 0:
                    break


def _delete(query: str, before: int | str, tx: Tx) -> int:
    return tx.run(query, (before,))
