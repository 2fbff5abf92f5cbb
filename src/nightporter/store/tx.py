"""What a unit and a reader may do with the file: run named queries.

Rows are tuples; columns are in the order of the query's SELECT.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apsw

from nightporter.store.changes import Changes
from nightporter.store.sql import queries
from nightporter.store.trouble import breaks

Row = tuple[Any, ...]
Values = Sequence[Any]


class View:
    """Reads through one connection. Every result is fetched whole, so no read transaction stays open (ST6).

    Two calls may see two states of the file; what must be read as of one moment is one query, or a unit.
    `on_error` hears what SQLite says, and may raise something better.
    """

    def __init__(self, connection: apsw.Connection, on_error: Callable[[apsw.Error], None]) -> None:
        self._execute = connection.cursor().execute  # each result is fetched before the next query
        self._sql = queries()
        self._on_error = on_error

    def all(self, query: str, values: Values = ()) -> list[Row]:
        """All rows of the named query."""
        try:
            return self._execute(self._sql[query], values).fetchall()
        except apsw.Error as error:
            self._on_error(error)
            raise

    def one(self, query: str, values: Values = ()) -> Row | None:
        """The first row, None without one."""
        rows = self.all(query, values)
        return rows[0] if rows else None

    def scalar(self, query: str, values: Values = ()) -> Any:
        """The first column of the first row; the query must have one."""
        return self.all(query, values)[0][0]


class Tx(View):
    """Inside a unit: reads and writes of one transaction.

    `lost` is what ended that transaction, or showed damage, however a unit treats the exception. Without it a unit
    that goes on after a full disk would write outside any transaction: kept, but in no log row (ST3).
    """

    def __init__(self, connection: apsw.Connection, changes: Changes) -> None:
        super().__init__(connection, self._note)
        self._connection = connection
        self._changes = changes
        self.lost: BaseException | None = None

    def all(self, query: str, values: Values = ()) -> list[Row]:
        """All rows of the named query."""
        if not self._connection.in_transaction:
            raise apsw.AbortError("the transaction of this unit is over") from self.lost
        noted = len(self._changes.noted)
        try:
            return self._execute(self._sql[query], values).fetchall()
        except apsw.Error as error:
            self._changes.undo(noted)  # SQLite has taken back what the statement had done
            self._note(error)
            raise

    def run(self, query: str, values: Values = ()) -> int:
        """Run a writing query; how many rows it changed."""
        self.all(query, values)
        return self._connection.changes()

    def _note(self, error: apsw.Error) -> None:
        if self.lost is None and (breaks(error) or not self._connection.in_transaction):
            self.lost = error
