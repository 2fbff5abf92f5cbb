"""Every named query finds its rows by an index, also in a file with years of history (RL2, ST6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import apsw
import apsw.ext
import pytest

from nightporter.store.log import NOT_RECORDED
from nightporter.store.sql import migrations, parse, queries

# Why a query may read a whole table or index.
MAY_SCAN = {
    "delivery_last": "the last row of the key's order, LIMIT 1",
    "entry_newest": "the last row of the key's order, LIMIT 1",
    "media_all_kept": "on a copy, where nobody waits",
    "log_head": "the last row of the key's order, LIMIT 1",
    "log_ages": "the first rows of the key's order, LIMIT",
    "dispositions_count": "tests ask it, to check `disposed_all`",
    "disposed_all": "one row per kind of disposition",
    "events_count": "a person asks for the sum of everything",
    "dictionary_all": "one row per release",
    "account_list": "as many as the hotel has staff",
    "duty_all": "as many as the hotel has staff",
    "key_list": "a handful of keys",
    "labels_used": "words that people put on guests by hand are few",
    "search_bound": "one slice of the key's order, LIMIT",
    "search_names": "a person searches: on a thread of its own, bounded in time",
    "search_phones": "a person searches: on a thread of its own",
    "ready_answers_all": "at most 500, and a person looks at all of them",
    "ready_answers_count": "at most 500",
    "pauses_all": "one row per kind of workers",
}
SCANS = re.compile(r"^SCAN (?!CONSTANT)")

Plan = list[str]


@pytest.fixture(scope="module")
def schema() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    for _, text in migrations():
        connection.execute(text)
    yield connection
    connection.close()


def rows(connection: apsw.Connection, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
    return connection.execute(statement, values).fetchall()


def plan_of(connection: apsw.Connection, statement: str) -> Plan:
    count = apsw.ext.query_info(connection, statement).bindings_count
    return [row[3] for row in rows(connection, f"EXPLAIN QUERY PLAN {statement}", (None,) * count)]


def scans(connection: apsw.Connection, statement: str) -> Plan:
    """Steps that read a table or an index to its end; a partial index holds only what is open, so it may be."""
    partial = {
        name
        for (name,) in rows(
            connection, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'"
        )
    }
    return [
        step
        for step in plan_of(connection, statement)
        if ("AUTOMATIC" in step or SCANS.match(step)) and step.split()[-1] not in partial
    ]


@pytest.mark.parametrize("name", sorted(queries()))
def test_query_scans_no_table(schema: apsw.Connection, name: str) -> None:
    found = scans(schema, queries()[name])
    assert bool(found) == (name in MAY_SCAN), found or f"{name} scans nothing any more: take it from MAY_SCAN"


def test_scan_is_found(schema: apsw.Connection) -> None:
    assert scans(schema, "SELECT * FROM outbox WHERE error = ?") == ["SCAN outbox"]
    # A partial index serves only who repeats its condition.
    assert scans(schema, "SELECT outbox_id FROM outbox WHERE provider_id = ?") == ["SCAN outbox"]


# --- what a plan does not show: a search that walks through all that is done ---------------------------------

OFTEN: dict[str, tuple[Any, ...]] = {
    "deliveries_new": ("", 10),
    "deliveries_new_count": (),
    "conversations_pending": (),
    "entries_pending": ("c1", 10),
    "entries_pending_count": (),
    "outbox_due": ("whatsapp", 9_000_000, 10),
    "outbox_urgent": ("whatsapp", 9_000_000, 10),
    "outbox_next": ("whatsapp",),
    "outbox_in_state": ("unknown", "", 10),
    "outbox_claimed_before": (2, 10),
    "outbox_counts": (),
    "outbox_unsettled_to": ("+39",),
    "outbox_oldest": (),
    "outbox_by_provider": ("p-none",),
    "outbox_said": ("p-none",),
    "tasks_open": (10,),
    "tasks_count": (),
    "tasks_and_told": (10,),
    "tasks_ended": (10,),
    "tellings_due": (9_000_000, 10),
    "media_due": (9_000_000, 10),
    "events_waiting": (10,),
    "conversations_recent": (9_000_000, 10),
    "log_ages": (10,),
}
HISTORY = """
INSERT INTO guests (guest_id, name, created_ms) SELECT 'g' || value, '', value FROM numbers WHERE value <= 20;
INSERT INTO conversations (conversation_id, guest_id, channel, number, last_activity_ms)
  SELECT 'c' || value, 'g' || value, 'whatsapp', '1', value FROM numbers WHERE value <= 20;
INSERT INTO deliveries (delivery_id, channel, received_ms, state)
  SELECT format('d%06d', value), 'whatsapp', value, 'read' FROM numbers;
INSERT INTO bodies (delivery_id, dictionary_id, body)
  SELECT format('d%06d', value), 0, x'00' FROM numbers;
INSERT INTO entries (entry_id, dedupe, kind, channel, number, ours, provider_id, conversation_id, at_ms, received_ms,
  delivery_id, ordinal, payload, disposition, disposed_ms)
  SELECT format('e%06d', value), CAST(value AS BLOB), 'message', 'whatsapp', '1', 0, 'w' || value,
    'c' || (1 + value % 20), value, value, format('d%06d', value), 0, '{}', 'answered', value
  FROM numbers;
INSERT INTO outbox (outbox_id, channel, number, conversation_id, content, origin, state, created_ms, due_ms, changed_ms,
  provider_id)
  SELECT format('o%06d', value), 'whatsapp', '1', 'c' || (1 + value % 20), '{}', 'desk', 'read', value, value, value,
    'p' || value FROM numbers;
INSERT INTO tasks (task_id, task_key, department, reason, summary, urgency, state, created_ms)
  SELECT format('t%06d', value), 'k' || value, 'desk', 'r', 's', 'normal', 'done', value FROM numbers;
INSERT INTO told (task_id, times, contacts, next_ms, closed) SELECT format('t%06d', value), 1, '{}', 0, 1 FROM numbers;
INSERT INTO tellings (telling_id, way, contact, step, tasks, state, due_ms)
  SELECT format('m%06d', value), 'slack', 'house', 'told', '[]', 'told', value FROM numbers;
INSERT INTO media (entry_id, channel, reference, mime_type, state, due_ms)
  SELECT format('e%06d', value), 'whatsapp', 'r', 'm', 'kept', value FROM numbers;
INSERT INTO events (event_id, order_key, type, source, body, fingerprint, state, accepted_ms)
  SELECT format('v%06d', value), 'k', 't', 's', '{}', x'00', 'delivered', value FROM numbers;
INSERT INTO replication_log (seq, epoch, at_ms, kind, hash, total_bytes, data)
  SELECT value, 1, value, 'changes', x'00', value, x'00' FROM numbers;
"""


def steps(history: int, statements: dict[str, str]) -> dict[str, int]:
    """How many steps of SQLite's machine each statement takes in a file with so much history."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TEMP TABLE numbers (value INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO numbers VALUES (?)", [(number,) for number in range(1, history + 1)])
    for _, text in migrations():
        connection.execute(text)
    for statement in HISTORY.split(";")[:-1]:
        connection.execute(statement)
    taken: dict[str, int] = {}
    for name, values in OFTEN.items():
        status: list[int] = []

        def note(event: dict[str, Any], status: list[int] = status) -> None:
            status.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"])

        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)
        rows(connection, statements[name], values)
        connection.trace_v2(0)
        taken[name] = sum(status)
    connection.close()
    return taken


def growing(statements: dict[str, str]) -> set[str]:
    young, old = steps(50, statements), steps(500, statements)
    return {name for name in OFTEN if old[name] > young[name] * 1.5 + 20}


def test_work_does_not_grow_with_history() -> None:
    assert not growing(queries())


def test_growth_is_found() -> None:
    by_key = (
        "SELECT outbox_id, conversation_id, changed_ms FROM outbox WHERE state = ? AND outbox_id > ? LIMIT ?"
    )
    assert growing(queries() | {"outbox_in_state": by_key}) == {"outbox_in_state"}


# --- the schema (RL2) ---------------------------------------------------------------------------------------


def test_tables_can_be_replicated(schema: apsw.Connection) -> None:
    tables = rows(schema, "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'")
    for name, kind, without_rowid, strict in tables:
        if name.startswith("sqlite_"):
            continue
        assert (kind, strict) == ("table", 1), name
        columns = rows(schema, 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
        keys = [column for column in columns if column[3]]
        assert keys, f"{name}: a table without a key is not in the log"
        assert all(notnull for _, _, notnull, _ in keys), f"{name}: a NULL in a key is not in the log"
        integer = [column[1] for column in keys] == ["INTEGER"]
        assert bool(without_rowid) != integer, (
            f"{name}: WITHOUT ROWID for keys of text or blobs, and only there"
        )


def test_schema_has_nothing_that_a_follower_would_do_otherwise(schema: apsw.Connection) -> None:
    assert rows(schema, "SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')") == []
    assert not rows(schema, "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'")
    text = re.sub(r"--.*", "", "\n".join(step for _, step in migrations())).upper()
    banned = (
        r"AUTOINCREMENT|COLLATE|DEFERR|RANDOM|CURRENT_|STRFTIME|UNIXEPOCH|DATETIME\(|GENERATED|ON CONFLICT"
    )
    assert not re.findall(banned, text)


def test_what_is_not_recorded_exists(schema: apsw.Connection) -> None:
    tables = {name for (name,) in rows(schema, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables > NOT_RECORDED


def test_order_never_comes_from_rowid() -> None:
    assert [name for name, text in queries().items() if re.search(r"\b_?(rowid|oid)_?\b", text)] == []


def test_a_name_that_stands_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="one stands twice"):
        parse("-- one: why\nSELECT 1;\n-- one: again\nSELECT 2;\n")
