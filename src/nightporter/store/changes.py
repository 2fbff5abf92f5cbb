"""What a group changes, noted row by row as SQLite tells it and written as one of its own changesets (RL1, RL5).

SQLite's session does the same, but learns each table anew in every group and reads every changed row a second time:
for a group of one unit that was most of the group's price (docs/decisions/0007-changesets.md). The bytes are those of
SQLite's format (sqlite.org/sessionintro.html, "changeset" in ext/session), so SQLite itself applies them.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import apsw

INSERT, UPDATE, DELETE = apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE
UNDEFINED, INTEGER, REAL, TEXT, BLOB, NULL = (bytes((kind,)) for kind in range(6))

Values = tuple[Any, ...]
Change = tuple[str, Values | None, Values | None]  # table, the row before, the row after


class _Table(NamedTuple):
    columns: int
    keys: tuple[int, ...]  # which columns make the primary key, in column order
    head: bytes  # what begins its part of a changeset, without the first letter


class Changes:
    """Notes every change of a connection while `begin` holds; `not_recorded` tables are left out."""

    def __init__(self, connection: apsw.Connection, not_recorded: frozenset[str]) -> None:
        self._connection = connection
        self._not_recorded = not_recorded
        self._noted: list[Change] = []
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
        """A savepoint was rolled back: forget what was noted after the first `count`."""
        del self._noted[count:]

    def _note(self, change: apsw.PreUpdate) -> None:
        if self._noting and (table := change.table_name) not in self._not_recorded:
            self._noted.append((table, change.old, change.new))

    def written(self, *, keys_only: bool) -> bytes:
        """All of it as a changeset; `keys_only`: as a patchset, which leaves old values out. Empty for no change."""
        letter, told = b"P" if keys_only else b"T", bytearray()
        for table, rows in self._by_row().items():
            known = self._tables[table]
            told += letter + known.head
            for before, after in rows:
                told += _patched(known, before, after) if keys_only else _changed(before, after, known.keys)
        return bytes(told)

    def _by_row(self) -> dict[str, list[tuple[Values | None, Values | None]]]:
        """Each changed row once, as it was before the group and is after it."""
        rows: dict[str, dict[Values, tuple[Values | None, Values | None]]] = {}
        for table, before, after in self._noted:
            known = self._tables.get(table) or self._learn(table)
            of_table = rows.setdefault(table, {})
            old_key = _key(before, known) if before is not None else None
            new_key = _key(after, known) if after is not None else None
            if old_key is not None and new_key is not None and old_key != new_key:
                _put(of_table, old_key, before, None)
                _put(of_table, new_key, None, after)
            else:
                _put(of_table, old_key or new_key or (), before, after)
        found = {table: [row for row in of.values() if row[0] != row[1]] for table, of in rows.items()}
        return {table: changed for table, changed in found.items() if changed}

    def _learn(self, table: str) -> _Table:
        """The shape of a table; no migration runs while the writer has the file."""
        columns: Any = self._connection.pragma("table_info", table)
        places = [place for *_, place in columns]
        head = _length(len(places)) + bytes(places) + table.encode() + b"\0"
        known = _Table(len(places), tuple(i for i, place in enumerate(places) if place), head)
        self._tables[table] = known
        return known


def _put(
    rows: dict[Values, tuple[Values | None, Values | None]],
    key: Values,
    before: Values | None,
    after: Values | None,
) -> None:
    first = rows.get(key)
    rows[key] = (before if first is None else first[0], after)


def _key(row: Values, table: _Table) -> Values:
    return tuple([row[column] for column in table.keys])


def _changed(before: Values | None, after: Values | None, keys: tuple[int, ...]) -> bytes:
    if before is None:
        assert after is not None, "a row that neither was nor is"
        return bytes((INSERT, 0)) + b"".join([_value(value) for value in after])
    if after is None:
        return bytes((DELETE, 0)) + b"".join([_value(value) for value in before])
    old, new = bytearray(), bytearray()
    for column, (was, now) in enumerate(zip(before, after, strict=True)):
        same = was == now
        old += UNDEFINED if same and column not in keys else _value(was)
        new += UNDEFINED if same else _value(now)
    return bytes((UPDATE, 0)) + bytes(old) + bytes(new)


def _patched(table: _Table, before: Values | None, after: Values | None) -> bytes:
    if before is None:
        return _changed(None, after, table.keys)
    if after is None:
        return bytes((DELETE, 0)) + b"".join([_value(before[column]) for column in table.keys])
    return bytes((UPDATE, 0)) + b"".join(
        [
            UNDEFINED if was == now and column not in table.keys else _value(now)
            for column, (was, now) in enumerate(zip(before, after, strict=True))
        ]
    )


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        return TEXT + _length(len(text)) + text
    if isinstance(value, int):
        return INTEGER + value.to_bytes(8, "big", signed=True)
    if value is None:
        return NULL
    if isinstance(value, bytes):
        return BLOB + _length(len(value)) + value
    return REAL + struct.pack(">d", value)


def _length(number: int) -> bytes:
    """SQLite's variable-length integer: seven bits a byte, the greatest first."""
    if number < 0x80:
        return bytes((number,))
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
