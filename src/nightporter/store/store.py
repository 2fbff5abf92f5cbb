"""The store: one data folder with hotel.db and node.db, opened once, written by one (ST1 to ST6).

store = Store.open(folder, clock, ThreadStepping())
await store.write(lease, lambda tx: tx.run("audit_add", (...)))   # on disk when this returns
rows = store.view.all("audit_list", ("z", 50))                    # a reader never waits for the writer
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

from nightporter.clock import Clock
from nightporter.errors import CannotKeep, StoreBroken, StoreCorrupt
from nightporter.model.lease import Lease
from nightporter.store.disk import FLOOR_BYTES, RESERVE_BYTES, Disk
from nightporter.store.file import FolderLock, damage_reported, identity_at, open_reader, open_writer
from nightporter.store.migrate import migrate, version
from nightporter.store.node import NodeFile
from nightporter.store.stepping import Stepping
from nightporter.store.trouble import Trouble
from nightporter.store.tx import Tx, View
from nightporter.store.writer import LOG_BYTES_MAX, UNIT_BYTES, Writer

T = TypeVar("T")

SWITCH_SECONDS = 0.0001  # a busy thread held the writer up for 38 ms at Python's default (ST7)
LOOK_SECONDS = 1.0
PROBE_BYTES = 256 * 1024
_BEGUN = "hotel.db begun"


class Store:
    """Everything a node keeps. Use `open`; all of it is for the event loop's thread.

    `view` raises `StoreBroken` when it meets damage, `CannotKeep` when the disk cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        stepping: Stepping,
        disk: Disk,
        *,
        vfs: str | None,
        synchronous: str,
        log_bytes_max: int,
    ) -> None:
        self.folder = folder
        self.disk = disk
        self.probe_error = ""  # why the last probe failed
        self.on_trouble: Callable[[Trouble], None] = lambda _: None
        self.on_broken: Callable[[StoreBroken], None] = lambda _: None
        self._clock = clock
        self._stepping = stepping
        self._path = folder / "hotel.db"
        with ExitStack() as opened:
            self._lock = FolderLock(folder)
            opened.callback(self._lock.close)
            self.node = NodeFile(folder / "node.db", vfs)
            opened.callback(self.node.close)
            self._connection = open_writer(self._path, vfs, synchronous)
            opened.callback(self._connection.close)
            self._begin()
            self._identity = identity_at(self._path)
            reader = open_reader(self._path, vfs)
            opened.callback(reader.close)
            disk.take_reserve()
            self._writer = Writer(
                self._connection,
                clock,
                stepping,
                self._tell_trouble,
                self._tell_broken,
                log_bytes_max,
            )
            self.view = View(reader, self._writer.judge)
            self.node.on_error = self._writer.judge
            self._opened = opened.pop_all()

    def _begin(self) -> None:
        """Bring hotel.db to this release's schema; an empty one is fine only where there never was another."""
        with damage_reported(self._path):
            if version(self._connection) == 0 and self.node.get(_BEGUN):
                raise StoreCorrupt(
                    f"{self._path} is empty or gone, and there was one before",
                    "put a copy back (docs/runbook.md, data corrupt); to begin anew, delete the whole folder",
                )
            migrate(self._connection, self._clock.now_ms())
        with damage_reported(self.folder / "node.db"):
            if not self.node.get(_BEGUN):
                self.node.put(_BEGUN, "yes")

    # Not handed over themselves: who listens is set after `open`.

    def _tell_trouble(self, trouble: Trouble) -> None:
        self.on_trouble(trouble)

    def _tell_broken(self, broken: StoreBroken) -> None:
        self.on_broken(broken)

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock,
        stepping: Stepping,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        floor_bytes: int = FLOOR_BYTES,
        vfs: str | None = None,
        synchronous: str = "FULL",
        log_bytes_max: int = LOG_BYTES_MAX,
    ) -> Store:
        """Open or make the folder. Raises a `NightporterError` of one clear line when that cannot be."""
        sys.setswitchinterval(SWITCH_SECONDS)
        disk = Disk(folder, reserve_bytes, floor_bytes)
        return cls(
            folder, clock, stepping, disk, vfs=vfs, synchronous=synchronous, log_bytes_max=log_bytes_max
        )

    def write(
        self, lease: Lease, unit: Callable[[Tx], T], size: int = UNIT_BYTES, *, drops: bool = False
    ) -> asyncio.Future[T]:
        """Run `unit` in the next group commit; the future has its value when that is on disk.

        `unit` runs later, once: it may only use its `Tx` and values it was made with. When it raises, its
        changes are undone and the future raises the same. `size`: bytes it writes, about. `drops`: it makes room
        (retention, pruning): goes alone, its log row leaves old values out (RL5), and it is tried also while the
        door is closed. Raises `CannotKeep` while the disk is full, read-only or the lease is gone, and after
        `close`; `StoreBroken` when the node must stop.
        """
        return cast("asyncio.Future[T]", self._writer.submit(lease, unit, size, drops=drops))

    @property
    def trouble(self) -> Trouble:
        """Why nothing can be kept now; `Trouble.NONE` normally."""
        return self._writer.trouble

    @property
    def broken(self) -> StoreBroken | None:
        """Set when the node must stop."""
        return self._writer.broken

    @property
    def log_bytes(self) -> int:
        """Length of the write-ahead log (metric `nightporter_wal_bytes`)."""
        return self._writer.log_bytes

    @property
    def waiting(self) -> int:
        """Units that are not on disk yet."""
        return self._writer.waiting

    @property
    def groups(self) -> int:
        """Groups committed since the start."""
        return self._writer.groups

    def note(self, text: str) -> None:
        """Write into `data/lock` what the command line needs to find this node."""
        self._lock.write(text)

    async def watch(self, lease: Callable[[], Lease]) -> None:
        """For ever: close the door before the disk is full, open it again by itself when writing works."""
        while True:
            await self.look(lease())
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self, lease: Lease) -> None:
        """One look at the disk; `watch` calls it each second."""
        if self.broken:
            return
        if self._moved():
            self._writer.fail(f"{self._path} or its lock was moved, deleted or replaced")
            return
        if self.trouble is Trouble.NONE:
            if self.disk.below_floor():
                self._writer.close_door(Trouble.FLOOR)
            elif self.disk.lacks_reserve():
                await asyncio.get_running_loop().run_in_executor(None, self.disk.take_reserve)
            return
        self.disk.release_reserve()
        if self.disk.below_floor() or (self._writer.log_too_long and self._writer.unmoved_pages):
            self._writer.tidy()
            return
        await self._probe(lease)

    def _moved(self) -> bool:
        """What is written into a file without a name is lost at the next start."""
        return (
            identity_at(self._path) != self._identity
            or identity_at(self.folder / "lock") != self._lock.identity()
        )

    async def _probe(self, lease: Lease) -> None:
        size = 1 if self._writer.log_too_long else PROBE_BYTES

        def write(tx: Tx) -> Any:
            return tx.run("probe_write", (size,))

        def clear(tx: Tx) -> Any:
            return tx.run("probe_clear")

        for unit in (write, clear):
            try:
                await self._writer.probe(lease, unit)
            except (CannotKeep, StoreBroken) as error:  # the trouble stays; the next look tries again
                self.probe_error = str(error)
                return
        self._writer.open_door()

    def close(self) -> None:
        """Commit what waits, then close the files and free the folder. A second call does nothing."""
        self._writer.stop_taking()
        self._stepping.stop()
        self._writer.step()
        self._writer.leave()
        self._opened.close()
