"""What a restored hotel.db may do by itself: nothing of what it believes to be still open (docs/decisions/0007).

Between the moment that it shows and the moment at which its node ended, things happened that it does not know.
What it has as unanswered may have been answered, what it has as unsent may have been sent. So all of that goes to
staff; only what is new is handled by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nightporter.backup.shelf import iso
from nightporter.clock import Ids
from nightporter.journal.entries import UNKNOWN_UNTIL
from nightporter.journal.events import EventState
from nightporter.model.decision import NewTask, Urgency
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim
from nightporter.store import Tx

DETAIL = "the file was restored: this may have been sent since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back. What happened between the two moments is not known."""

    stamp: str
    knows_until_ms: int
    unknown_until_ms: int


@dataclass(frozen=True, slots=True)
class Doubts:
    """How much went to staff instead of being handled."""

    entries: int
    messages: int
    events: int


def caution(restored: Restored, epoch: int, ids: Ids, now_ms: int) -> Callable[[Tx], Doubts]:
    """A unit: from now on the file handles by itself only what is new to it, and what staff hand back to it."""
    by = Claim(epoch)

    def unit(tx: Tx) -> Doubts:
        doubts = Doubts(tx.run("entries_in_doubt"), _messages(tx, by, now_ms), _events(tx, ids, now_ms))
        tx.run("meta_put", (UNKNOWN_UNTIL, str(restored.unknown_until_ms)))
        _tell_staff(tx, ids.new(), restored, doubts, now_ms)
        return doubts

    return unit


def _messages(tx: Tx, by: Claim, now_ms: int) -> int:
    """As if each had been on the wire when the node ended: a status settles it, or staff do (SD3)."""
    waiting = tx.all("outbox_all_waiting")
    for outbox_id, attempts in waiting:
        messages.claim(tx, outbox_id, attempts + 1, by, now_ms)
        messages.unknown(tx, outbox_id, attempts + 1, DETAIL, now_ms)
    return len(waiting)


def _events(tx: Tx, ids: Ids, now_ms: int) -> int:
    """Put aside; `events replay` delivers one that its target has not taken."""
    waiting = tx.all("events_all_waiting")
    for event_id, kind, attempts in waiting:
        tx.run(
            "event_state", (EventState.DEAD, attempts, "[]", "restored: may have been delivered", event_id)
        )
        tx.run("event_step", (event_id, event_id, now_ms, EventState.DEAD, "restored"))
        task = NewTask(
            key=f"restored-event:{event_id}:{now_ms}",
            department="reception",
            reason="event_in_doubt",
            summary=kind,
            urgency=Urgency.NOW,
            details={"event": event_id},
        )
        tasks.add(tx, ids.new(), task, None, now_ms)
    return len(waiting)


def _tell_staff(tx: Tx, task_id: str, restored: Restored, doubts: Doubts, now_ms: int) -> None:
    task = NewTask(
        key=f"restored:{restored.stamp}:{now_ms}",
        department="reception",
        reason="restored",
        summary=f"{iso(restored.knows_until_ms)} - {iso(restored.unknown_until_ms)}",
        urgency=Urgency.NOW,
        details={
            "snapshot": restored.stamp,
            "messages in doubt": str(doubts.entries),
            "answers in doubt": str(doubts.messages),
        },
    )
    tasks.add(tx, task_id, task, None, now_ms)
