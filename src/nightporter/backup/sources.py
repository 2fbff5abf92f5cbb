"""Where a snapshot is restored from: the shelf of the data folder, or a place of BACKUP_URLS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nightporter.backup.packing import Progress
from nightporter.backup.places import Place, place_of
from nightporter.backup.places.place import SOURCES, source_of
from nightporter.backup.shelf import STAMP, Shelf, Snapshot, ms_of_stamp
from nightporter.backup.shipping import record_at, stamps_at
from nightporter.errors import NotFound, SettingError, SnapshotDamaged

LOCAL = "local"
LATEST = "latest"
KINDS = (LOCAL, *SOURCES.values())
FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class Listed:
    """A snapshot as a list shows it, without its record."""

    stamp: str
    size: int


class Source:
    """Snapshots of one origin. `place` None: the shelf."""

    def __init__(self, kind: str, backups: Path, place: Place | None) -> None:
        self.kind = kind
        self.place = place
        self._shelf = Shelf(backups)
        self._fetched = backups / FETCHED

    def listed(self) -> list[Listed]:
        """What there is, oldest first. Raises `PlaceUnreachable`."""
        if self.place is None:
            return [Listed(one.stamp, one.size) for one in self._shelf.all()]
        return [Listed(stamp, size) for stamp, size in sorted(stamps_at(self.place.names()).items())]

    def choose(self, stamp: str, until_ms: int | None) -> Snapshot:
        """The snapshot of that stamp, or the latest good one (before the moment). Raises `NotFound`."""
        if stamp != LATEST and not STAMP.fullmatch(stamp):
            raise NotFound(
                f"{stamp} is no stamp", "latest, or one like 20260831_140000; see nightporter backups"
            )
        early = [one.stamp for one in self.listed() if until_ms is None or ms_of_stamp(one.stamp) <= until_ms]
        wanted = [one for one in early if stamp in {LATEST, one}]
        for each in reversed(wanted):
            found = self.record(each)
            if until_ms is not None and found.logged_ms > until_ms:
                continue
            if found.state != "damaged":
                return found
            if stamp != LATEST:
                raise SnapshotDamaged(f"snapshot {stamp} is damaged: {found.faults[0]}", "take another one")
        what = "a good snapshot" if stamp == LATEST else f"snapshot {stamp}"
        when = " of that time or before" if until_ms is not None else ""
        raise NotFound(
            f"there is no {what.removeprefix('a ')}{when} ({self.kind})", "see nightporter backups"
        )

    def record(self, stamp: str) -> Snapshot:
        """One record. Raises `NotFound`, `SnapshotDamaged`."""
        if self.place is not None:
            self._fetched.mkdir(parents=True, exist_ok=True)
            return record_at(self.place, stamp, self._fetched)
        found = self._shelf.get(stamp)
        if found is None:
            raise NotFound(f"there is no snapshot {stamp}", "see nightporter backups")
        return found

    def after(self, base: Snapshot, until_ms: int) -> Iterator[Snapshot]:
        """The snapshots after `base`, up to the first that was taken at `until_ms` or later: they bring its log."""
        for one in self.listed():
            if one.stamp > base.stamp:
                found = self.record(one.stamp)
                if found.state == "verified":
                    yield found
                    if found.taken_ms >= until_ms:
                        return

    def packed(self, snapshot: Snapshot, told: Progress) -> Path:
        """The snapshot's file on this machine; fetched before, if need be. Raises `PlaceUnreachable`."""
        if self.place is None:
            return self._shelf.path(snapshot)
        self._fetched.mkdir(parents=True, exist_ok=True)
        path = self._fetched / snapshot.file
        if not path.exists():  # an earlier try may have fetched it; its hash is checked in any case
            self.place.get(snapshot.file, path, lambda done: told(done, snapshot.size))
        return path

    def forget(self) -> None:
        """Take away what was fetched."""
        shutil.rmtree(self._fetched, ignore_errors=True)

    def epochs(self) -> list[int]:
        """The epochs that records on this machine tell of."""
        return [0, *(one.epoch for one in self._shelf.all())]

    def media_names(self) -> set[str]:
        """Files of guests at the place; nothing for the shelf, which is looked into directly."""
        return set(self.place.names()) if self.place else set()

    @property
    def shelf_media(self) -> Path:
        """Files of guests on the shelf."""
        return self._shelf.media


def source_named(kind: str, urls: Sequence[str], backups: Path) -> Source:
    """`local`, or the first place of that kind in BACKUP_URLS. Raises `SettingError`, `NotFound`."""
    if kind not in KINDS:
        raise NotFound(f"{kind} is no source", f"known: {', '.join(KINDS)}")
    if kind == LOCAL:
        return Source(kind, backups, None)
    url = next((one for one in urls if source_of(one) == kind), None)
    if url is None:
        scheme = next(scheme for scheme, name in SOURCES.items() if name == kind)
        raise SettingError(
            f"BACKUP_URLS has no address for {kind}", f"allowed: one that begins with {scheme}://"
        )
    return Source(kind, backups, place_of(url))
