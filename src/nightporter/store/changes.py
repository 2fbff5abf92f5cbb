"""What a group changes, noted row by row as SQLite tells it and written as one of its own changesets (RL1, RL5).

SQLite's session does the same, but learns each table anew in every group and reads every changed row a second time:
for a group of one unit that was most of the group's price (docs/decisions/0009-changesets.md). The bytes are those of
SQLite's format (sqlite.org/sessionintro.html, "changeset" in ext/session), so SQLite itself applies them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import apsw

# A second byte that is 0: changed by the statement itself, not by a trigger.
INSERTED, UPDATED, DELETED = (
    bytes((code, 0)) for code in (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
)
UNDEFINED, INTEGER, REAL, TEXT, BLOB, NULL = (bytes((kind,)) for kind in range(6))
PACK_INTEGER, PACK_REAL = struct.Struct(">cq").pack, struct.Struct(">cd").pack
MISSING = apsw.no_change  # a value that a record leaves out

Values = tuple[Any, ...]
Row = tuple[Values | None, Values | None]  # before and after; None: it was not there


class _Table(NamedTuple):
    keys: tuple[int, ...]  # which columns make the primary key, in column order
    key: Callable[[Any], Hashable]  # of a row
    head: bytes  # what begins its part of a changeset, without the first letter


class Changes:
    """Notes every change of a connection while `begin` holds; `not_recorded` tables are left out."""

    def __init__(self, connection: apsw.Connection, not_recorded: frozenset[str]) -> None:
        self._connection = connection
        self._not_recorded = not_recorded
        self._noted: list[tuple[str, Values | None, Values | None]] = []
        self._tables: dict[str, _Table] = {}
        self._noting = False
        connection.preupdate_hook(self._note)

    def begin(self) -> None:
        """Forget what was noted, note from now on."""
        self._noted.clear()
        self._noting = True

    def end(self) -> None:
        """Note no more."""
        self._noting = False

    @property
    def count(self) -> int:
        """How many changes are noted: what `undo` goes back to."""
        return len(self._noted)

    def undo(self, count: int) -> None:
        """A savepoint or a statement was rolled back: forget what was noted after the first `count`."""
        del self._noted[count:]

    def _note(self, change: apsw.PreUpdate) -> None:
        if self._noting and (table := change.table_name) not in self._not_recorded:
            self._noted.append((table, change.old, change.new))

    def written(self, *, keys_only: bool) -> bytes:
        """All of it as a changeset; `keys_only`: as a patchset, which leaves old values out. Empty for no change."""
        letter, row, told = (b"P", _patched, bytearray()) if keys_only else (b"T", _changed, bytearray())
        for table, rows in self._by_row().items():
            known = self._tables[table]
            told += letter + known.head
            for before, after in rows:
                told += row(before, after, known.keys)
        return bytes(told)

    def _by_row(self) -> dict[str, list[Row]]:
        """Each changed row once, as it was before the group and is after it."""
        tables: dict[str, dict[Hashable, Row]] = {}
        for table, before, after in self._noted:
            rows = tables.setdefault(table, {})
            key = (self._tables.get(table) or self._learn(table)).key
            if before is not None and after is not None and key(before) != key(after):
                _put(rows, key(before), before, None)
                _put(rows, key(after), None, after)
            else:
                _put(rows, key(before or after), before, after)
        found = {table: [row for row in rows.values() if row[0] != row[1]] for table, rows in tables.items()}
        return {table: changed for table, changed in found.items() if changed}

    def _learn(self, table: str) -> _Table:
        """The shape of a table; no migration runs while the writer has the file."""
        columns: Any = self._connection.pragma("table_info", table)
        places = [place for *_, place in columns]
        head = _length(len(places)) + bytes(places) + table.encode() + b"\0"
        keys = tuple(column for column, place in enumerate(places) if place)
        known = _Table(keys, itemgetter(*keys), head)
        self._tables[table] = known
        return known


def _put(rows: dict[Hashable, Row], key: Hashable, before: Values | None, after: Values | None) -> None:
    first = rows.get(key)
    rows[key] = (before if first is None else first[0], after)


def _changed(before: Values | None, after: Values | None, keys: tuple[int, ...]) -> bytes:
    if before is None:
        assert after is not None, "a row that neither was nor is"
        return INSERTED + _record(after)
    if after is None:
        return DELETED + _record(before)
    old: list[Any] = [MISSING] * len(before)
    new = old.copy()
    for column in keys:
        old[column] = before[column]
    for column, (was, now) in enumerate(zip(before, after, strict=True)):
        if was != now:
            old[column], new[column] = was, now
    return UPDATED + _record(old) + _record(new)


def _patched(before: Values | None, after: Values | None, keys: tuple[int, ...]) -> bytes:
    if before is None:
        return _changed(None, after, keys)
    if after is None:
        return DELETED + _record([before[column] for column in keys])
    return UPDATED + _record(
        [
            MISSING if was == now and column not in keys else now
            for column, (was, now) in enumerate(zip(before, after, strict=True))
        ]
    )


def _record(values: Sequence[Any]) -> bytes:
    """The values of a row. Written out, for a group has hundreds: a call for each value took three times as long."""
    pieces: list[bytes] = []
    for value in values:
        if value is MISSING:
            pieces.append(UNDEFINED)
        elif isinstance(value, str):
            data = value.encode()
            pieces.append(SHORT_TEXT[len(data)] if len(data) < SHORT else TEXT + _length(len(data)))
            pieces.append(data)
        elif isinstance(value, int):
            pieces.append(PACK_INTEGER(INTEGER, value))
        elif value is None:
            pieces.append(NULL)
        elif isinstance(value, bytes):
            pieces.append(BLOB + _length(len(value)))
            pieces.append(value)
        else:
            pieces.append(PACK_REAL(REAL, value))
    return b"".join(pieces)


def _length(number: int) -> bytes:
    """SQLite's variable-length integer: seven bits a byte, the greatest first."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


SHORT = 128  # lengths below it take one byte
SHORT_TEXT = [TEXT + _length(number) for number in range(SHORT)]
