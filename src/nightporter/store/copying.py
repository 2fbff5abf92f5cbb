"""A copy of hotel.db as of one moment, made by SQLite's backup API in small steps while its node writes (ST1).

It runs in a process of its own: the node's writer shares nothing with it but the disk. So that the writer's syncs do
not wait behind a heap of ours, the copy is put on the disk piece by piece.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from nightporter.store import log
from nightporter.store.file import damage_reported, open_reader

STEP_PAGES = 256  # 1 MB
SYNC_STEPS = 2

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Moment:
    """What hotel.db held when it was copied: its newest log row, and how many rows each table had."""

    seq: int
    log_hash: str
    rows: dict[str, int]


def copy(source: Path, target: Path, told: Progress) -> Moment:
    """Copy `source` into the new file `target`, whole and on disk when this returns. `told`: pages done, pages."""
    reader = open_reader(source)
    try:
        with damage_reported(source):
            # One read transaction, which begins with the first read: the copy is of this moment. Without it each write
            # of the node would make the copy begin again.
            reader.execute("BEGIN")
            head = log.head(reader)
            _copy_pages(reader, target, told)
            return Moment(head.seq, head.hash.hex(), row_counts(reader))
    finally:
        reader.close()


def _copy_pages(reader: apsw.Connection, target: Path, told: Progress) -> None:
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        writer = apsw.Connection(str(target))
        try:
            writer.pragma("synchronous", "OFF")
            with writer.backup("main", reader, "main") as run:
                steps = 0
                while not run.done:
                    run.step(STEP_PAGES)
                    steps += 1
                    if steps % SYNC_STEPS == 0:
                        os.fsync(descriptor)
                    told(run.page_count - run.remaining, run.page_count)
        finally:
            writer.close()
        single_file(target)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def single_file(path: Path) -> None:
    """Give the file a header that asks for no write-ahead log beside it."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "delete")
    finally:
        connection.close()


def tables(connection: apsw.Connection) -> list[str]:
    """Every table by name."""
    found: Any = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    ).fetchall()
    return [name for (name,) in found]


def row_counts(connection: apsw.Connection) -> dict[str, int]:
    """How many rows each table has."""
    found: dict[str, int] = {}
    for table in tables(connection):
        count: Any = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608 - a name from the schema
        found[table] = count[0][0]
    return found
