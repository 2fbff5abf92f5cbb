"""What is noted row by row says the same as SQLite's own session (RL1, RL5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
from hypothesis import given
from hypothesis import strategies as st

from nightporter.store.changes import Changes

SCHEMA = """
CREATE TABLE plain (id INTEGER NOT NULL PRIMARY KEY, word TEXT, weight REAL, body BLOB) STRICT;
CREATE TABLE pairs (size INTEGER, left TEXT NOT NULL, right TEXT NOT NULL, PRIMARY KEY (right, left))
  STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pairs_size ON pairs (size);
CREATE TABLE probe (id INTEGER NOT NULL PRIMARY KEY) STRICT;
"""

ids = st.integers(0, 4)
words = st.sampled_from(["", "a", "b" * 127, "é" * 64, "\U0001f600" * 50])
weights = st.none() | st.floats(allow_nan=False) | st.integers(-(2**52), 2**52)
bodies = st.none() | st.binary(max_size=200)
sizes = st.none() | st.integers(-(2**63), 2**63 - 1)

statements = st.one_of(
    st.tuples(st.just("INSERT OR REPLACE INTO plain VALUES (?, ?, ?, ?)"), ids, words, weights, bodies),
    st.tuples(st.just("UPDATE plain SET word = ?, body = ? WHERE id = ?"), words, bodies, ids),
    st.tuples(st.just("UPDATE OR IGNORE plain SET id = ? WHERE id = ?"), ids, ids),
    st.tuples(st.just("DELETE FROM plain WHERE id = ?"), ids),
    st.tuples(st.just("DELETE FROM plain WHERE id >= 0")),
    st.tuples(st.just("INSERT OR IGNORE INTO pairs VALUES (?, ?, ?)"), sizes, words, words),
    st.tuples(st.just("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)"), sizes, words, words),
    st.tuples(
        st.just("INSERT INTO pairs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET left = excluded.left || 'x'"),
        sizes,
        words,
        words,
    ),
    st.tuples(st.just("UPDATE OR IGNORE pairs SET size = ?, left = ? WHERE left = ?"), sizes, words, words),
    st.tuples(st.just("DELETE FROM pairs WHERE left = ?"), words),
    st.tuples(st.just("INSERT OR REPLACE INTO probe VALUES (?)"), ids),
    st.tuples(
        st.just("INSERT INTO plain (id) VALUES (?), (?)"), ids, ids
    ),  # the second may take back the first
)
groups = st.lists(st.tuples(st.lists(statements, max_size=5), st.booleans()), max_size=5)


def told(changeset: bytes) -> set[str]:
    """Each change of a changeset, whatever their order."""
    return {f"{row.name} {row.op} {row.old} {row.new}" for row in apsw.Changeset.iter(changeset)}


def run(connection: apsw.Connection, statement: Sequence[Any]) -> bool:
    """Run it; False when SQLite refused it and took back what it had done."""
    try:
        connection.execute(statement[0], statement[1:]).fetchall()
    except apsw.ConstraintError:
        return False
    return True


@given(before=groups, group=groups, keys_only=st.booleans())
def test_a_group_says_what_a_session_says(before: Any, group: Any, keys_only: bool) -> None:
    ours, theirs = (
        apsw.Connection(":memory:"),
        apsw.Connection(":memory:"),
    )  # one place for who is told of changes
    changes = Changes(ours, frozenset({"probe"}))
    for connection in (ours, theirs):
        connection.execute(SCHEMA)
        for unit, _ in before:
            for statement in unit:
                run(connection, statement)
    session = apsw.Session(theirs, "main")
    session.table_filter(lambda name: name != "probe")
    changes.begin()
    for connection in (ours, theirs):
        connection.execute("BEGIN")
        for unit, kept in group:
            count = len(changes.noted)
            connection.execute("SAVEPOINT unit")
            for statement in unit:
                noted = len(changes.noted)
                if not run(connection, statement) and connection is ours:
                    changes.undo(noted)
            if not kept:
                connection.execute("ROLLBACK TO unit")
                if connection is ours:
                    changes.undo(count)
            connection.execute("RELEASE unit")
    changes.end()

    written = changes.written(keys_only=keys_only)
    expected = session.patchset() if keys_only else session.changeset()

    assert told(written) == told(expected)
    assert len(written) == len(expected)
    run(ours, ("DELETE FROM plain WHERE id >= 0",))
    assert changes.written(keys_only=keys_only) == written, "what comes after the group is not its own"
    session.close()
    for connection in (ours, theirs):
        connection.close()
