"""Schema steps: applied once each, and written into the log as text so that a follower takes the same ones (RL4)."""

from __future__ import annotations

from typing import Any

import apsw

from nightporter.errors import StoreTooNew
from nightporter.store import log
from nightporter.store.sql import migrations, queries

VERSION_KEY = "schema"


def version(connection: apsw.Connection) -> int:
    """The newest step that the file has; 0 for a new file."""
    if not connection.table_exists("main", "meta"):
        return 0
    row: Any = connection.execute(queries()["meta_get"], (VERSION_KEY,)).fetchall()
    return int(row[0][0]) if row else 0


def migrate(connection: apsw.Connection, at_ms: int) -> None:
    """Bring the file to this release's schema. Raises `StoreTooNew` for a file of a later release."""
    have, steps = version(connection), migrations()
    if have > steps[-1][0]:
        raise StoreTooNew(
            f"hotel.db has schema {have}, this release knows {steps[-1][0]}",
            "install the newer release again",
        )
    for step, text in steps:
        if step > have:
            with connection:
                for _ in connection.execute(text):
                    raise AssertionError("a schema step returns no rows")
                connection.execute(queries()["meta_put"], (VERSION_KEY, str(step)))
                log.append(connection, log.head(connection), 0, at_ms, "migration", text.encode())
