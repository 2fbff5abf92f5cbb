"""Tellings: messages to staff that must leave the house, and how far telling people of a task has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from nightporter.model.decision import Urgency
from nightporter.store import Row, Tx, View

TASKS_MAX = 500
DUE_MAX = 100
ERROR_CHARS_MAX = 200
PAGED_DEPARTMENT = "on_call"
HOLD_MS = 2 * 3_600_000  # how long staff hold a conversation (desk.md)


class Step(StrEnum):
    """What is told."""

    TOLD = "told"  # somebody must look; also the reminders
    TAKEN = "taken"  # somebody does: who pages may stop
    ENDED = "ended"  # done, or its cause is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A task as far as people are told of it."""

    task_id: str
    department: str
    reason: str
    urgency: Urgency
    conversation_id: str | None
    details: dict[str, Any]
    created_ms: int
    done: bool
    times: int  # how often anybody was told
    contacts: dict[str, int]  # who, how often
    next_ms: int
    taken_ms: int
    acknowledged: bool  # those who page have heard that it was taken
    last_staff_ms: int
    held_until_ms: int

    @property
    def pages(self) -> bool:
        """Everybody in line is told at once, whatever the hours."""
        urgent = self.urgency is Urgency.NOW and self.department == PAGED_DEPARTMENT
        return urgent or self.urgency is Urgency.EMERGENCY

    def begun_by_staff(self, now_ms: int) -> bool:
        """Somebody wrote in its conversation, or took it, after the task was made: that acknowledges it."""
        taken = self.held_until_ms > now_ms and self.held_until_ms - HOLD_MS >= self.created_ms
        return taken or self.last_staff_ms >= self.created_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTelling:
    """One message over one way."""

    telling_id: str
    way: str  # its fingerprint
    contact: str
    step: Step
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A telling whose time has come."""

    telling_id: str
    way: str
    contact: str
    step: Step
    task_ids: tuple[str, ...]
    attempts: int


def open_tasks(view: View) -> list[Open]:
    """Everything that staff have to do, oldest first."""
    return [_open(row) for row in view.all("tasks_and_told", (TASKS_MAX,))]


def alarms(view: View, now_ms: int) -> list[Open]:
    """Emergencies that nobody looks after yet, the oldest first."""
    found = [_open(row) for row in view.all("tasks_emergency", (TASKS_MAX,))]
    return [task for task in found if not task.taken_ms and not task.begun_by_staff(now_ms)]


def ended(view: View) -> list[Open]:
    """Tasks that are done, while those who were told have not heard it."""
    return [_open(row) for row in view.all("tasks_ended", (TASKS_MAX,))]


def known(view: View, task_ids: Iterable[str]) -> list[Open]:
    """The tasks of these ids that are still there."""
    rows = (view.one("task_told", (task_id,)) for task_id in task_ids)
    return [_open(row) for row in rows if row]


def due(view: View, now_ms: int) -> list[Due]:
    """What is to be told now."""
    return [
        Due(
            telling_id=row[0],
            way=row[1],
            contact=row[2],
            step=Step(row[3]),
            task_ids=tuple(orjson.loads(row[4])),
            attempts=row[5],
        )
        for row in view.all("tellings_due", (now_ms, DUE_MAX))
    ]


def told(view: View, telling_id: str) -> tuple[str, tuple[str, ...]] | None:
    """Who was told, and the ids of the tasks; None when that is long ago."""
    row = view.one("telling_get", (telling_id,))
    return (str(row[0]), tuple(orjson.loads(row[1]))) if row else None


def add(tx: Tx, tellings: Iterable[NewTelling], now_ms: int) -> None:
    """Messages that must go out; they are sent once they are on disk."""
    for one in tellings:
        ids = orjson.dumps(one.task_ids).decode()
        tx.run("telling_add", (one.telling_id, one.way, one.contact, one.step, ids, now_ms))


def note(tx: Tx, task: Open, contacts: Iterable[str], next_ms: int) -> None:
    """These contacts are told of the task once more; the next time comes at `next_ms`, 0 = never by itself."""
    counts = dict(task.contacts)
    for name in contacts:
        counts[name] = counts.get(name, 0) + 1
    tx.run("told_put", (task.task_id, task.times + 1, orjson.dumps(counts).decode(), next_ms))


def take(tx: Tx, task_id: str, who: str, now_ms: int) -> bool:
    """Somebody acknowledges the task: nobody is told of it any more. False when it is not open, or was taken before."""
    row = tx.one("task_told", (task_id,))
    if row is None or _open(row).done:
        return False
    return tx.run("told_taken", (task_id, now_ms, who)) == 1


def acknowledged(tx: Tx, task_id: str) -> None:
    """Those who page hear that it was taken."""
    tx.run("told_acknowledged", (task_id,))


def close(tx: Tx, task_id: str) -> None:
    """Everybody who was told knows that it is over."""
    tx.run("told_close", (task_id,))


def moved(tx: Tx, telling_id: str, state: str, *, attempts: int, due_ms: int, error: str) -> None:
    """What became of a try: `told`, `waiting` for the next, `dead` for good, or `moot`."""
    tx.run("telling_move", (state, attempts, due_ms, error[:ERROR_CHARS_MAX], telling_id))


def _open(row: Row) -> Open:
    return Open(
        task_id=row[0],
        department=row[1],
        reason=row[2],
        urgency=Urgency(row[3]),
        conversation_id=row[4],
        details=orjson.loads(row[5]),
        created_ms=row[6],
        done=row[7] == "done",
        times=row[8],
        contacts=orjson.loads(row[9]),
        next_ms=row[10],
        taken_ms=row[11],
        acknowledged=bool(row[12]),
        last_staff_ms=row[13],
        held_until_ms=row[14],
    )
