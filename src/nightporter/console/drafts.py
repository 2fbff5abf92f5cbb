"""Drafts: what the machine would say if a person lets it; each is the `draft` of an open task and goes out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from nightporter.console.actions import ORIGIN, Deed, Result, Unit
from nightporter.console.people import Person, person
from nightporter.desk.privacy import without_cards
from nightporter.journal import people
from nightporter.journal.entries import message_of
from nightporter.model.conversation import Conversation
from nightporter.model.outbox import OutboxMessage
from nightporter.outbox import messages, tasks
from nightporter.outbox.tasks import Task
from nightporter.store import Tx, View

SHOWN_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One draft as staff see it. `happened`: catalogue names of what came since it was made; () = it is fresh."""

    task: Task
    asked: str  # the guest's words, card numbers masked
    conversation: Conversation
    person: Person
    percent: int | None  # how sure the recogniser was of the topic, None unknown
    happened: tuple[str, ...]

    def may_go(self, now_ms: int, who: str) -> bool:
        """True while one press may send it as it stands."""
        one = self.conversation
        free = not one.held(now_ms) or one.held_by == who
        return free and not self.happened and one.window_until_ms() > now_ms


def listed(view: View, today: str) -> list[Draft]:
    """All of them, oldest first."""
    return [found for task in tasks.drafted(view, SHOWN_MAX) if (found := _draft(view, task, today))]


def of_tasks(view: View, open_tasks: Sequence[Task], today: str) -> dict[str, Draft]:
    """The drafts of a conversation's open tasks, by task."""
    drafts = (_draft(view, task, today) for task in open_tasks if task.draft)
    return {one.task.task_id: one for one in drafts if one}


def count(view: View) -> int:
    """How many wait."""
    return int(view.scalar("tasks_drafted_count"))


def gone_on(view: View, task: Task, conversation: Conversation) -> tuple[str, ...]:
    """What makes a draft stale: words of the guest, a colleague's or another answer since it was made."""
    found: list[str] = []
    if view.one("entries_gone_on", (conversation.conversation_id, task.created_ms)):
        found.append("meanwhile.guest")
    if conversation.last_staff_ms > task.created_ms:
        found.append("meanwhile.staff")
    if conversation.last_answer_ms > task.created_ms:
        found.append("meanwhile.machine")
    return tuple(found)


def send(deed: Deed, task_id: str, parts: Sequence[OutboxMessage]) -> Unit:
    """Send a draft as it stands. The machine stays free to answer what the guest writes next.

    Refused when it is no open draft any more, when the window is over, while somebody else holds the conversation, and
    when something has happened since it was made: then a person reads that first.
    """

    def unit(tx: Tx) -> Result:
        task = tasks.one(tx, task_id)
        if task is None or task.state != "open" or not task.draft or task.conversation_id is None:
            return Result.NOTHING
        now = people.conversation(tx, task.conversation_id)
        if now.window_until_ms() <= deed.now_ms:
            return Result.CLOSED
        if now.held(deed.now_ms) and now.held_by != deed.who:
            return Result.HELD
        if gone_on(tx, task, now):
            return Result.CHANGED
        origin = f"{ORIGIN}:{deed.who}"
        for part in parts:
            messages.add(tx, part, origin=origin, covers=(), discloses=False, now_ms=deed.now_ms, claim=None)
        held_until_ms = now.held_until_ms
        tx.run(
            "conversation_staff",
            (deed.now_ms, deed.who, held_until_ms, deed.now_ms, now.conversation_id),
        )
        tasks.done(tx, task_id, deed.who, deed.now_ms)
        deed.note(tx, "draft sent", now.conversation_id, parts[0].outbox_id)
        return Result.DONE

    return unit


def throw_away(deed: Deed, task_id: str) -> Unit:
    """Nobody says that. A guest who had no answer since still waits for a person; else the task is done."""

    def unit(tx: Tx) -> Result:
        task = tasks.one(tx, task_id)
        if task is None or task.conversation_id is None or not tasks.undraft(tx, task_id):
            return Result.NOTHING
        now = people.conversation(tx, task.conversation_id)
        if now.last_staff_ms > task.created_ms:
            tasks.done(tx, task_id, deed.who, deed.now_ms)
        deed.note(tx, "draft thrown away", now.conversation_id)
        return Result.DONE

    return unit


def _draft(view: View, task: Task, today: str) -> Draft | None:
    if task.conversation_id is None:
        return None
    conversation = people.conversation(view, task.conversation_id)
    return Draft(
        task=task,
        asked=_asked(view, task),
        conversation=conversation,
        person=person(view, conversation.guest_id, today),
        percent=_percent(view, task),
        happened=gone_on(view, task, conversation),
    )


def _asked(view: View, task: Task) -> str:
    """All that was said in the turn; of an event's task what it is about."""
    rows = view.all("entries_turn", (task.conversation_id, task.created_ms))
    heard = [message.text for (payload,) in rows if (message := message_of(payload))]
    return "\n".join(without_cards(text) for text in heard if text.strip()) or task.summary


def _percent(view: View, task: Task) -> int | None:
    row = view.one("entries_trace", (task.conversation_id, task.created_ms))
    topics = orjson.loads(row[0]).get("topics", ()) if row else ()
    return next((round(confidence * 100) for name, confidence in topics if name == task.topic), None)
