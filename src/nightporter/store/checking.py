"""Whether a copy of hotel.db is whole, and what it holds: pages, foreign keys, tables, content, log chain (G8).

Run where nobody waits: it reads every byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from nightporter.store import log
from nightporter.store.copying import tables
from nightporter.store.file import open_reader
from nightporter.store.migrate import version
from nightporter.store.sql import migrations, queries

SHOWN_FAULTS_MAX = 20
BATCH_ROWS = 1_000
HASH_BYTES = 16
CHAINED = "replication_log"  # its rows are covered by their own chain
PASSING = "probe"

Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Content:
    """What a file holds. `faults`: one sentence each; empty = it is whole."""

    schema: int = 0
    epoch: int = 0
    seq: int = 0  # of the newest log row
    log_hash: str = ""
    logged_ms: int = 0  # when that was written
    entry_ms: int = 0  # when the newest entry came in; 0 = none ever did
    rows: dict[str, int] = field(default_factory=dict[str, int])
    hashes: dict[str, str] = field(default_factory=dict[str, str])  # by table
    media: dict[str, int] = field(default_factory=dict[str, int])  # kept files: SHA-256 -> bytes
    faults: list[str] = field(default_factory=list[str])


def examine(path: Path, told: Progress = lambda done, total: None) -> Content:
    """Read the whole file. It never raises for what is wrong with the file: that is in `faults`."""
    content = Content()
    try:
        connection = open_reader(path)
        try:
            _look(connection, content, told)
        finally:
            connection.close()
    except Exception as error:  # noqa: BLE001 - whatever a damaged file makes SQLite say is a fault of that file
        content.faults.append(f"it cannot be read ({' '.join(str(error).split())})")
    return content


def _look(connection: apsw.Connection, content: Content, told: Progress) -> None:
    content.faults += _integrity(connection)
    content.schema = version(connection)
    there = tables(connection)
    content.faults += [f"table {name} is missing" for name in expected(content.schema) if name not in there]
    if content.schema == 0 or content.schema > migrations()[-1][0]:
        content.faults.append(f"its schema {content.schema} is none of this release")
    for done, table in enumerate(there):
        told(done, len(there))
        if table not in {CHAINED, PASSING}:
            content.rows[table], content.hashes[table] = _content(connection, table)
    if CHAINED in there:
        _check_log(connection, content)
    if not content.faults:
        _look_into(connection, content)
    told(len(there), len(there))


def _integrity(connection: apsw.Connection) -> list[str]:
    said: Any = connection.execute(f"PRAGMA integrity_check({SHOWN_FAULTS_MAX})").fetchall()
    found = [f"integrity: {line}" for (line,) in said if line != "ok"]
    keys: Any = connection.execute("PRAGMA foreign_key_check").fetchall()
    return found + ([f"{len(keys)} rows point to what is not there"] if keys else [])


def expected(schema: int) -> list[str]:
    """The tables that a file of that schema has."""
    empty = apsw.Connection(":memory:")
    try:
        for step, text in migrations():
            if step <= schema:
                empty.execute(text)
        return tables(empty)
    finally:
        empty.close()


def _content(connection: apsw.Connection, table: str) -> tuple[int, str]:
    """How many rows, and a hash over all of them in the order of their key."""
    columns: Any = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    key = ", ".join(f'"{column[1]}"' for column in sorted(columns, key=lambda c: c[5]) if column[5])
    digest, count = hashlib.blake2b(digest_size=HASH_BYTES), 0
    for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY {key or "1"}'):  # noqa: S608 - names from the schema
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
        count += 1
    return count, digest.hexdigest()


def log_rows(connection: apsw.Connection, after: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the log after that number: seq, epoch, at_ms, kind, hash, data."""
    rows: Any
    while rows := connection.execute(queries()["log_rows"], (after, BATCH_ROWS)).fetchall():
        yield from rows
        after = rows[-1][0]


def _check_log(connection: apsw.Connection, content: Content) -> None:
    before: Any = None
    for row in log_rows(connection, -1):
        seq, epoch, at_ms, kind, digest, data = row
        if before is not None and (
            seq != before[0] + 1 or digest != log.chained(before[4], seq, epoch, kind, data)
        ):
            content.faults.append(f"the log's chain breaks at {seq}")
            return
        before = row
        content.seq, content.log_hash, content.logged_ms = seq, digest.hex(), at_ms
    if before is None:
        content.faults.append("the log is empty")


def _look_into(connection: apsw.Connection, content: Content) -> None:
    sql = queries()
    epoch: Any = connection.execute(sql["meta_get"], ("epoch",)).fetchall()
    newest: Any = connection.execute(sql["entry_newest"]).fetchall()
    media: Any = connection.execute(sql["media_all_kept"]).fetchall()
    content.epoch = int(epoch[0][0]) if epoch else 0
    content.entry_ms = newest[0][0] or 0
    content.media = dict(media)
