"""node.db: what belongs to this machine and is never replicated, such as the epochs it has seen (RL7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from nightporter.store.file import damage_reported, open_writer

_CREATE = "CREATE TABLE IF NOT EXISTS node (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
_GET = "SELECT value FROM node WHERE key = ?"
_PUT = "INSERT INTO node (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


LOG_PAGES_MAX = 256  # 1 MB, then it is moved into the file


class NodeFile:
    """A few values on disk before the call returns; used rarely, on the event loop's own thread.

    `on_error` hears what SQLite says, and may raise something better: `CannotKeep`, `StoreBroken`.
    """

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self.on_error: Callable[[apsw.Error], None] = lambda _: None
        self._connection = open_writer(path, vfs)
        self._log_pages = 0
        self._connection.set_wal_hook(self._note_log)
        with damage_reported(path):
            self._connection.execute(_CREATE)

    def get(self, key: str, default: str = "") -> str:
        """The value, or the default."""
        rows = self._run(_GET, (key,))
        return str(rows[0][0]) if rows else default

    def put(self, key: str, value: str) -> None:
        """Set the value durably."""
        self._run(_PUT, (key, value))

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _run(self, statement: str, values: tuple[str, ...]) -> list[tuple[str]]:
        try:
            rows: Any = self._connection.execute(statement, values).fetchall()
            if self._log_pages >= LOG_PAGES_MAX:
                frames, moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                self._log_pages = frames - moved
            return rows
        except apsw.Error as error:
            self.on_error(error)
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
