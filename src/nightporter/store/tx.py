"""What a unit and a reader may do with the file: run named queries.

Rows are tuples; columns are in the order of the query's SELECT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from nightporter.store.sql import queries

Row = tuple[Any, ...]
Values = Sequence[Any]


class View:
    """Reads through one connection. Every result is fetched whole, so no read transaction stays open (ST6)."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._execute = connection.execute
        self._sql = queries()

    def all(self, query: str, values: Values = ()) -> list[Row]:
        """All rows of the named query."""
        return self._execute(self._sql[query], values).fetchall()

    def one(self, query: str, values: Values = ()) -> Row | None:
        """The first row, None without one."""
        rows = self._execute(self._sql[query], values).fetchall()
        return rows[0] if rows else None

    def scalar(self, query: str, values: Values = ()) -> Any:
        """The first column of the first row; the query must have one."""
        return self._execute(self._sql[query], values).fetchall()[0][0]


class Tx(View):
    """Inside a unit: reads and writes of one transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self._changes = connection.changes

    def run(self, query: str, values: Values = ()) -> int:
        """Run a writing query; how many rows it changed."""
        self._execute(self._sql[query], values)
        return self._changes()
