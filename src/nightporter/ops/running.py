"""A running node as `ops` sees it, and a second look into its folder that never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Protocol

from nightporter.channels.port import Channel
from nightporter.errors import NotFound, StoreCorrupt
from nightporter.ops.meter import Meter
from nightporter.rounds.backups import Backups
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.node import Node
from nightporter.store import View
from nightporter.store.file import open_reader


class Running(Protocol):
    """The joined parts (`app.build.Parts`), as far as they are watched."""

    @property
    def node(self) -> Node:
        """Store, lease, clock, counts."""
        ...

    @property
    def channels(self) -> Mapping[str, Channel]:
        """By name."""
        ...

    @property
    def roads(self) -> Mapping[str, Delivery]:
        """The way out of each channel."""
        ...

    @property
    def backups(self) -> Backups:
        """What is known of the snapshots."""
        ...

    @property
    def backs_up(self) -> bool:
        """True when snapshots are taken by themselves."""
        ...

    @property
    def meter(self) -> Meter:
        """What is remembered between two looks."""
        ...

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        """The rounds, once they have begun."""
        ...


@contextmanager
def reading(folder: Path) -> Generator[View]:
    """A read-only view of a data folder, with a connection of its own; a node may run on it meanwhile."""
    path = folder / "hotel.db"
    if not path.exists():
        raise NotFound(
            f"there is no hotel.db in {folder}", "start a node there first, or set NIGHTPORTER_DATA_DIR"
        )

    def refuse(error: Exception) -> NoReturn:
        raise StoreCorrupt(
            f"{path} cannot be read ({error})",
            "try again; else put a copy back (docs/runbook.md, data corrupt)",
        ) from error

    connection = open_reader(path)
    try:
        yield View(connection, refuse)
    finally:
        connection.close()
