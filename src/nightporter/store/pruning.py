"""Pruning of the replication log: 24 hours or 256 MB of changes, whichever is less (RL5).

A node without follower and snapshot keeps that much, so that one that comes later may still begin from a copy. What a
verified snapshot has goes earlier, though not at once: snapshots are thinned to one an hour, and the log that the next
one brings along must reach back to the one before, so that any moment between them can be restored.
"""

from __future__ import annotations

from nightporter.store.group import Unit
from nightporter.store.tx import Tx

KEEP_MS = 24 * 60 * 60 * 1000
KEEP_COVERED_MS = 2 * 60 * 60 * 1000
KEEP_BYTES = 256 * 1024 * 1024
ROWS_MAX = 500  # a unit's: what is deleted at once holds the writer up


def prune_unit(
    now_ms: int, covered_seq: int = 0, *, keep_ms: int = KEEP_MS, keep_bytes: int = KEEP_BYTES
) -> Unit:
    """A unit that drops at most `ROWS_MAX` of the oldest rows and returns how many: run it until that is 0.

    `covered_seq`: the newest row that the newest verified snapshot has; one that does not exist does not count.

    The newest row always stays: the hash chain goes on from it.
    """

    def prune(tx: Tx) -> int:
        newest_seq, _, total_bytes = tx.all("log_head")[0]
        oldest = [row for row in tx.all("log_ages", (ROWS_MAX,)) if row[0] < newest_seq]
        # One row with a time in the future, from a clock that was wrong, must not keep older ones: so the last that
        # is too old, and all before it.
        too_old = [seq for seq, at_ms, _ in oldest if at_ms < now_ms - keep_ms]
        too_old += [
            seq for seq, at_ms, _ in oldest if seq <= covered_seq and at_ms < now_ms - KEEP_COVERED_MS
        ]
        too_much = [seq for seq, _, before_bytes in oldest if total_bytes - before_bytes > keep_bytes]
        return tx.run("log_prune", (max(too_old + too_much),)) if too_old or too_much else 0

    return prune
