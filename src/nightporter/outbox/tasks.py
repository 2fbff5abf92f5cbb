"""Tasks: what a person must do, each made once by its key."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from nightporter.model.decision import NewTask
from nightporter.store import Row, Tx, View

SUMMARY_CHARS_MAX = 1_000
OPEN_TASKS_MAX = 500
BY_ITSELF = "nightporter"  # `done_by` of a task whose cause has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as it stands."""

    task_id: str
    conversation_id: str | None
    department: str
    reason: str
    topic: str
    summary: str
    details: dict[str, str]
    draft: str
    urgency: str
    state: str
    created_ms: int
    done_ms: int | None
    done_by: str | None


def add(tx: Tx, task_id: str, task: NewTask, conversation_id: str | None, now_ms: int) -> str:
    """Make the task unless its key was used before; the id of the one that stands."""
    new = tx.run(
        "task_add",
        (
            task_id, task.key, conversation_id, task.department, task.reason, task.topic,
            task.summary[:SUMMARY_CHARS_MAX], orjson.dumps(task.details).decode(), task.draft, task.urgency, now_ms,
        ),
    )  # fmt: skip
    return task_id if new else str(tx.scalar("task_by_key", (task.key,)))


def done(tx: Tx, task_id: str, who: str, now_ms: int) -> bool:
    """A person did it; False when it was not open."""
    return tx.run("task_done", (now_ms, who, task_id)) == 1


def end(tx: Tx, prefix: str, now_ms: int) -> int:
    """The cause of the tasks whose keys begin with `prefix` is over: they end by themselves; how many."""
    return tx.run("tasks_end", (now_ms, BY_ITSELF, *_span(prefix)))


def begun(view: View, prefix: str) -> bool:
    """True while one of them is open."""
    return view.one("tasks_begin", _span(prefix)) is not None


def _span(prefix: str) -> tuple[str, str]:
    """From the prefix to the first key behind all that begin with it."""
    return prefix, f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"


def open_tasks(view: View, limit: int = OPEN_TASKS_MAX) -> list[Task]:
    """What staff have to do, oldest first."""
    return [_task(row) for row in view.all("tasks_open", (limit,))]


def one(view: View, task_id: str) -> Task | None:
    """A task, whatever its state."""
    row = view.one("task_get", (task_id,))
    return _task(row) if row else None


def drafted(view: View, limit: int = OPEN_TASKS_MAX) -> list[Task]:
    """What the machine would say if a person lets it, oldest first."""
    return [_task(row) for row in view.all("tasks_drafted", (limit,))]


def undraft(tx: Tx, task_id: str) -> bool:
    """Nobody wants to say that; the task stays. False when it is not open, or had no draft."""
    return tx.run("task_undraft", (task_id,)) == 1


def of_conversation(view: View, conversation_id: str) -> list[Task]:
    """A conversation's tasks, oldest first."""
    return [_task(row) for row in view.all("tasks_of", (conversation_id, OPEN_TASKS_MAX))]


def _task(row: Row) -> Task:
    return Task(
        task_id=row[0],
        conversation_id=row[1],
        department=row[2],
        reason=row[3],
        topic=row[4],
        summary=row[5],
        details=orjson.loads(row[6]),
        draft=row[7],
        urgency=row[8],
        state=row[9],
        created_ms=row[10],
        done_ms=row[11],
        done_by=row[12],
    )
