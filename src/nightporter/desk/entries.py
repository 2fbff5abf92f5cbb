"""Sorts the entries of a turn: what needs no reading is settled at once, the rest is words or things.

Edits and deletions are worked out here: the last words count, and what a guest
took back is not answered.
"""

from __future__ import annotations

from nightporter.desk.look import Look, Spoken
from nightporter.model.conversation import TurnEntry
from nightporter.model.decision import SilentReason, Urgency
from nightporter.model.message import MessageKind

_K = MessageKind

WITH_WORDS = frozenset({_K.TEXT, _K.BUTTON, _K.CHOICE, _K.IMAGE})
NODS = {_K.REACTION: SilentReason.REACTION, _K.STICKER: SilentReason.STICKER}
VOICE = frozenset({_K.VOICE, _K.AUDIO})
UNREADABLE = frozenset({_K.UNSUPPORTED, _K.UNKNOWN})


def sort_entries(look: Look) -> list[str]:
    """Fills `look.spoken`, `things` and `nods`; returns the words of messages that are never answered.

    Those are read all the same, for emergencies: deleted ones, groups, numbers that are not ours.
    """
    unanswered: list[str] = []
    groups: list[TurnEntry] = []
    maybe: list[TurnEntry] = []
    private: list[TurnEntry] = []
    for entry in look.turn.entries:
        if not entry.ours:
            look.silent(entry, SilentReason.FOREIGN_NUMBER)
        elif entry.message.group:
            groups.append(entry)
        elif entry.answered_elsewhere:
            maybe.append(entry)
        else:
            private.append(entry)
            continue
        unanswered.append(entry.message.text)
    _to_staff_unread(look, groups, maybe)
    unanswered += _take_back(look, private)
    for entry in private:
        if not look.is_settled(entry):
            _sort(look, entry)
    return [text for text in unanswered if text.strip()]


def _to_staff_unread(look: Look, groups: list[TurnEntry], maybe: list[TurnEntry]) -> None:
    """Groups: a line for staff, one a day. Answered under an id that nobody has (SD4): staff look."""
    if groups:
        text = "\n".join(entry.message.text for entry in groups)
        look.add_task(look.task("group", "group", look.today.isoformat(), text, urgency=Urgency.INFO))
    for entry in groups:
        look.silent(entry, SilentReason.GROUP)
    if maybe:
        text = "\n".join(entry.message.text for entry in maybe)
        task = look.add_task(look.task("maybe-answered", "maybe_answered", maybe[0].entry_id, text))
        for entry in maybe:
            look.staff(entry, task)


def _take_back(look: Look, entries: list[TurnEntry]) -> list[str]:
    """Settles deletions and what edits replaced; returns the deleted words."""
    standing: dict[str, TurnEntry] = {}  # provider id of an original -> the entry whose words count now
    for entry in entries:
        if entry.provider_id and entry.message.kind not in (_K.EDIT, _K.REVOKE):
            standing[entry.provider_id] = entry
    for entry in entries:
        if entry.message.kind is _K.EDIT and entry.message.target:
            replaced = standing.get(entry.message.target)
            if replaced is not None:
                look.silent(replaced, SilentReason.SUPERSEDED_BY_EDIT)
                if replaced.message.kind is _K.IMAGE:
                    look.pictures.append(replaced)
            standing[entry.message.target] = entry
    deleted: list[str] = []
    for entry in entries:
        if entry.message.kind is _K.REVOKE:
            original = standing.pop(entry.message.target, None)
            if original is not None:
                deleted.append(original.message.text)
                look.silent(original, SilentReason.REVOKED)
            look.silent(entry, SilentReason.REVOKED)
    return deleted


def _sort(look: Look, entry: TurnEntry) -> None:
    message = entry.message
    text = message.text.strip()
    if message.kind in NODS:
        if look.question and (text or message.kind is _K.STICKER):
            look.nods.append(entry)  # a nod may be meant as an answer; an emoji that was taken back is none
        else:
            look.silent(entry, NODS[message.kind])
    elif text and (message.kind in WITH_WORDS or message.kind is _K.EDIT):
        look.spoken.append(Spoken(entry, text))
        if message.kind is _K.IMAGE:
            look.pictures.append(entry)
    else:
        look.things.append(entry)
