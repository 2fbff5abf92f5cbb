"""What was done to a run, and whether it mattered: a fault that never changes anything proves nothing."""

from __future__ import annotations

from collections import Counter

import apsw

from nightporter.testing.sim.world import World

REFUSED_AS = {131016: "unavailable_before", 130429: "throughput_before", 190: "token_before"}
KINDS = frozenset(
    {
        "crash", "repeat", "reorder", "status_first", "no_status", "late_arrival",
        "reset_before", "error_before", "never_before", "unavailable_before", "throughput_before", "token_before",
        "reset_after", "error_after", "never_after", "slow_after", "no_id_after", "refused_webhook", "burst", "edit",
        "staff_echo", "reaction", "failed_status",
    }
)  # fmt: skip
NOT_SMOOTH = (
    "SELECT DISTINCT outbox_id FROM attempts WHERE outcome IN ('retry', 'released', 'unknown', 'refused')"
)
ENDED = "SELECT outbox_id, max(ended_ms) FROM attempts GROUP BY outbox_id"
OUT_OF_ORDER = """
SELECT count(*) FROM entries a JOIN entries b ON a.conversation_id = b.conversation_id
WHERE a.at_ms < b.at_ms AND a.delivery_id > b.delivery_id AND a.kind = 'message' AND b.kind = 'message'
"""
DISPOSED = "SELECT reason, count(*) FROM entries WHERE disposition = 'silent' GROUP BY reason"
FAILED = "SELECT outbox_id FROM outbox WHERE state = 'failed'"
TURNS = """
SELECT count(*) FROM (
  SELECT reference FROM entries WHERE reference IS NOT NULL GROUP BY reference HAVING count(*) > 1
)
"""


def count(world: World, reader: apsw.Connection) -> tuple[Counter[str], Counter[str]]:
    """(injected, mattered) by kind of fault, crashes aside."""
    injected: Counter[str] = Counter()
    mattered: Counter[str] = Counter()
    not_smooth = {row[0] for row in reader.execute(NOT_SMOOTH)}
    for kind, which in _faults(world):
        injected[kind] += 1
        mattered[kind] += which in not_smooth
    _repeats(world, injected, mattered)
    _statuses(world, reader, injected, mattered)
    for kind in ("burst", "edit", "staff_echo", "reaction"):
        injected[kind] += world.did[kind]
    out_of_order = next(reader.execute(OUT_OF_ORDER))[0]
    injected["reorder"] += out_of_order
    mattered["reorder"] += out_of_order
    silent: dict[str, int] = {row[0]: row[1] for row in reader.execute(DISPOSED)}
    mattered["reaction"] += silent.get("reaction", 0)
    mattered["edit"] += silent.get("superseded_by_edit", 0)
    mattered["staff_echo"] += silent.get("staff_speaking", 0)
    mattered["burst"] += next(reader.execute(TURNS))[0]
    return injected, mattered


def _faults(world: World) -> list[tuple[str, str | None]]:
    """Every failed request: what was done to it, and our id of the message."""
    found: list[tuple[str, str | None]] = []
    for record in world.provider.ledger.records:
        data = record.data
        if record.kind == "accepted" and data["fault"] != "none":
            found.append((data["fault"], data["callback_data"]))
        elif record.kind == "failed":
            found.append((data["failure"], data["body"].get("biz_opaque_callback_data")))
        elif record.kind == "refused" and data["code"] in REFUSED_AS:
            found.append((REFUSED_AS[data["code"]], data["callback_data"]))
    return found


def _repeats(world: World, injected: Counter[str], mattered: Counter[str]) -> None:
    """A repeat mattered when the node said 200 to the same message more than once."""
    told: Counter[str] = Counter()
    for record in world.provider.ledger.webhooks():
        ids = [which for kind, which, _ in record.data["contents"] if kind == "message"]
        if record.data["http_status"] == 200:
            told.update(ids)
        else:
            injected["refused_webhook"] += 1
            mattered["refused_webhook"] += bool(ids)
    again = sum(times - 1 for times in told.values())
    injected["repeat"] += again
    mattered["repeat"] += again


def _statuses(world: World, reader: apsw.Connection, injected: Counter[str], mattered: Counter[str]) -> None:
    ended = {row[0]: row[1] for row in reader.execute(ENDED)}
    failed = {row[0] for row in reader.execute(FAILED)}
    for message in world.provider.ledger.accepted():
        injected["failed_status"] += "failed" in message.statuses
        mattered["failed_status"] += message.callback_data in failed
        end_ms = ended.get(message.callback_data)
        if not message.statuses:
            injected["no_status"] += 1
            mattered["no_status"] += message.fault != "none"
        elif end_ms is None or min(message.told.values(), default=end_ms) < end_ms:
            injected["status_first"] += 1
            mattered["status_first"] += 1
        if end_ms is not None and message.t_ms > end_ms:
            injected["late_arrival"] += 1
            mattered["late_arrival"] += 1
