"""One group commit: many units, one transaction, one log row, one sync (ST2, ST3, RL1).

A unit that raises rolls back alone. When SQLite has thrown the whole transaction away, every unit of the group
has failed, also those that had run well before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from nightporter.store import log
from nightporter.store.tx import Tx

Unit = Callable[[Tx], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one unit: its value, or its error."""

    value: Any = None
    error: BaseException | None = None


class GroupLost(Exception):
    """The whole group was rolled back; `__cause__` says why."""


def commit(
    connection: apsw.Connection, tx: Tx, units: Sequence[Unit], at: log.LogHead, epoch: int, at_ms: int
) -> tuple[list[Result], log.LogHead]:
    """Run the units in one transaction and commit it. Raises `GroupLost` when nothing of it was kept."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        session = apsw.Session(connection, "main")
        try:
            session.table_filter(log.recorded)
            results = [_run(connection, tx, unit) for unit in units]
            changes = session.changeset()
        finally:
            session.close()
        if changes:
            at = log.append(connection, at, epoch, at_ms, "changes", changes)
        connection.execute("COMMIT")
    except GroupLost:
        _abandon(connection)
        raise
    except (apsw.Error, MemoryError) as error:
        _abandon(connection)
        raise GroupLost from error
    return results, at


def _run(connection: apsw.Connection, tx: Tx, unit: Unit) -> Result:
    connection.execute("SAVEPOINT unit")
    try:
        value = unit(tx)
    except Exception as error:
        if not connection.in_transaction:  # SQLITE_FULL, IOERR, NOMEM roll back everything (ST3)
            raise GroupLost from error
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return Result(error=error)
    connection.execute("RELEASE unit")
    return Result(value)


def _abandon(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
