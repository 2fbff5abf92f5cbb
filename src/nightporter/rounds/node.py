"""What every round is given: the store with the lease, time, ids, and the counts it keeps."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from nightporter.clock import Clock, Ids
from nightporter.model.decision import NewTask, Urgency
from nightporter.model.lease import Lease
from nightporter.outbox import tasks
from nightporter.store import Store, Tx

T = TypeVar("T")

REPLY_SECONDS_KEPT = 10_000
ALERT_DEPARTMENT = "reception"

log = structlog.get_logger("rounds")


class Bell:
    """Wakes a round; ringing before it waits is not lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, now or next."""
        self._event.set()

    async def wait(self, seconds: float | None) -> None:
        """Until it rings, `seconds` at most; None = for ever."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()


@dataclass(slots=True)
class Counts:
    """What the rounds count; `ops` turns it into metrics. Keys of `of` are (metric, label...)."""

    of: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])
    reply_seconds: deque[float] = field(default_factory=lambda: deque[float](maxlen=REPLY_SECONDS_KEPT))
    last_delivery_ms: int = 0

    def add(self, *key: str, by: int = 1) -> None:
        """Count one more."""
        self.of[key] += by


@dataclass(slots=True)
class Node:
    """The running node as its rounds see it. `lease` is replaced when it is renewed."""

    store: Store
    clock: Clock
    ids: Ids
    lease: Lease
    counts: Counts = field(default_factory=Counts)
    stopping: bool = False  # nothing new is begun; what is being sent is finished (SD6)

    def write(self, unit: Callable[[Tx], T], size: int = 1024, *, drops: bool = False) -> asyncio.Future[T]:
        """`Store.write` under the lease we hold now."""
        return self.store.write(self.lease, unit, size, drops=drops)

    def leads(self) -> bool:
        """True while the lease is ours and has not run out."""
        return self.lease.valid(self.clock.elapsed_seconds())

    async def alert(self, key: str, reason: str, summary: str, urgency: Urgency = Urgency.NOW) -> None:
        """Tell staff once per `key`: a task in the inbox, a log line and a count."""
        self.counts.add("alerts", reason)
        log.warning("alert", key=key, reason=reason, urgency=urgency)
        task = NewTask(key=key, department=ALERT_DEPARTMENT, reason=reason, summary=summary, urgency=urgency)
        task_id, now_ms = self.ids.new(), self.clock.now_ms()
        await self.write(lambda tx: tasks.add(tx, task_id, task, None, now_ms))

    async def ended(self, prefix: str) -> None:
        """What the alerts told of is over; `prefix` is the beginning of their keys."""
        now_ms = self.clock.now_ms()
        if tasks.begun(self.store.view, prefix):
            log.info("alert ended", key=prefix)
            await self.write(lambda tx: tasks.end(tx, prefix, now_ms))
