"""The drill: the newest snapshot is restored into a folder of its own and checked, as one day it will have to be (G8).

From the shelf, or from a place, in which case all of it travels back. Without the age identity an encrypted one is
only compared byte by byte with what was sent.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from nightporter.backup.packing import Measured, Progress, measure
from nightporter.backup.places import Place
from nightporter.backup.shelf import OLD_MS, Shelf, Snapshot
from nightporter.backup.shipping import record_at, stamps_at
from nightporter.backup.taking import compare, opened
from nightporter.errors import NightporterError, NotFound
from nightporter.store.checking import examine


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What to check. `place` None: the shelf."""

    backups: Path
    identity: Path | None
    now_ms: int

    @property
    def work(self) -> Path:
        """A folder of its own, gone afterwards."""
        return self.backups / "drill"


@dataclass(frozen=True, slots=True)
class Drilled:
    """What was found; no faults = it can be relied on."""

    stamp: str
    faults: list[str]
    whole: bool  # it was restored, not only compared


def drill(asked: Drill, place: Place | None, told: Progress) -> Drilled:
    """Restore the newest snapshot on the shelf or at the place, and check it. Raises `PlaceUnreachable`."""
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    try:
        return _drill(asked, place, told)
    except NotFound as error:
        return Drilled("", [error.what], whole=False)
    finally:
        shutil.rmtree(asked.work, ignore_errors=True)


def _drill(asked: Drill, place: Place | None, told: Progress) -> Drilled:
    snapshot, packed = newest_at(asked, place, told) if place else _newest(asked.backups)
    faults: list[str] = []
    if asked.now_ms - snapshot.taken_ms > OLD_MS:
        hours = (asked.now_ms - snapshot.taken_ms) / 3_600_000
        faults.append(f"the newest snapshot is {hours:.1f} hours old")
    if snapshot.sealed and asked.identity is None:
        if measure(packed) != Measured(snapshot.size, snapshot.hash):
            faults.append("it is not the file that its record tells of")
        return Drilled(snapshot.stamp, faults, whole=False)
    try:
        raw = opened(snapshot, packed, asked.work, asked.identity, told)
    except NightporterError as error:
        return Drilled(snapshot.stamp, [*faults, error.what], whole=True)
    return Drilled(snapshot.stamp, faults + compare(snapshot, examine(raw)), whole=True)


def _newest(backups: Path) -> tuple[Snapshot, Path]:
    shelf = Shelf(backups)
    found = shelf.all()
    if not found:
        raise NotFound("there is no snapshot", "take one: nightporter backup")
    return found[-1], shelf.path(found[-1])


def newest_at(asked: Drill, place: Place, told: Progress) -> tuple[Snapshot, Path]:
    """Fetch the newest snapshot of a place."""
    stamps = stamps_at(place.names())
    if not stamps:
        raise NotFound(f"{place.shown} has no snapshot", "is it the right address?")
    snapshot = record_at(place, max(stamps), asked.work)
    packed = asked.work / snapshot.file
    place.get(snapshot.file, packed, lambda done: told(done, snapshot.size))
    return snapshot, packed
