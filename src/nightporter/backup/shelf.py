"""The shelf: the snapshots in `data/backups/`, a record beside each, and guests' files by the hash of their content.

    YYYYMMDD_HHMMSS.db.zst     hotel.db of that moment (UTC), compressed; `.age` where it is encrypted
    YYYYMMDD_HHMMSS.json       its record
    media/SHA256               files of guests, shared by all snapshots

A place that snapshots are shipped to has the same names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from nightporter.clock import utc

STAMP = re.compile(r"[0-9]{8}_[0-9]{6}")
STAMP_FORMAT = "%Y%m%d_%H%M%S"
RECORD_SUFFIX = ".json"
PACKED_SUFFIX = ".db.zst"
SEALED_SUFFIX = ".age"
MEDIA = "media"
OLD_MS = 3_600_000  # a snapshot should come every quarter of an hour: the newest is old from here on

State = Literal["verified", "damaged", "unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The record of a snapshot; its fields are those of the JSON file."""

    stamp: str
    taken_at: str  # ISO 8601, UTC
    node: str
    file: str
    size: int  # of the file as it lies there
    hash: str  # SHA-256 of it
    raw_size: int  # of the hotel.db in it
    raw_hash: str  # SHA-256 of that
    sequence: int  # number of the newest log row in it
    log_hash: str  # of that row
    logged_ms: int
    entry_ms: int  # when the newest entry in it came in
    epoch: int
    schema: int
    rows: dict[str, int] = field(default_factory=dict[str, int])  # by table
    hashes: dict[str, str] = field(default_factory=dict[str, str])  # of the content, by table
    media: dict[str, int] = field(default_factory=dict[str, int])  # SHA-256 -> bytes
    media_missing: list[str] = field(default_factory=list[str])  # not in data/media when it was taken
    verified_at: str = ""  # "" = never
    faults: list[str] = field(default_factory=list[str])

    @property
    def taken_ms(self) -> int:
        """When it was taken."""
        return ms_of(self.taken_at)

    @property
    def state(self) -> State:
        """What is known of it: only a verified one counts (G8)."""
        return "damaged" if self.faults else "verified" if self.verified_at else "unchecked"

    @property
    def sealed(self) -> bool:
        """True when it is encrypted."""
        return self.file.endswith(SEALED_SUFFIX)

    def to_json(self) -> str:
        """The record as it is written."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


_FIELDS = frozenset(one.name for one in fields(Snapshot))


def from_json(text: str) -> Snapshot:
    """A record back from its file. Raises `ValueError` when it is none."""
    try:
        value: Mapping[str, Any] = json.loads(text)
        found = Snapshot(**{name: told for name, told in value.items() if name in _FIELDS})
        ms_of(found.taken_at)
    except (AttributeError, TypeError) as error:
        raise ValueError(f"no record of a snapshot ({error})") from error
    # A record from outside may not lead out of its folder.
    if not STAMP.fullmatch(found.stamp) or found.file not in names_of(found.stamp):
        raise ValueError("no record of a snapshot (its names)")
    if not all(is_hash(name) for name in found.media):
        raise ValueError("no record of a snapshot (its media)")
    return found


def names_of(stamp: str) -> tuple[str, str]:
    """What the snapshot's file is called: open, sealed."""
    return f"{stamp}{PACKED_SUFFIX}", f"{stamp}{PACKED_SUFFIX}{SEALED_SUFFIX}"


def is_hash(name: str) -> bool:
    """True for the hexadecimal SHA-256 of something."""
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None


def stamp_of(at_ms: int) -> str:
    """The stamp of a moment: UTC, to the second."""
    return utc(at_ms).strftime(STAMP_FORMAT)


def ms_of_stamp(stamp: str) -> int:
    """The moment of a stamp. Raises `ValueError`."""
    return int(datetime.strptime(stamp, STAMP_FORMAT).replace(tzinfo=UTC).timestamp() * 1000)


def iso(at_ms: int) -> str:
    """A moment as records and lists show it."""
    return utc(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms_of(text: str) -> int:
    """The moment of an ISO text. Raises `ValueError`."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class Shelf:
    """A folder of snapshots. What it writes is on disk when it returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.media = folder / MEDIA

    def make(self) -> None:
        """Make the folders."""
        self.media.mkdir(parents=True, exist_ok=True)

    def sweep(self) -> None:
        """Take away what a taking left behind that was cut off: half a file, or one without a record."""
        for path in [*self.folder.glob(f"*{PACKED_SUFFIX}.part"), *self.media.glob("*.part")]:
            path.unlink(missing_ok=True)
        for path in self.folder.glob(f"*{PACKED_SUFFIX}"):
            if not (self.folder / f"{path.name.removesuffix(PACKED_SUFFIX)}{RECORD_SUFFIX}").exists():
                path.unlink(missing_ok=True)

    def all(self) -> list[Snapshot]:
        """Every snapshot whose record can be read and whose file is there, oldest first."""
        found = [self.get(path.stem) for path in sorted(self.folder.glob(f"*{RECORD_SUFFIX}"))]
        return [one for one in found if one is not None]

    def get(self, stamp: str) -> Snapshot | None:
        """One snapshot; None when it is not there, or its record is none."""
        try:
            found = from_json((self.folder / f"{stamp}{RECORD_SUFFIX}").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if found.stamp == stamp and self.path(found).exists() else None

    def path(self, snapshot: Snapshot) -> Path:
        """Where its file is."""
        return self.folder / snapshot.file

    def put(self, snapshot: Snapshot) -> None:
        """Write the record, whole or not at all."""
        path = self.folder / f"{snapshot.stamp}{RECORD_SUFFIX}"
        partial = path.with_suffix(".part")
        with partial.open("w", encoding="utf-8") as file:
            file.write(snapshot.to_json())
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync_folder(self.folder)

    def drop(self, stamp: str) -> None:
        """Take a snapshot away, its record first."""
        for name in (f"{stamp}{RECORD_SUFFIX}", *names_of(stamp)):
            (self.folder / name).unlink(missing_ok=True)

    def drop_media_but(self, kept: set[str]) -> int:
        """Take away the files of guests that no snapshot speaks of any more; how many."""
        gone = [path for path in self.media.iterdir() if path.name not in kept]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)


def newest_verified(found: list[Snapshot]) -> Snapshot | None:
    """The newest snapshot that counts."""
    return next((one for one in reversed(found) if one.state == "verified"), None)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
