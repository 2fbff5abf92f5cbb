"""Lets a stopped node's folder grow older: the node's own housekeeping with a clock that is ahead, then the sizes.

Nothing is vacuumed, for the node does not: what is dropped leaves free pages, which later messages fill. `used_bytes`
leaves free pages out, `file_bytes` is hotel.db with its write-ahead log.
Run as `python -m load.later --data D --days 31`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from moments import Random
from nightporter.clock import Ids, SystemClock
from nightporter.cluster.single import take
from nightporter.rounds.housekeeping import DAY_MS, Housekeeping, Retention
from nightporter.rounds.node import Node
from nightporter.store import Store, ThreadStepping
from nightporter.store.pruning import KEEP_MS

TABLES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"


@dataclass(slots=True)
class ClockAhead(SystemClock):
    """The machine's clocks, but for the wall clock, which is ahead."""

    ahead_ms: int

    def now_ms(self) -> int:
        """The machine's time and so much more."""
        return SystemClock.now_ms(self) + self.ahead_ms


async def housekeep(data: Path, days: float) -> None:
    """One night's retention under the default settings; a day later the log that it left is pruned as well."""
    clock = ClockAhead(int(days * DAY_MS))
    store = Store.open(data, clock, ThreadStepping())
    try:
        node = Node(store, clock, Ids(clock, Random()), await take(store, "bench"))
        housekeeping = Housekeeping(node, Retention(), lambda: 0)
        await housekeeping.nightly(())
        clock.ahead_ms += KEEP_MS + 1
        await housekeeping.prune_log()
    finally:
        store.close()


def sizes(data: Path) -> dict[str, object]:
    """Bytes of the file, of the pages in use, and of each table and index."""
    files = [data / "hotel.db", data / "hotel.db-wal"]
    with closing(apsw.Connection(str(files[0]), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        pages, free, size = (
            connection.pragma(name) for name in ("page_count", "freelist_count", "page_size")
        )
        messages: Any = connection.execute("SELECT count(*) FROM entries WHERE kind = 'message'").fetchall()[
            0
        ][0]
        rows: list[Any] = connection.execute(TABLES).fetchall()
    file_bytes = sum(file.stat().st_size for file in files if file.exists())
    used_bytes = (pages - free) * size
    return {"messages": messages, "file_bytes": file_bytes, "used_bytes": used_bytes, "tables": dict(rows)}


def main() -> None:
    """Reads the command line, keeps house, prints the sizes as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--days", type=float, default=0, help="how many days later; 0: only the sizes")
    options = parser.parse_args()
    if options.days:
        asyncio.run(housekeep(options.data, options.days))
    json.dump(sizes(options.data), sys.stdout)


if __name__ == "__main__":
    main()
