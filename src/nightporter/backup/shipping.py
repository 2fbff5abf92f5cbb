"""Shipping: the newest verified snapshot to one place, what is there already not again, and thinning there.

A snapshot's record goes last: one without a record is not there yet.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nightporter.backup.packing import Progress, measure, seal
from nightporter.backup.places import Place
from nightporter.backup.shelf import (
    MEDIA,
    RECORD_SUFFIX,
    SEALED_SUFFIX,
    STAMP,
    Shelf,
    Snapshot,
    from_json,
    ms_of_stamp,
    names_of,
    newest_verified,
)
from nightporter.backup.thinning import Kept, to_drop
from nightporter.errors import NotFound, SnapshotDamaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """What to ship with which bounds."""

    backups: Path
    recipients: tuple[str, ...]
    space_bytes: int
    now_ms: int

    @property
    def work(self) -> Path:
        """For records and sealed files under way."""
        return self.backups / "shipping"


@dataclass(frozen=True, slots=True)
class Shipped:
    """What it came to."""

    stamp: str
    files: int
    bytes: int
    dropped: int


def ship(asked: Shipping, place: Place, told: Progress) -> Shipped:
    """Bring the newest verified snapshot to the place, then thin there. Raises `PlaceUnreachable`, `NotFound`."""
    shelf = Shelf(asked.backups)
    snapshot = newest_verified(shelf.all())
    if snapshot is None:
        raise NotFound("there is no verified snapshot to ship", "take one: nightporter backup")
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir()
    try:
        sending = _Sending(asked, shelf, place, place.names())
        sending.send(snapshot, told)
        dropped = _thin(place, place.names(), asked) if sending.files else 0
        return Shipped(snapshot.stamp, sending.files, sending.bytes, dropped)
    finally:
        shutil.rmtree(asked.work, ignore_errors=True)


class _Sending:
    """One run to one place."""

    def __init__(self, asked: Shipping, shelf: Shelf, place: Place, there: Mapping[str, int]) -> None:
        self._asked = asked
        self._shelf = shelf
        self._place = place
        self._there = there
        self.files = 0
        self.bytes = 0
        self._total = 0
        self._told: Progress = lambda done, total: None

    def send(self, snapshot: Snapshot, told: Progress) -> None:
        record = f"{snapshot.stamp}{RECORD_SUFFIX}"
        names = [name for name in snapshot.media if name not in snapshot.media_missing]
        media = [name for name in names if self._media_name(name) not in self._there]
        self._total = sum(snapshot.media[name] for name in media) + snapshot.size
        self._told = told
        for name in media:
            self._put_media(name)
        if record in self._there:
            return
        leaving = self._sealed(snapshot) if self._asked.recipients else snapshot
        if self._there.get(leaving.file) != leaving.size:
            self._put(self._shelf.folder / leaving.file, leaving.file)
        path = self._asked.work / record
        path.write_text(leaving.to_json(), "utf-8")
        self._put(path, record)
        path.unlink()
        if leaving is not snapshot:
            (self._shelf.folder / leaving.file).unlink(missing_ok=True)

    def _media_name(self, name: str) -> str:
        return f"{MEDIA}/{name}{SEALED_SUFFIX if self._asked.recipients else ''}"

    def _put_media(self, name: str) -> None:
        path = self._shelf.media / name
        if not self._asked.recipients:
            self._put(path, self._media_name(name))
            return
        sealed = self._asked.work / f"{name}{SEALED_SUFFIX}"
        seal(path, sealed, self._asked.recipients)
        self._put(sealed, self._media_name(name))
        sealed.unlink()

    def _sealed(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot as it leaves the machine. What an interrupted run has sealed is sent on, not sealed anew."""
        name = names_of(snapshot.stamp)[1]
        path = self._shelf.folder / name
        made = (
            measure(path) if path.exists() else seal(self._shelf.path(snapshot), path, self._asked.recipients)
        )
        for other in self._shelf.folder.glob(f"*{SEALED_SUFFIX}"):
            if other != path:  # of a snapshot that is not the newest any more
                other.unlink()
        return replace(snapshot, file=name, size=made.size, hash=made.sha256)

    def _put(self, path: Path, name: str) -> None:
        before = self.bytes
        self._place.put(path, name, lambda done: self._told(min(before + done, self._total), self._total))
        self.bytes += path.stat().st_size
        self.files += 1


def stamps_at(names: Mapping[str, int]) -> dict[str, int]:
    """The snapshots that are whole at a place, by the names there: stamp -> bytes."""
    found: dict[str, int] = {}
    for name in sorted(names):
        stamp = name.removesuffix(RECORD_SUFFIX)
        if STAMP.fullmatch(stamp):
            size = sum(names.get(file, 0) for file in names_of(stamp))
            if size:
                found[stamp] = size
    return found


def record_at(place: Place, stamp: str, work: Path) -> Snapshot:
    """The record of a snapshot at a place. Raises `NotFound`, `SnapshotDamaged`."""
    path = work / f"{stamp}{RECORD_SUFFIX}"
    place.get(path.name, path, lambda done: None)
    try:
        found = from_json(path.read_text("utf-8"))
    except ValueError as error:
        raise SnapshotDamaged(f"the record of snapshot {stamp} cannot be read", "take another one") from error
    finally:
        path.unlink()
    if found.stamp != stamp:
        raise SnapshotDamaged(f"the record of snapshot {stamp} is that of {found.stamp}", "take another one")
    return found


def _thin(place: Place, names: Mapping[str, int], asked: Shipping) -> int:
    found = stamps_at(names)
    media_bytes = sum(size for name, size in names.items() if name.startswith(f"{MEDIA}/"))
    kept = [Kept(stamp, ms_of_stamp(stamp), size) for stamp, size in found.items()]
    gone = to_drop(kept, asked.now_ms, max(asked.space_bytes - media_bytes, 0))
    if gone:
        place.drop([name for stamp in sorted(gone) for name in _files_of(stamp)])
        _drop_media(place, names, [stamp for stamp in found if stamp not in gone], asked.work)
    return len(gone)


def _files_of(stamp: str) -> Sequence[str]:
    return (f"{stamp}{RECORD_SUFFIX}", *names_of(stamp))


def _drop_media(place: Place, names: Mapping[str, int], stamps: Sequence[str], work: Path) -> None:
    """Files of guests go with the last snapshot that speaks of them; that stands in the records."""
    there = [name for name in names if name.startswith(f"{MEDIA}/")]
    if not there:
        return
    wanted = {name for stamp in stamps for name in record_at(place, stamp, work).media}
    place.drop(
        name for name in there if name.removeprefix(f"{MEDIA}/").removesuffix(SEALED_SUFFIX) not in wanted
    )
