"""Messages that reach us late: was it answered meanwhile, may we still write, does the answer still hold?"""

from __future__ import annotations

from nightporter.desk.look import Look
from nightporter.model.conversation import WINDOW_MS, TurnEntry
from nightporter.model.decision import SilentReason

SORRY_AFTER_MS = 2 * 3_600_000  # from here on: no answers about that moment, and an apology
QUOTE_AFTER_MS = 2 * 60_000  # from here on the guest sees which message is meant


def window_open(look: Look) -> bool:
    """True while the provider takes free-form messages: 24 h after the guest's last one, by provider time."""
    newest_ms = max([entry.at_ms for entry in look.turn.entries])
    return look.now_ms < max(newest_ms, look.turn.conversation.last_guest_ms) + WINDOW_MS


def settle_answered(look: Look) -> None:
    """What staff wrote after needs no answer of ours."""
    wrote_ms = look.turn.staff_wrote_ms
    if not wrote_ms:
        return
    reason = SilentReason.STAFF_SPEAKING if window_open(look) else SilentReason.TOO_OLD
    for entry in look.pending:
        if wrote_ms > entry.at_ms:
            look.silent(entry, reason)


def settle_closed(look: Look) -> None:
    """The window is closed and nobody wrote: staff decide how to reach the guest; no text can go out."""
    pending = look.pending
    text = look.words() or pending[0].message.text
    task = look.add_task(look.task("window-closed", "window_closed", pending[0].entry_id, text))
    for entry in pending:
        look.staff(entry, task)


def is_late(look: Look, entries: list[TurnEntry]) -> bool:
    """True when the answer comes hours after the newest of the messages."""
    return look.now_ms - max([entry.at_ms for entry in entries]) > SORRY_AFTER_MS
