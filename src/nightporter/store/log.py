"""The replication log: each committed group as one changeset, chained by hash (RL1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import apsw

from nightporter.store.sql import queries

HASH_BYTES = 32
NOT_RECORDED = frozenset({"replication_log", "probe"})
START = b"\0" * HASH_BYTES


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest row of the log. `total_bytes`: of all changes up to it, pruned ones too."""

    seq: int
    hash: bytes
    total_bytes: int


def chained(before: bytes, seq: int, epoch: int, kind: str, data: bytes) -> bytes:
    """The hash of a log row, which covers every row before it."""
    digest = hashlib.blake2b(before, digest_size=HASH_BYTES)
    digest.update(f"{seq} {epoch} {kind} {len(data)}\n".encode())
    digest.update(data)
    return digest.digest()


def head(connection: apsw.Connection) -> LogHead:
    """The newest row, or the start of the chain."""
    row: Any = connection.execute(queries()["log_head"]).fetchall()
    return LogHead(*row[0]) if row else LogHead(0, START, 0)


def append(
    connection: apsw.Connection, at: LogHead, epoch: int, at_ms: int, kind: str, data: bytes
) -> LogHead:
    """Write the next row inside the open transaction; the head after it."""
    seq, total_bytes = at.seq + 1, at.total_bytes + len(data)
    digest = chained(at.hash, seq, epoch, kind, data)
    connection.execute(queries()["log_append"], (seq, epoch, at_ms, kind, digest, total_bytes, data))
    return LogHead(seq, digest, total_bytes)
