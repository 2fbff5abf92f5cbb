"""Looks into Nightporter's file after a round: nothing may have been left out to be fast.

Every message has a disposition, an answer, its topic and language; the replication log is one unbroken chain.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from load.bodies import Wish

HASH_BYTES = 32

Proof = tuple[dict[str, Any], list[str]]


def inspect(database: Path, sent: Sequence[Wish]) -> Proof:
    """Figures and faults of a stopped node's hotel.db, against the messages that were sent to it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        figures, faults = _messages(connection, sent)
        log_figures, log_faults = _log(connection)
        answers = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
    if sum(answers.values()) != len(sent) or set(answers) - {"sent", "delivered", "read"}:
        faults.append(f"{len(sent)} messages, but answers by state: {answers}")
    return figures | log_figures | {"answers_by_state": answers}, faults + log_faults


def _messages(connection: sqlite3.Connection, sent: Sequence[Wish]) -> Proof:
    rows = connection.execute(
        "SELECT provider_id, disposition, trace FROM entries WHERE kind = 'message'"
    ).fetchall()
    found = {row[0]: row for row in rows}
    lost = sum(wish.message_id not in found for wish in sent)
    undisposed = sum(row[1] is None for row in rows)
    unrecorded = right_topic = right_language = 0
    for wish in sent:
        trace: dict[str, Any] = json.loads(found.get(wish.message_id, (None, None, None))[2] or "{}")
        topics = [topic[0] for topic in trace.get("topics", ())]
        unrecorded += not topics or not trace.get("language")
        right_topic += wish.topic in topics
        right_language += trace.get("language") == wish.language
    figures = {
        "messages": len(rows),
        "topic_right_percent": round(100 * right_topic / max(len(sent), 1), 2),
        "language_right_percent": round(100 * right_language / max(len(sent), 1), 2),
    }
    faults = {"not kept": lost, "without a disposition": undisposed, "without topic or language": unrecorded}
    return figures, [f"{count} messages {what}" for what, count in faults.items() if count]


def _log(connection: sqlite3.Connection) -> Proof:
    """Follows the chain (hash over the one before, the row's numbers and its data) from the first row that is kept."""
    rows = connection.execute("SELECT seq, epoch, kind, hash, data FROM replication_log ORDER BY seq")
    count, before, faults = 0, None, list[str]()
    for seq, epoch, kind, kept, data in rows:
        count += 1
        if before is not None:
            digest = hashlib.blake2b(before[1], digest_size=HASH_BYTES)
            digest.update(f"{seq} {epoch} {kind} {len(data)}\n".encode() + data)
            if seq != before[0] + 1 or digest.digest() != kept:
                faults.append(f"the log breaks at row {seq}")
                break
        before = (seq, kept)
    if not count:
        faults.append("the log is empty")
    return {"log_rows": count}, faults
