"""node.db: what belongs to this machine and is never replicated, such as the epochs it has seen (RL7)."""

from __future__ import annotations

from pathlib import Path

from nightporter.store.file import open_writer

_CREATE = "CREATE TABLE IF NOT EXISTS node (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
_GET = "SELECT value FROM node WHERE key = ?"
_PUT = "INSERT INTO node (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class NodeFile:
    """A few values on disk before the call returns; used rarely, on the event loop's own thread."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self._connection = open_writer(path, vfs)
        self._connection.execute(_CREATE)

    def get(self, key: str, default: str = "") -> str:
        """The value, or the default."""
        rows = self._connection.execute(_GET, (key,)).fetchall()
        return str(rows[0][0]) if rows else default

    def put(self, key: str, value: str) -> None:
        """Set the value durably."""
        self._connection.execute(_PUT, (key, value))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
