"""Taking a snapshot: copy, check the copy, compress, check that what was compressed comes back, and the media.

Runs in a process of its own (`backup.apart`); the node writes on meanwhile.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from nightporter.backup.packing import Measured, Progress, compress, duplicate, unpack
from nightporter.backup.shelf import Shelf, Snapshot, iso, ms_of_stamp, names_of, stamp_of
from nightporter.backup.thinning import Kept, to_drop
from nightporter.errors import FolderUnusable, SnapshotDamaged
from nightporter.store.checking import Content, examine
from nightporter.store.copying import Moment, copy

ROOM_FACTOR = 2  # the copy, and what is compressed
ROOM_LEFT_BYTES = 256 * 1024 * 1024
SECOND_MS = 1_000
MISSING_NAMED_MAX = 1_000
UNCOUNTED = (
    "replication_log",
    "probe",
)  # the one is covered by its chain, the other holds nothing that stays
STEPS = 4  # copy, check, compress, check again: each is a quarter of the bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What to take."""

    data: Path  # the data folder
    backups: Path
    node: str
    space_bytes: int
    now_ms: int

    @property
    def work(self) -> Path:
        """A folder for what is under way; what an earlier try left there is taken away."""
        return self.backups / "work"


def take(asked: Taking, told: Progress) -> Snapshot:
    """Take a snapshot and put it on the shelf. One that is not whole is put there too, with its faults."""
    shelf = Shelf(asked.backups)
    shelf.make()
    shelf.sweep()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir()
    try:
        source = asked.data / "hotel.db"
        _see_room(source, asked.work)
        stamp = _free_stamp(shelf, asked.now_ms)
        copied = asked.work / "copy.db"
        moment = copy(source, copied, step_of(told, 0))
        content = examine(copied, step_of(told, 1))
        content.faults += _unlike(moment, content)
        raw, packed = compress(copied, asked.backups / names_of(stamp)[0], step_of(told, 2))
        back = unpack(asked.backups / names_of(stamp)[0], None, step_of(told, 3))
        if back != raw:
            content.faults.append("what was compressed does not come back the same")
        missing = _keep_media(asked.data / "media", shelf, content.media)
        snapshot = _record(asked, stamp, content, raw, packed, missing)
        shelf.put(snapshot)
        _thin(shelf, asked)
        return snapshot
    finally:
        shutil.rmtree(asked.work, ignore_errors=True)


def _thin(shelf: Shelf, asked: Taking) -> None:
    found = shelf.all()
    media_bytes = sum(path.stat().st_size for path in shelf.media.iterdir())
    kept = [Kept(one.stamp, one.taken_ms, one.size, good=one.state == "verified") for one in found]
    gone = to_drop(kept, asked.now_ms, max(asked.space_bytes - media_bytes, 0))
    for stamp in gone:
        shelf.drop(stamp)
    shelf.drop_media_but({name for one in found if one.stamp not in gone for name in one.media})


def step_of(told: Progress, step: int) -> Progress:
    """Progress of one of the steps, told as a part of the whole."""

    def tell(done: int, total: int) -> None:
        told(step * 1000 + (1000 * done // total if total else 0), STEPS * 1000)

    return tell


def _see_room(source: Path, work: Path) -> None:
    needed = ROOM_FACTOR * (source.stat().st_size if source.exists() else 0) + ROOM_LEFT_BYTES
    free = shutil.disk_usage(work).free
    if free < needed:
        raise FolderUnusable(
            f"no room for a snapshot ({free // 1024**2} MB free, {needed // 1024**2} MB needed)",
            "free the disk of the data folder, or lower NIGHTPORTER_BACKUP__SPACE_BYTES",
        )


def _free_stamp(shelf: Shelf, now_ms: int) -> str:
    """The stamp of now; of the next second that has none, when two are asked for within one."""
    while (shelf.folder / f"{stamp_of(now_ms)}.json").exists():
        now_ms += SECOND_MS
    return stamp_of(now_ms)


def _unlike(moment: Moment, content: Content) -> list[str]:
    """What hotel.db had and the copy has not."""
    found: list[str] = []
    if (moment.seq, moment.log_hash) != (content.seq, content.log_hash):
        found.append(f"the copy ends at log row {content.seq}, hotel.db at {moment.seq}")
    for table, count in content.rows.items():
        if moment.rows.get(table) != count:
            found.append(f"the copy has {count} rows in {table}, hotel.db has {moment.rows.get(table, 0)}")
    return found + [
        f"the copy has no {table}" for table in moment.rows if table not in {*content.rows, *UNCOUNTED}
    ]


def _keep_media(source: Path, shelf: Shelf, wanted: dict[str, int]) -> list[str]:
    """Copy what the shelf has not yet; the files that are not there, or are not what their name says."""
    missing: list[str] = []
    for name, size in wanted.items():
        target = shelf.media / name
        if target.exists() and target.stat().st_size == size:
            continue
        try:
            done = duplicate(source / name, target)
        except OSError:
            missing.append(name)
            continue
        if done.sha256 != name:
            target.unlink()
            missing.append(name)
    return missing[:MISSING_NAMED_MAX]


def _record(
    asked: Taking, stamp: str, content: Content, raw: Measured, packed: Measured, missing: list[str]
) -> Snapshot:
    return Snapshot(
        stamp=stamp,
        taken_at=iso(max(asked.now_ms, ms_of_stamp(stamp))),
        node=asked.node,
        file=names_of(stamp)[0],
        size=packed.size,
        hash=packed.sha256,
        raw_size=raw.size,
        raw_hash=raw.sha256,
        sequence=content.seq,
        log_hash=content.log_hash,
        logged_ms=content.logged_ms,
        entry_ms=content.entry_ms,
        epoch=content.epoch,
        schema=content.schema,
        rows=content.rows,
        hashes=content.hashes,
        media=content.media,
        media_missing=missing,
        verified_at="" if content.faults else iso(asked.now_ms),
        faults=content.faults,
    )


def compare(snapshot: Snapshot, content: Content) -> list[str]:
    """What an unpacked snapshot is not that its record says (G8)."""
    found = list(content.faults)
    said = (snapshot.sequence, snapshot.log_hash, snapshot.epoch, snapshot.schema, snapshot.entry_ms)
    has = (content.seq, content.log_hash, content.epoch, content.schema, content.entry_ms)
    if said != has:
        found.append(
            f"it ends at log row {content.seq}, its record at {snapshot.sequence}, or they differ otherwise"
        )
    for table in sorted({*snapshot.rows, *content.rows}):
        said_rows, has_rows = snapshot.rows.get(table), content.rows.get(table)
        if said_rows != has_rows:
            found.append(f"table {table} has {has_rows} rows, its record says {said_rows}")
        elif snapshot.hashes.get(table) != content.hashes.get(table):
            found.append(f"table {table} has other content than its record says")
    return found


def opened(snapshot: Snapshot, packed: Path, work: Path, identity: Path | None, told: Progress) -> Path:
    """The hotel.db in a snapshot's file, checked byte by byte against its record. Raises `SnapshotDamaged`."""
    from nightporter.backup.packing import measure, unseal

    if measure(packed) != Measured(snapshot.size, snapshot.hash):
        raise SnapshotDamaged(
            f"snapshot {snapshot.stamp} is not the file that its record tells of", "take another one"
        )
    if snapshot.sealed:
        plain = work / "plain.db.zst"
        unseal(packed, plain, identity)
        packed = plain
    raw = work / "raw.db"
    if unpack(packed, raw, told) != Measured(snapshot.raw_size, snapshot.raw_hash):
        raise SnapshotDamaged(
            f"snapshot {snapshot.stamp} does not unpack to what its record says", "take another one"
        )
    return raw
