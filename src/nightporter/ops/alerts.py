"""Alerts: looks at the node's own figures and tells staff once a day what needs a person: a task, a log line, a count.

What a round notices by itself (a token that is refused, a message that did not arrive) it tells by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from nightporter.backup.shelf import OLD_MS
from nightporter.config.hotel import Hotel
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.model.decision import Urgency
from nightporter.ops.memory import resident_bytes
from nightporter.ops.running import Running
from nightporter.outbox.tellings import Step
from nightporter.store import Trouble

LOOK_SECONDS = 30.0
REASON_TROUBLE = "store_trouble"  # what stands in the inbox afterwards
CANNOT_KEEP = "cannot_keep"  # what people are told while it lasts
QUEUE_MAX = 100
QUEUE_LOOKS = 2  # deep at so many looks in a row: not just a burst
MEMORY_BYTES_MAX = 2 * 1024**3
DISK_BYTES_MIN = 500 * 1024**2  # while the notice can still be written; the door closes far below
DISK_BYTES_AGAIN = 50 * 1024**2  # so much more, and it is over: no notice that comes and goes
DRILL_AGE_MS_MAX = 2 * 86_400_000
OLD_LOOKS = 10
SILENCE_HOURS = 6.0  # no webhook for so long, by day: where the settings do not say
HOUR_MS = 3_600_000
DAY_HOURS = range(10, 21)  # when guests usually write, hotel's time

log = structlog.get_logger("ops.alerts")


class Alerts:
    """A round of its own, beside those that work."""

    def __init__(
        self,
        parts: Running,
        hotel: Callable[[], Hotel],
        *,
        silence_hours: float = SILENCE_HOURS,
        tell: Callable[[Step, str], None] = lambda _step, _reason: None,
    ) -> None:
        self._parts = parts
        self._hotel = hotel
        self._silence_ms = int(silence_hours * HOUR_MS)
        self._tell = tell  # people, at once: while the disk takes nothing there is no task to tell of
        self._deep_looks = 0
        self._old_looks = 0
        self._troubles: list[
            Trouble
        ] = []  # told in the log when they came, to staff once that can be written

    def trouble(self, trouble: Trouble) -> None:
        """The store's door opened or closed (`Store.on_trouble`)."""
        if trouble is Trouble.NONE:
            log.info("webhooks are kept again")
            self._tell(Step.ENDED, CANNOT_KEEP)
            return
        self._parts.node.counts.add("alerts", "store_trouble")
        log.error(
            "alert", reason="store_trouble", trouble=str(trouble), effect="webhooks are answered with 503"
        )
        self._troubles.append(trouble)
        self._tell(Step.TOLD, CANNOT_KEEP)

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self._parts.node.clock.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except (CannotKeep, StoreBroken):
                continue  # the log has told it; the task is written when the disk takes it

    async def look(self) -> None:
        """One look at everything."""
        node = self._parts.node
        now = datetime.fromtimestamp(node.clock.now_ms() / 1000, self._hotel().zone)
        day = now.date().isoformat()
        while self._troubles and node.store.trouble is Trouble.NONE:
            key, what = f"{REASON_TROUBLE}:{node.clock.now_ms()}", str(self._troubles[0])
            await node.alert(key, REASON_TROUBLE, what, Urgency.INFO)  # people were told while it lasted
            self._troubles.clear()
        if depth := self._deep_queue():
            await self._once(f"queue_deep:{day}", "queue_deep", str(depth))
        elif not self._deep_looks:
            await node.ended("queue_deep:")
        memory = resident_bytes()
        if memory > MEMORY_BYTES_MAX:
            await self._once(f"memory_high:{day}", "memory_high", f"{memory // 1024**2} MB")
        else:
            await node.ended("memory_high:")
        free = node.store.disk.free_bytes()
        if free < DISK_BYTES_MIN:
            await self._once(f"disk_low:{day}", "disk_low", f"{free // 1024**2} MB")
        elif free > DISK_BYTES_MIN + DISK_BYTES_AGAIN:
            await node.ended("disk_low:")
        await self._look_at_backups(day)
        if not (hours := self._silent_hours()):
            await node.ended("webhooks_missing:")
        elif now.hour in DAY_HOURS:
            await self._once(f"webhooks_missing:{day}", "webhooks_missing", f"{hours} h")

    async def _look_at_backups(self, day: str) -> None:
        """Old for a while, not just once: after a long rest the next snapshot and its drill come in a minute."""
        known, now_ms = self._parts.backups.known, self._parts.node.clock.now_ms()
        taken_ms = known.verified.taken_ms if known.verified else known.begun_ms
        drilled_ms = known.drilled_ms or (known.snapshots[0].taken_ms if known.snapshots else now_ms)
        old = now_ms - taken_ms > OLD_MS
        undrilled = now_ms - drilled_ms > DRILL_AGE_MS_MAX
        self._old_looks = self._old_looks + 1 if (old or undrilled) and self._parts.backs_up else 0
        if self._old_looks < OLD_LOOKS:
            return
        if old:
            hours = (now_ms - taken_ms) / 3_600_000
            await self._once(f"backup_old:{day}", "backup_old", f"{hours:.1f} h")
        if undrilled:
            await self._once(f"drill_old:{day}", "drill_old", f"{(now_ms - drilled_ms) / 86_400_000:.1f} d")

    async def _once(self, key: str, reason: str, summary: str) -> None:
        if self._parts.node.store.view.one("task_by_key", (key,)) is None:
            await self._parts.node.alert(key, reason, summary)

    def _deep_queue(self) -> int:
        """How many messages wait for an answer or for being sent, when it has been too many for a while."""
        view = self._parts.node.store.view
        waiting = int(view.scalar("entries_pending_count")) + int(
            dict(view.all("outbox_counts")).get("waiting", 0)
        )
        self._deep_looks = self._deep_looks + 1 if waiting > QUEUE_MAX else 0
        return waiting if self._deep_looks >= QUEUE_LOOKS else 0

    def _silent_hours(self) -> int:
        """For how many hours nothing came in; 0 when that is not too long, or nothing ever came."""
        node = self._parts.node
        row = node.store.view.one("delivery_last") if self._parts.channels else None
        silent_ms = node.clock.now_ms() - row[0] if row else 0
        return max(1, silent_ms // HOUR_MS) if silent_ms > self._silence_ms else 0
