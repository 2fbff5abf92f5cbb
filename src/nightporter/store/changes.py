"""What a group changes, noted row by row as SQLite tells it and written as one of its own changesets (RL1, RL5).

SQLite's session does the same, but learns each table anew in every group and reads every changed row a second time:
for a group of one unit that was most of the group's price (docs/decisions/0009-changesets.md). The bytes are those of
SQLite's format (sqlite.org/sessionintro.html, "changeset" in ext/session), so SQLite itself applies them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from itertools import compress
from operator import itemgetter, ne
from typing import Any, NamedTuple

import apsw

# A second byte that is 0: changed by the statement itself, not by a trigger.
INSERTED, UPDATED, DELETED = (
    bytes((code, 0)) for code in (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
)
ONE_BYTE = [bytes((number,)) for number in range(128)]
UNDEFINED, INTEGER, REAL, TEXT, BLOB, NULL = (bytes((kind,)) for kind in range(6))
PACK_INTEGER, PACK_REAL = struct.Struct(">cq").pack, struct.Struct(">cd").pack
COLUMNS = range(2_000)  # SQLite's own limit

PIECES_KEPT = 4_096
PIECE_BYTES_KEPT = 64  # longer ones seldom come again

Values = tuple[Any, ...]
Row = tuple[Values | None, Values | None]  # before and after; None: it was not there


class _Table(NamedTuple):
    keys: tuple[int, ...]  # which columns make the primary key, in column order
    key: Callable[[Any], Hashable]  # of a row
    head: bytes  # what begins its part of a changeset, without the first letter
    blank: list[bytes]  # a record that leaves all out
    piece: Callable[[Any], bytes]  # how a record spells a value


class _Pieces(dict[Any, bytes]):
    """Values as a record spells them: most come again (names, states, ids), and a lookup is a tenth of a call."""

    def __missing__(self, value: Any) -> bytes:
        piece = _piece(value)
        if len(piece) <= PIECE_BYTES_KEPT:
            if len(self) >= PIECES_KEPT:
                self.clear()
            self[value] = piece
        return piece


class Changes:
    """Notes every change of a connection while `begin` holds; `not_recorded` tables are left out.

    `noted` grows with each; its length is what `undo` goes back to.
    """

    def __init__(self, connection: apsw.Connection, not_recorded: frozenset[str]) -> None:
        self._connection = connection
        self._not_recorded = not_recorded
        self.noted: list[tuple[str, Values | None, Values | None]] = []
        self._tables: dict[str, _Table] = {}
        self._pieces = _Pieces()
        self._noting = False
        connection.preupdate_hook(self._note)

    def begin(self) -> None:
        """Forget what was noted, note from now on."""
        self.noted.clear()
        self._noting = True

    def end(self) -> None:
        """Note no more."""
        self._noting = False

    def undo(self, count: int) -> None:
        """A savepoint or a statement was rolled back: forget what was noted after the first `count`."""
        del self.noted[count:]

    def _note(self, change: apsw.PreUpdate) -> None:
        if self._noting and (table := change.table_name) not in self._not_recorded:
            self.noted.append((table, change.old, change.new))

    def written(self, *, keys_only: bool) -> bytes:
        """All of it as a changeset; `keys_only`: as a patchset, which leaves old values out. Empty for no change."""
        letter, row, told = (b"P", _patched, bytearray()) if keys_only else (b"T", _changed, bytearray())
        for table, rows in self._by_row().items():
            known = self._tables[table]
            told += letter + known.head
            for before, after in rows:
                told += row(before, after, known)
        return bytes(told)

    def _by_row(self) -> dict[str, list[Row]]:
        """Each changed row once, as it was before the group and is after it."""
        tables: dict[str, dict[Hashable, Row]] = {}
        for table, before, after in self.noted:
            rows = tables.setdefault(table, {})
            key = (self._tables.get(table) or self._learn(table)).key
            here = key(after if before is None else before)
            if before is not None and after is not None and (there := key(after)) != here:
                _put(rows, here, before, None)
                _put(rows, there, None, after)
            else:
                _put(rows, here, before, after)
        found = {table: [row for row in rows.values() if row[0] != row[1]] for table, rows in tables.items()}
        return {table: changed for table, changed in found.items() if changed}

    def _learn(self, table: str) -> _Table:
        """The shape of a table; no migration runs while the writer has the file."""
        columns: Any = self._connection.pragma("table_info", table)
        places = [place for *_, place in columns]
        head = _length(len(places)) + bytes(places) + table.encode() + b"\0"
        keys = tuple(column for column, place in enumerate(places) if place)
        # To a dictionary 1 and 1.0 are one key; only a REAL column holds such a number.
        piece = _piece if any(kind == "REAL" for _, _, kind, *_ in columns) else self._pieces.__getitem__
        known = _Table(keys, itemgetter(*keys), head, [UNDEFINED] * len(places), piece)
        self._tables[table] = known
        return known


def _put(rows: dict[Hashable, Row], key: Hashable, before: Values | None, after: Values | None) -> None:
    first = rows.get(key)
    rows[key] = (before if first is None else first[0], after)


def _changed(before: Values | None, after: Values | None, table: _Table) -> bytes:
    piece = table.piece
    if before is None:
        assert after is not None, "a row that neither was nor is"
        return INSERTED + b"".join(map(piece, after))
    if after is None:
        return DELETED + b"".join(map(piece, before))
    old, new = table.blank.copy(), table.blank.copy()
    for column in table.keys:
        old[column] = piece(before[column])
    for column in compress(COLUMNS, map(ne, before, after)):
        old[column], new[column] = piece(before[column]), piece(after[column])
    return UPDATED + b"".join(old) + b"".join(new)


def _patched(before: Values | None, after: Values | None, table: _Table) -> bytes:
    if before is None:
        return _changed(None, after, table)
    told = table.blank.copy()
    for column in table.keys:
        told[column] = table.piece(before[column])
    if after is None:
        return DELETED + b"".join(told[column] for column in table.keys)
    for column in compress(COLUMNS, map(ne, before, after)):
        told[column] = table.piece(after[column])
    return UPDATED + b"".join(told)


def _piece(value: Any) -> bytes:
    """One value of a record."""
    if isinstance(value, str):
        data = value.encode()
        return TEXT + _length(len(data)) + data
    if isinstance(value, int):
        return PACK_INTEGER(INTEGER, value)
    if value is None:
        return NULL
    if isinstance(value, bytes):
        return BLOB + _length(len(value)) + value
    return PACK_REAL(REAL, value)


def _length(number: int) -> bytes:
    """SQLite's variable-length integer: seven bits a byte, the greatest first."""
    if number < 128:
        return ONE_BYTE[number]
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
