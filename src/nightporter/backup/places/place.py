"""The port to a place, and what an address of BACKUP_URLS says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

SOURCES = {"sftp": "vps", "s3": "s3", "file": "file"}  # scheme -> what `restore` calls it

Told = Callable[[int], None]


class Place(Protocol):
    """A folder elsewhere. Names are those of the shelf, with `media/` as the only folder in it.

    Every method raises `PlaceUnreachable` when the place does not answer or refuses.
    """

    kind: str  # vps | s3 | file
    shown: str  # its address without secrets

    def names(self) -> dict[str, int]:
        """Every file that is whole there, with its size."""
        ...

    def put(self, path: Path, name: str, told: Told) -> None:
        """Send a file; it has its name only when it is whole. `told`: bytes sent so far."""
        ...

    def get(self, name: str, path: Path, told: Told) -> None:
        """Fetch a file into `path`. Raises `NotFound`."""
        ...

    def drop(self, names: Iterable[str]) -> None:
        """Delete files; those that are gone already are fine."""
        ...


def source_of(url: str) -> str:
    """What `restore` and `backups` call the place of an address: vps, s3 or file."""
    return SOURCES[urlsplit(url).scheme]


def shown(url: str) -> str:
    """An address without its secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
