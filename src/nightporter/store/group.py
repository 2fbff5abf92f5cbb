"""One group commit: many units, one transaction, one log row, one sync (ST2, ST3, RL1).

A unit that raises rolls back alone. When SQLite has thrown the whole transaction away, every unit of the group
has failed, also those that had run well before. The same holds when a unit met damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import apsw

from nightporter.store import log
from nightporter.store.changes import Changes
from nightporter.store.tx import Tx

Unit = Callable[[Tx], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one unit: its value, or its error."""

    value: Any = None
    error: Exception | None = None


class GroupLost(Exception):
    """The whole group was rolled back; `__cause__` says why."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the group's log row says of it. `keys_only`: a patchset, which leaves old values out (RL5)."""

    epoch: int
    at_ms: int
    keys_only: bool = False


def fill(
    connection: apsw.Connection, noted: Changes, units: Iterable[Unit], at: log.LogHead, stamp: Stamp
) -> tuple[list[Result], log.LogHead]:
    """Run the units in one transaction, which stays open. Raises `GroupLost` when nothing of it is left."""
    try:
        if connection.in_transaction:  # an earlier rollback failed
            connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        results = _run_all(connection, noted, units)
        if changes := noted.written(keys_only=stamp.keys_only):
            at = log.append(connection, at, stamp.epoch, stamp.at_ms, "changes", changes)
    except BaseException as error:
        _abandon(connection)
        if isinstance(error, GroupLost):
            raise
        raise GroupLost from error
    return results, at


def seal(connection: apsw.Connection) -> None:
    """Commit what was filled. Raises `GroupLost` when nothing of it was kept."""
    try:
        connection.execute("COMMIT")
    except BaseException as error:
        _abandon(connection)
        raise GroupLost from error


def _run_all(connection: apsw.Connection, noted: Changes, units: Iterable[Unit]) -> list[Result]:
    tx = Tx(connection, noted)
    noted.begin()
    try:
        return [_run(connection, noted, tx, unit) for unit in units]
    finally:
        noted.end()


def _run(connection: apsw.Connection, noted: Changes, tx: Tx, unit: Unit) -> Result:
    before = len(noted.noted)
    connection.execute("SAVEPOINT unit")
    try:
        value = unit(tx)
    except BaseException as error:  # noqa: BLE001 - a unit may not end the writer, whatever it raises
        _check(connection, tx, error)
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        noted.undo(before)
        return Result(error=_for_future(error))
    _check(connection, tx, None)
    connection.execute("RELEASE unit")
    return Result(value)


def _check(connection: apsw.Connection, tx: Tx, error: BaseException | None) -> None:
    """SQLITE_FULL, IOERR, NOMEM roll back everything (ST3), also when the unit swallowed them."""
    if tx.lost is not None or not connection.in_transaction:
        raise GroupLost from (tx.lost or error)


def _for_future(error: BaseException) -> Exception:
    """A future takes no StopIteration, and a task that awaits it must not take a unit's end for its own."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    wrapped = RuntimeError(f"a unit raised {type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped


def _abandon(connection: apsw.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except apsw.Error as error:
        # What matters is why the group was lost; the next group rolls back once more before it begins.
        apsw.log(apsw.SQLITE_ERROR, f"rollback failed: {error}")
