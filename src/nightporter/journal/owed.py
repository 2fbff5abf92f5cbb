"""What we owe a conversation: the turn that waits for the desk, with everything that it is about."""

from __future__ import annotations

from typing import NamedTuple

from nightporter.journal import entries, people
from nightporter.journal.people import Party
from nightporter.model.conversation import Turn
from nightporter.store import View


class Owed(NamedTuple):
    """A turn as it stood when it was read; its conversation's version tells whether it still does."""

    turn: Turn
    party: Party


def owed(view: View, conversation_id: str, now_ms: int) -> Owed | None:
    """The uncovered run of a conversation; None when nothing is owed."""
    pending = entries.pending(view, conversation_id)
    if not pending:
        return None
    party = people.party(view, conversation_id, now_ms)
    conversation = party.conversation
    turn = Turn(
        conversation=conversation,
        guest=party.guest,
        entries=tuple(pending),
        stays=people.stays(view, conversation.guest_id) if party.has_stays else (),
        staff_wrote_ms=conversation.last_staff_ms,
    )
    return Owed(turn, party)
