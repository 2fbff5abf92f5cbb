"""Takes a copy of hotel.db further: the rows of the replication log that it has not, up to a moment (RL1, RL2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import apsw

from nightporter.errors import StoreTooNew
from nightporter.store import log
from nightporter.store.checking import log_rows
from nightporter.store.file import open_reader
from nightporter.store.migrate import VERSION_KEY
from nightporter.store.sql import migrations, queries


@dataclass(frozen=True, slots=True)
class Replayed:
    """How far it went. `reached`: nothing before the moment is missing, as far as the logs themselves can tell."""

    rows: int
    logged_ms: int  # of the last row that was applied; 0 = none
    reached: bool  # a row after the moment was seen, or a log was read to its own end


class Conflict(Exception):
    """A row of the log does not fit the copy: it is not of the same history."""


def replay(path: Path, sources: Sequence[Path], until_ms: int) -> Replayed:
    """Apply to `path` what the logs of `sources` have after its own newest row, and before `until_ms`.

    Only rows whose hash continues the chain of `path` count, so what a damaged file says is not believed. The first
    row that does not ends its source. Raises `Conflict`, `StoreTooNew`.
    """
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("synchronous", "OFF")  # a working copy, synced when it is done
        connection.pragma("foreign_keys", True)
        head, rows, logged_ms = log.head(connection), 0, 0
        for source in sources:
            for row in _continuing(source, head):
                if row[2] > until_ms:
                    return Replayed(rows, logged_ms, reached=True)
                _apply(connection, head, row)
                head, rows, logged_ms = log.head(connection), rows + 1, row[2]
        return Replayed(rows, logged_ms, reached=any(_newest(source) == head.seq for source in sources))
    finally:
        connection.close()


def _continuing(source: Path, head: log.LogHead) -> Iterator[tuple[Any, ...]]:
    """Rows of the source's log that continue the chain; none of them, where it cannot be read."""
    seq, before = head.seq, head.hash
    try:
        connection = open_reader(source)
    except Exception:  # noqa: BLE001 - a damaged file has nothing to tell: the caller says how far it went
        return
    try:
        rows = log_rows(connection, seq)
        while row := _next(rows):
            if row[0] != seq + 1 or row[4] != log.chained(before, row[0], row[1], row[3], row[5]):
                return
            seq, before = row[0], row[4]
            yield row
    finally:
        connection.close()


def _newest(source: Path) -> int:
    """The number of the newest row of the source's log; 0 where it cannot be read."""
    try:
        connection = open_reader(source)
        try:
            return log.head(connection).seq
        finally:
            connection.close()
    except Exception:  # noqa: BLE001 - as in `_continuing`
        return 0


def _next(rows: Iterator[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    try:
        return next(rows, None)
    except apsw.Error:  # a damaged page: the log ends here
        return None


def _apply(connection: apsw.Connection, head: log.LogHead, row: tuple[Any, ...]) -> None:
    seq, epoch, at_ms, kind, _, data = row
    with connection:
        if kind == "migration":
            _migrate(connection, data.decode())
        else:
            _check_tables(connection, seq, data)
            apsw.Changeset.apply(
                data, connection, conflict=_refuse, flags=apsw.SQLITE_CHANGESETAPPLY_FKNOACTION
            )
        log.append(connection, head, epoch, at_ms, kind, data)


def _refuse(reason: int, change: apsw.TableChange) -> NoReturn:
    raise Conflict(f"a change of {change.name} does not fit the copy ({reason})")


def _check_tables(connection: apsw.Connection, seq: int, data: bytes) -> None:
    """A missing or narrower table would be passed over without an error (RL2)."""
    widths: dict[str, int] = {change.name: change.column_count for change in apsw.Changeset.iter(data)}
    for table, width in widths.items():
        columns: Any = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        if len(columns) != width:
            raise Conflict(f"log row {seq} changes {table}, which the copy has otherwise or not at all")


def _migrate(connection: apsw.Connection, text: str) -> None:
    step = next((number for number, known in migrations() if known == text), None)
    if step is None:
        raise StoreTooNew(
            "the log has a schema step that this release does not know", "install the newer release again"
        )
    connection.execute(text)
    connection.execute(queries()["meta_put"], (VERSION_KEY, str(step)))
