"""What stands above every page: who waits, drafts, emergencies that nobody has taken, and one's own duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nightporter.console import drafts
from nightporter.console.inbox import InboxReader
from nightporter.console.people import person
from nightporter.console.session import Visitor
from nightporter.journal import duty, people
from nightporter.journal.accounts import login_of
from nightporter.outbox import tasks, tellings
from nightporter.outbox.tellings import Open
from nightporter.store import View

NOTHING: dict[str, Any] = {"waiting": 0, "drafted": 0, "alarms": (), "newest_ms": 0, "duty": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An emergency, with whose it is."""

    task: Open
    who: str
    room: str


def read(view: View, visitor: Visitor, now_ms: int, today: str) -> dict[str, Any]:
    """The values of the head's templates; `newest_ms`: when the newest thing came that waits for a person."""
    waits = [task.created_ms for task in tasks.open_tasks(view) if task.conversation_id]
    return {
        "waiting": InboxReader(view, now_ms, today).count(),
        "drafted": drafts.count(view),
        "alarms": [_alarm(view, task, today) for task in tellings.alarms(view, now_ms)],
        "newest_ms": max(waits, default=0),
        "duty": duty.said(view, now_ms).get(login_of(visitor.name)),
    }


def _alarm(view: View, task: Open, today: str) -> Alarm:
    if task.conversation_id is None:
        return Alarm(task=task, who="", room="")
    guest = person(view, people.conversation(view, task.conversation_id).guest_id, today)
    room = next((stay.room for stay in guest.stays if stay.room), "")
    return Alarm(task=task, who=guest.title, room=room)
