"""Restoring: a snapshot becomes the hotel.db of a data folder, checked before and after, and careful afterwards.

Everything is made in a folder of its own inside the data folder; what is replaced is renamed and kept, and one rename
puts the new file in its place. So an end at any moment leaves the old file, or the new one, or none and the command
to be given again.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nightporter.backup.caution import Doubts, Restored, caution
from nightporter.backup.media import bring_media
from nightporter.backup.packing import Progress
from nightporter.backup.shelf import Snapshot, iso, stamp_of, sync_folder
from nightporter.backup.sources import Source
from nightporter.backup.taking import compare, opened
from nightporter.clock import Clock, Ids
from nightporter.errors import FolderUnusable, NotAllowed, SnapshotDamaged, StoreCorrupt
from nightporter.model.lease import Lease
from nightporter.store import Store, ThreadStepping
from nightporter.store.checking import Content, examine
from nightporter.store.file import FolderLock
from nightporter.store.node import NodeFile
from nightporter.store.replaying import Conflict, Replayed, replay

EPOCHS_SKIPPED = 1_000  # for starts since the snapshot that nobody here can know of (LS1)
ROOM_FACTOR = 4
NOW_MS = 2**62
WORK = "restoring"
FILE = "hotel.db"
BESIDE = ("", "-wal", "-shm")
# The folder itself: a file that is deleted leaves no sign but there, and no node lives on without it.
SIGNS_OF_LIFE = (".", "hotel.db", "hotel.db-wal", "node.db", "node.db-wal", "log/nightporter.jsonl")
UNTOUCHED = ("guests", "conversations", "entries", "deliveries", "outbox", "stays", "events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to restore. `until_ms`: go on by the log to that moment; None = the snapshot as it is."""

    data: Path
    node: str
    stamp: str  # or `latest`
    until_ms: int | None = None
    identity: Path | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was done; the JSON of the command."""

    snapshot: str
    taken_at: str
    knows_until: str
    unknown_until: str
    log_rows: int = 0
    epoch: int = 0
    replaced: str = ""  # where the old file is kept; "" = there was none
    in_doubt: dict[str, int] = field(default_factory=dict[str, int])
    rows: dict[str, int] = field(default_factory=dict[str, int])
    media: int = 0
    media_missing: int = 0


async def restore(wish: Wish, source: Source, clock: Clock, ids: Ids, told: Progress) -> Outcome:
    """Restore it. Raises `FolderInUse` while a node runs on the folder, else what is wrong; nothing is changed then."""
    life_ms = _last_life_ms(wish.data)
    with ExitStack() as stack:
        stack.callback(FolderLock(wish.data).close)
        work = wish.data / WORK
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        making = _Making(wish, source, work, told)
        snapshot, content = making.base()
        replayed = making.go_on(snapshot)
        now_ms = clock.now_ms()
        restored = Restored(
            stamp=snapshot.stamp,
            knows_until_ms=_knows_until_ms(wish, snapshot, replayed),
            unknown_until_ms=_unknown_until_ms(life_ms, snapshot, now_ms, local=source.place is None),
        )
        epoch = 1 + EPOCHS_SKIPPED + max(content.epoch, making.epoch(), *source.epochs())
        doubts = await _make_careful(making.folder, restored, Lease(wish.node, epoch), clock, ids)
        after = _check_after(making.file, content if not replayed else None)
        media, missing = bring_media(after.media, wish.data, source, wish.identity, work)
        kept = _put_in_place(making.file, wish.data, now_ms)
        source.forget()
        return Outcome(
            snapshot=snapshot.stamp,
            taken_at=snapshot.taken_at,
            knows_until=iso(restored.knows_until_ms),
            unknown_until=iso(restored.unknown_until_ms),
            log_rows=replayed.rows if replayed else 0,
            epoch=epoch,
            replaced=kept,
            in_doubt=asdict(doubts),
            rows={name: after.rows[name] for name in UNTOUCHED},
            media=media,
            media_missing=missing,
        )


def _last_life_ms(data: Path) -> int:
    """When a node last wrote here; 0 = no sign of one."""
    paths = [data / name for name in SIGNS_OF_LIFE]
    return max((path.stat().st_mtime_ns // 1_000_000 for path in paths if path.exists()), default=0)


def _unknown_until_ms(life_ms: int, snapshot: Snapshot, now_ms: int, *, local: bool) -> int:
    """Until when the snapshot's node may have lived. What shows no trace of it here may have lived until now."""
    return life_ms if local and snapshot.taken_ms <= life_ms <= now_ms else now_ms


def _knows_until_ms(wish: Wish, snapshot: Snapshot, replayed: Replayed | None) -> int:
    if replayed and replayed.reached and wish.until_ms not in (None, NOW_MS):
        return wish.until_ms
    return max(snapshot.taken_ms, replayed.logged_ms if replayed else 0)


class _Making:
    """The new file on its way."""

    def __init__(self, wish: Wish, source: Source, work: Path, told: Progress) -> None:
        self._wish = wish
        self._source = source
        self._work = work
        self._told = told
        self.folder = work / "data"
        self.file = self.folder / FILE
        self.folder.mkdir()

    def base(self) -> tuple[Snapshot, Content]:
        """The snapshot's hotel.db, compared with its record in every table. Raises `SnapshotDamaged`."""
        snapshot = self._source.choose(self._wish.stamp, self._wish.until_ms)
        _see_room(self._work, snapshot)
        content = self._unpack(snapshot, self.file)
        return snapshot, content

    def _unpack(self, snapshot: Snapshot, target: Path) -> Content:
        packed = self._source.packed(snapshot, self._told)
        raw = opened(snapshot, packed, self._work, self._wish.identity, self._told)
        content = examine(raw)
        if faults := compare(snapshot, content):
            raise SnapshotDamaged(
                f"snapshot {snapshot.stamp} is not whole: {faults[0]}",
                "take another one: nightporter backups",
            )
        raw.rename(target)
        return content

    def go_on(self, snapshot: Snapshot) -> Replayed | None:
        """Replay the log from the snapshot to the wished moment; None when none is wished."""
        until_ms = self._wish.until_ms
        if until_ms is None:
            return None
        logs: list[Path] = []
        for number, later in enumerate(self._source.after(snapshot, until_ms)):
            logs.append(self._work / f"log-{number}.db")
            self._unpack(later, logs[-1])
        logs += self.replaced()
        try:
            replayed = replay(self.file, logs, until_ms)
        except Conflict as error:
            raise NotAllowed(
                f"the log does not fit snapshot {snapshot.stamp} ({error})", "leave --until out"
            ) from error
        if not replayed.reached and until_ms != NOW_MS:
            goes_to = iso(replayed.logged_ms or snapshot.taken_ms)
            raise NotAllowed(
                f"the log that can be read goes only to {goes_to}", "take --until now, or leave --until out"
            )
        return replayed

    def replaced(self) -> list[Path]:
        """A copy of the file that is being replaced, for SQLite to read; no node runs, so it stands still."""
        if not (self._wish.data / FILE).exists():
            return []
        for suffix in BESIDE:
            path = self._wish.data / f"{FILE}{suffix}"
            if path.exists() and suffix != "-shm":
                shutil.copyfile(path, self._work / f"replaced.db{suffix}")
        return [self._work / "replaced.db"]

    def epoch(self) -> int:
        """The highest epoch that this machine remembers."""
        path = self._wish.data / "node.db"
        if not path.exists():
            return 0
        try:
            node = NodeFile(path)
        except (
            StoreCorrupt
        ):  # it is made anew at the next start; what it knew is the epoch, which rises anyway
            for suffix in BESIDE:
                damaged = path.with_name(path.name + suffix)
                if damaged.exists():
                    damaged.rename(damaged.with_name(f"node.damaged.db{suffix}"))
            return 0
        try:
            return int(node.get("epoch", "0"))
        finally:
            node.close()


def _see_room(work: Path, snapshot: Snapshot) -> None:
    free, needed = shutil.disk_usage(work).free, ROOM_FACTOR * snapshot.raw_size
    if free < needed:
        raise FolderUnusable(
            f"no room to restore ({free // 1024**2} MB free, {needed // 1024**2} MB needed)", "free the disk"
        )


async def _make_careful(folder: Path, restored: Restored, lease: Lease, clock: Clock, ids: Ids) -> Doubts:
    """Open the new file as a node would: its schema is brought up, and it is told what it does not know."""
    store = Store.open(folder, clock, ThreadStepping(), reserve_bytes=0, floor_bytes=0)
    try:
        await store.write(lease, lambda tx: tx.run("meta_put", ("epoch", str(lease.epoch))))
        return await store.write(lease, caution(restored, lease.epoch, ids, clock.now_ms()))
    finally:
        store.close()


def _check_after(file: Path, before: Content | None) -> Content:
    """The file as it will be opened: whole, and with every row it had. Raises `SnapshotDamaged`."""
    content = examine(file)
    faults = list(content.faults)
    if before and not faults:
        lost = [table for table in UNTOUCHED if before.rows[table] != content.rows[table]]
        faults += [
            f"{table} has {content.rows[table]} rows, the snapshot {before.rows[table]}" for table in lost
        ]
    if faults:
        raise SnapshotDamaged(f"what was restored is not whole: {faults[0]}", "take another snapshot")
    return content


def _put_in_place(file: Path, data: Path, now_ms: int) -> str:
    """Rename what is there, then put the new file in its place; the name under which the old one is kept."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    kept = f"hotel.replaced_{stamp_of(now_ms)}.db"
    for suffix in BESIDE:
        old = data / f"{FILE}{suffix}"
        if old.exists():
            old.rename(data / f"{kept}{suffix}")
    file.rename(data / FILE)
    sync_folder(data)
    return kept if (data / kept).exists() else ""


def restore_now(wish: Wish, source: Source, clock: Clock, ids: Ids, told: Progress) -> dict[str, Any]:
    """`restore` for a command line, which has no loop of its own."""
    return asdict(asyncio.run(restore(wish, source, clock, ids, told)))
