"""While a member of staff holds the conversation the machine keeps quiet, but nobody is forgotten.

After 10 minutes without a word of theirs an alarm, after 20 the machine gives what is safe (desk.md, "Hold").
"""

from __future__ import annotations

from nightporter.desk.look import Look
from nightporter.model.decision import Decision, Urgency

ALARM_AFTER_MS = 10 * 60_000
SPEAK_AFTER_MS = 20 * 60_000


def held(look: Look) -> Decision | None:
    """A decision to wait while staff hold the conversation; None when the machine may go on."""
    conversation = look.turn.conversation
    if not conversation.held(look.now_ms):
        return None
    first = look.pending[0]
    waited_ms = look.now_ms - first.received_ms
    if waited_ms >= ALARM_AFTER_MS:
        text = look.words() or first.message.text
        look.add_task(look.task("held", "held", first.entry_id, text, urgency=Urgency.NOW))
    if waited_ms >= SPEAK_AFTER_MS:
        look.careful = True
        return None
    next_ms = ALARM_AFTER_MS if waited_ms < ALARM_AFTER_MS else SPEAK_AFTER_MS
    return look.wait(min(first.received_ms + next_ms, conversation.held_until_ms))
