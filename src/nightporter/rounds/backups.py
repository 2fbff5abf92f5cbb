"""Backups: a snapshot every quarter of an hour, shipped, and once a day restored and checked (G8).

The work itself is done in processes of its own (`backup.apart`); here is when, and who is told. Taking, shipping and
drilling are rounds of their own: a slow line to a far place holds up no snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from nightporter.backup.apart import run_apart
from nightporter.backup.packing import Progress, silent
from nightporter.backup.places.place import shown
from nightporter.backup.shelf import OLD_MS, Shelf, Snapshot, newest_verified
from nightporter.config.settings import BackupSettings
from nightporter.errors import CannotKeep, NightporterError, SnapshotDamaged, StoreBroken
from nightporter.rounds.node import Bell, Node

FOLDER = "backups"
FIRST_SECONDS = 30.0  # after a start: guests first
AGAIN_SECONDS = 300.0  # after a failure
DRILL_AGAIN_SECONDS = 3_600.0
LOOK_SECONDS = 60.0
DRILL_EVERY_MS = 24 * 3_600_000
TAKE_SECONDS = 2 * 3_600.0
SHIP_SECONDS = 12 * 3_600.0
DRILL_SECONDS = 12 * 3_600.0

STAMPS_AHEAD_MS = 60_000
ASKED = "backup asked"  # in node.db: somebody wants one now
DRILLED = "backup drilled"  # in node.db: when a drill last found everything well

log = structlog.get_logger("rounds.backups")


@dataclass(slots=True)
class Known:
    """What is known of our snapshots; read by `ops`."""

    begun_ms: int  # since when this node looks after them
    snapshots: list[Snapshot] = field(default_factory=list[Snapshot])  # oldest first
    drilled_ms: int = 0
    shipped: dict[str, str] = field(default_factory=dict[str, str])  # address -> the stamp that is there
    refused: dict[str, str] = field(default_factory=dict[str, str])  # address -> why the last try failed

    @property
    def newest_ms(self) -> int:
        """When the newest snapshot was taken; 0 = there is none."""
        return self.snapshots[-1].taken_ms if self.snapshots else 0

    @property
    def verified(self) -> Snapshot | None:
        """The newest that counts."""
        return newest_verified(self.snapshots)

    def ages_seconds(self, now_ms: int) -> dict[str, float | None]:
        """How old the newest snapshot is, the newest verified one, and the last good drill; None = never."""
        verified = self.verified
        return {
            "newest": _age_seconds(now_ms, self.newest_ms),
            "verified": _age_seconds(now_ms, verified.taken_ms if verified else 0),
            "drill": _age_seconds(now_ms, self.drilled_ms),
        }


class Backups:
    """The three rounds, and a snapshot on demand."""

    def __init__(self, node: Node, plan: BackupSettings) -> None:
        self._node = node
        self._plan = plan
        self._shelf = Shelf(node.store.folder / FOLDER)
        self._taking = asyncio.Lock()
        self._bell = Bell()
        self._shipping_bell = Bell()
        self._drill_bell = Bell()
        self.known = Known(node.clock.now_ms())

    @property
    def urls(self) -> tuple[str, ...]:
        """The places."""
        return self._plan.urls

    def rounds(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """What runs for ever, by name."""
        return [("backups", self.run), ("shipping", self.ship_all), ("drill", self.drill_daily)]

    def covered_seq(self) -> int:
        """Up to which log row the newest verified snapshot has everything; 0 = there is none (RL5)."""
        newest = self.known.verified
        return newest.sequence if newest else 0

    def ask(self) -> None:
        """One is wanted now; this is on disk when it returns, and done also after a restart."""
        self._node.store.node.put(ASKED, str(self._node.clock.now_ms()))
        self._bell.ring()

    async def run(self) -> None:
        """Take snapshots, for ever."""
        await self.look()
        await self._bell.wait(FIRST_SECONDS)
        while True:
            await self._bell.wait(await self.take_due())

    async def look(self) -> None:
        """Learn what is on the shelf."""
        self.known.snapshots = await asyncio.get_running_loop().run_in_executor(None, self._shelf.all)
        self.known.drilled_ms = int(self._node.store.node.get(DRILLED, "0"))

    async def take_due(self) -> float:
        """Take a snapshot when it is time, or when somebody asked; seconds until the next look."""
        node, asked = self._node, self._node.store.node.get(ASKED)
        every_ms = int(self._plan.every_minutes * 60_000)
        now_ms = node.clock.now_ms()
        wait_ms = self.known.newest_ms + every_ms - now_ms
        # A clock that went back must not stop it; a second snapshot in one second has the next one's stamp.
        if not asked and 0 < wait_ms <= every_ms + STAMPS_AHEAD_MS:
            return min(LOOK_SECONDS, wait_ms / 1000)
        try:
            made = await self.take(silent)
        except (NightporterError, TimeoutError) as error:
            await self._alert("backup_failed", str(error))
            return AGAIN_SECONDS
        log.info("snapshot", stamp=made.stamp, bytes=made.size, of_bytes=made.raw_size)
        if made.media_missing:
            log.warning("files of guests are not in data/media", count=len(made.media_missing))
        if asked and node.store.node.get(ASKED) == asked:
            node.store.node.put(ASKED, "")
        return min(LOOK_SECONDS, every_ms / 1000)

    async def take(self, told: Progress) -> Snapshot:
        """Take one now. Raises the reason why there is none, `SnapshotDamaged` when it is not whole."""
        async with self._taking:
            node = self._node
            given = {
                "data": str(node.store.folder),
                "backups": str(self._shelf.folder),
                "node": node.lease.node,
                "space_bytes": self._plan.space_bytes,
                "now_ms": node.clock.now_ms(),
            }
            made = Snapshot(**await run_apart("take", given, told, TAKE_SECONDS))
            await self.look()
        node.counts.add("backups", made.state)
        if made.faults:
            raise SnapshotDamaged(
                f"snapshot {made.stamp} is not whole: {made.faults[0]}",
                "hotel.db itself may be damaged (docs/runbook.md, data corrupt)",
            )
        self._shipping_bell.ring()
        self._drill_bell.ring()
        return made

    # --- shipping -------------------------------------------------------------------------------------------

    async def ship_all(self) -> None:
        """Bring the newest snapshot to every place, for ever."""
        while True:
            well = [await self._try_to_ship(url) for url in self._plan.urls]
            await self._shipping_bell.wait(None if all(well) else AGAIN_SECONDS)

    async def _try_to_ship(self, url: str) -> bool:
        if self.known.verified is None or self.known.shipped.get(url) == self.known.verified.stamp:
            return True
        try:
            shipped = await self.ship(url, silent)
        except (NightporterError, TimeoutError) as error:
            self.known.refused[url] = str(error)
            await self._alert("backup_not_shipped", str(error), shown(url))
            return False
        log.info("snapshot shipped", place=shown(url), stamp=shipped["stamp"], files=shipped["files"])
        return True

    async def ship(self, url: str, told: Progress) -> dict[str, Any]:
        """Bring the newest verified snapshot to one place. Raises the reason why it is not there."""
        given = {
            "backups": str(self._shelf.folder),
            "recipients": self._plan.age_recipients,
            "space_bytes": self._plan.space_bytes,
            "url": url,
            "now_ms": self._node.clock.now_ms(),
        }
        shipped: dict[str, Any] = await run_apart("ship", given, told, SHIP_SECONDS)
        self.known.shipped[url] = shipped["stamp"]
        self.known.refused.pop(url, None)
        self._node.counts.add("backups_shipped", shown(url))
        return shipped

    # --- drill ----------------------------------------------------------------------------------------------

    async def drill_daily(self) -> None:
        """Restore the newest snapshot and check it once a day, for ever."""
        while True:
            await self._drill_bell.wait(await self.drill_due())

    async def drill_due(self) -> float:
        """Drill when the last good one is a day old; seconds until the next look."""
        now_ms, known = self._node.clock.now_ms(), self.known
        fresh = known.newest_ms >= known.begun_ms or now_ms - known.begun_ms > OLD_MS
        if not known.snapshots or not fresh or 0 <= now_ms - known.drilled_ms < DRILL_EVERY_MS:
            return LOOK_SECONDS
        try:
            faults = await self.drill()
        except (NightporterError, TimeoutError) as error:
            faults = [str(error)]
        if faults:
            await self._alert("drill_failed", "; ".join(faults))
            return DRILL_AGAIN_SECONDS
        return LOOK_SECONDS

    async def drill(self) -> list[str]:
        """Restore what is on the shelf, and what is at the first place, and check both; what is wrong."""
        node, places = self._node, [url for url in self._plan.urls[:1] if url in self.known.shipped]
        begun_ms, faults = node.clock.now_ms(), list[str]()
        for url in (None, *places):
            given = {
                "backups": str(self._shelf.folder),
                "identity": str(self._plan.age_identity) if self._plan.age_identity else None,
                "url": url,
                "now_ms": begun_ms,
            }
            found = await run_apart("drill", given, silent, DRILL_SECONDS)
            where = shown(url) if url else "data folder"
            faults += [f"{where}: {found['stamp']}: {fault}" for fault in found["faults"]]
            log.info("drill", place=where, stamp=found["stamp"], whole=found["whole"], faults=found["faults"])
        if not faults:
            self.known.drilled_ms = begun_ms
            node.store.node.put(DRILLED, str(begun_ms))
        return faults

    async def _alert(self, reason: str, summary: str, subject: str = "") -> None:
        """Once a day and reason; while nothing can be kept, in the log alone."""
        now = datetime.fromtimestamp(self._node.clock.now_ms() / 1000, UTC)
        key = ":".join(filter(None, (reason, subject, now.date().isoformat())))
        try:
            await self._node.alert(key, reason, summary)
        except (CannotKeep, StoreBroken):
            log.warning("alert", reason=reason, why=summary)


def _age_seconds(now_ms: int, since_ms: int) -> float | None:
    return (now_ms - since_ms) / 1000 if since_ms else None
