"""What staff do, as units: each changes the conversation and writes down who did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightporter.journal.people import conversation, guest
from nightporter.model.outbox import OutboxMessage, OutboxState
from nightporter.outbox import messages, tasks, tellings
from nightporter.store import Tx

HOLD_MS = 2 * 3_600_000  # a member of staff who writes holds the conversation this long (desk.md)
ORIGIN = "staff"  # of what a person wrote; their name follows it: `staff:Marta`
SETTLED = {"sent": OutboxState.SENT, "not-sent": OutboxState.FAILED}


class Result(StrEnum):
    """What became of an action."""

    DONE = "done"
    CLOSED = "closed"  # the 24 h window is over
    OPTED_OUT = "opted_out"  # the guest wants no messages that were not asked for
    HELD = "held"  # by somebody else
    CHANGED = "changed"  # since it was read
    NOTHING = "nothing"  # it was done already


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does it, when, and the id of the line in the audit."""

    audit_id: str
    who: str
    now_ms: int

    def note(self, tx: Tx, what: str, subject: str, detail: str = "") -> None:
        """Write it down."""
        tx.run("audit_add", (self.audit_id, self.now_ms, self.who, what, subject, detail))


Unit = Callable[[Tx], Result]


def take(deed: Deed, conversation_id: str) -> Unit:
    """Hold the conversation: the machine keeps quiet in it."""

    def unit(tx: Tx) -> Result:
        _hold(tx, deed, conversation_id, wrote_ms=0)
        deed.note(tx, "conversation taken", conversation_id)
        return Result.DONE

    return unit


def answer(
    deed: Deed,
    conversation_id: str,
    parts: Sequence[OutboxMessage],
    version: int,
    *,
    over: bool,
    draft: str = "",
) -> Unit:
    """Send what staff wrote, and hold the conversation.

    Not when the window is over by now (but for a template, to a guest who did not opt out), when the conversation is no
    longer as whoever wrote saw it (`version`), or when somebody else holds it, unless it is taken `over` from them.
    """

    def unit(tx: Tx) -> Result:
        now = conversation(tx, conversation_id)
        if now.window_until_ms() <= deed.now_ms:
            if not all(part.content.template for part in parts):
                return Result.CLOSED
            if guest(tx, now.guest_id).opted_out_ms:
                return Result.OPTED_OUT
        if now.held(deed.now_ms) and now.held_by != deed.who and not over:
            return Result.HELD
        if now.version != version:
            return Result.CHANGED
        origin = f"{ORIGIN}:{deed.who}"
        for part in parts:
            messages.add(tx, part, origin=origin, covers=(), discloses=False, now_ms=deed.now_ms, claim=None)
        _hold(tx, deed, conversation_id, wrote_ms=deed.now_ms)
        began = tasks.one(tx, draft) if draft else None
        if began and began.conversation_id == conversation_id:
            tasks.done(tx, draft, deed.who, deed.now_ms)
        deed.note(tx, "conversation answered", conversation_id, parts[0].outbox_id)
        return Result.DONE

    return unit


def release(deed: Deed, conversation_id: str) -> Unit:
    """Give the conversation back to the machine."""

    def unit(tx: Tx) -> Result:
        tx.run("conversation_release", (conversation_id,))
        deed.note(tx, "conversation released", conversation_id)
        return Result.DONE

    return unit


def finish(deed: Deed, conversation_id: str) -> Unit:
    """Everything here is done: its open tasks end, and the machine may speak again."""

    def unit(tx: Tx) -> Result:
        for task in tasks.of_conversation(tx, conversation_id):
            if task.state == "open":
                tasks.done(tx, task.task_id, deed.who, deed.now_ms)
        tx.run("conversation_release", (conversation_id,))
        deed.note(tx, "conversation done", conversation_id)
        return Result.DONE

    return unit


def task_done(deed: Deed, task_id: str) -> Unit:
    """One task is done."""

    def unit(tx: Tx) -> Result:
        if not tasks.done(tx, task_id, deed.who, deed.now_ms):
            return Result.NOTHING
        deed.note(tx, "task done", task_id)
        return Result.DONE

    return unit


def task_taken(deed: Deed, task_id: str) -> Unit:
    """Somebody looks after it: nobody is told of it any more."""

    def unit(tx: Tx) -> Result:
        if not tellings.take(tx, task_id, deed.who, deed.now_ms):
            return Result.NOTHING
        deed.note(tx, "task taken", task_id)
        return Result.DONE

    return unit


def settle(deed: Deed, outbox_id: str, state: OutboxState) -> Unit:
    """Staff know what became of a maybe sent message; the task that asked for it is done too."""

    def unit(tx: Tx) -> Result:
        row = tx.one("outbox_state", (outbox_id,))
        if row is None or row[0] != OutboxState.MAYBE_SENT:
            return Result.NOTHING
        messages.settle(tx, outbox_id, state, deed.now_ms, f"settled by {deed.who}")
        asked = tx.one("task_by_key", (f"maybe-sent:{outbox_id}",))
        if asked:
            tasks.done(tx, asked[0], deed.who, deed.now_ms)
        deed.note(tx, f"outbox {state}", outbox_id)
        return Result.DONE

    return unit


def send_again(deed: Deed, outbox_id: str) -> Unit:
    """A message that was refused or given up waits to be sent once more."""

    def unit(tx: Tx) -> Result:
        row = tx.one("outbox_state", (outbox_id,))
        if row is None or row[0] not in messages.SENT_AGAIN:
            return Result.NOTHING
        messages.settle(tx, outbox_id, OutboxState.WAITING, deed.now_ms, f"retried by {deed.who}")
        deed.note(tx, f"outbox {OutboxState.WAITING}", outbox_id)
        return Result.DONE

    return unit


def _hold(tx: Tx, deed: Deed, conversation_id: str, *, wrote_ms: int) -> None:
    until_ms = deed.now_ms + HOLD_MS
    tx.run("conversation_staff", (wrote_ms, deed.who, until_ms, wrote_ms, conversation_id))
