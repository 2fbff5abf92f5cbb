"""How far each message was at a kill: read from a copy of the data folder, for people and for the stricter checks.

The copy is opened, never the folder itself: the node that starts next finds exactly what the killed one left.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import apsw

from nightporter.testing.crash.logs import Logs, Written

FILES = ("hotel.db", "hotel.db-wal")
PENDING = "pending"
DECIDED = "decided"  # with a disposition that says nothing to the guest
_ENTRIES = "SELECT provider_id, disposition FROM entries WHERE kind = 'message'"
_OUTBOX = "SELECT covers, state FROM outbox"

States = Mapping[
    str, str
]  # id of a guest's message -> PENDING, DECIDED, or the state of the answer that covers it


class Stage(StrEnum):
    """Where a message stood when the node died."""

    KEPT = "kept, not read"
    READ = "read, not decided"
    WAITING = "decided, waiting"
    CLAIMED = "claimed, not accepted"
    ACCEPTED = "accepted, not recorded"
    RECORDED = "recorded"
    SETTLING = "settling after an earlier kill"
    SILENT = "decided without an answer"


LIFE = (Stage.KEPT, Stage.READ, Stage.WAITING, Stage.CLAIMED, Stage.ACCEPTED, Stage.RECORDED)
"""The stages that every message passes through, and every long run must have killed in."""

UNANSWERED = frozenset(LIFE) - {Stage.RECORDED}
"""Between 200 and answer; what only waits for its status after an earlier kill is not counted as such."""

CLAIMED_STATES = frozenset({"sending", "unknown", "maybe_sent", "sent", "delivered", "read", "failed"})
_SETTLING = frozenset({"unknown", "maybe_sent"})
_DONE = frozenset({"sent", "delivered", "read", "failed"})


def states_on_disk(folder: Path) -> dict[str, str]:
    """What a killed node's hotel.db says of each message; messages it does not know are missing."""
    with tempfile.TemporaryDirectory(prefix="nightporter-crash-") as name:
        copy = Path(name)
        for file in FILES:
            if (folder / file).exists():
                shutil.copyfile(folder / file, copy / file)
        if not (copy / FILES[0]).exists():
            return {}
        connection = apsw.Connection(str(copy / FILES[0]))
        try:
            return _read(connection)
        finally:
            connection.close()


def _read(connection: apsw.Connection) -> dict[str, str]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").fetchall():
        return {}
    states = {
        str(wamid): PENDING if disposition is None else DECIDED
        for wamid, disposition in connection.execute(_ENTRIES)
    }
    for covers, state in connection.execute(_OUTBOX):
        states.update(dict.fromkeys(json.loads(str(covers)), str(state)))
    return states


def stage_of(message: Written, states: States, *, accepted: bool) -> Stage:
    """Where the message stood; `accepted`: the provider had taken the answer by then."""
    state = states.get(message.wamid)
    if state is None:
        return Stage.KEPT
    if state == "sending":
        return Stage.ACCEPTED if accepted else Stage.CLAIMED
    if state in _SETTLING:
        return Stage.SETTLING
    if state in _DONE:
        return Stage.RECORDED
    return {PENDING: Stage.READ, "waiting": Stage.WAITING}.get(state, Stage.SILENT)


def count_stages(messages: Iterable[Written], states: States, logs: Logs, at_ms: int) -> Counter[Stage]:
    """How many of the messages stood in which stage."""
    return Counter(
        stage_of(one, states, accepted=any(taken.at_ms <= at_ms for taken in logs.answered(one)))
        for one in messages
    )
