"""What staff keep about a guest for one another: notes, which are never sent, and labels. Both are the guest's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from nightporter.journal.ready import clean
from nightporter.store import Row, Tx, View

NOTE_CHARS_MAX = 2_000
LABEL_CHARS_MAX = 30
LABELS_OF_GUEST_MAX = 20
LABELS_SHOWN_MAX = 200
TWICE_MS = 60_000  # the same words of the same person within it: a second tap


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note. `author`: the name of their account."""

    note_id: str
    author: str
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Label:
    """A word on a guest. `key`: as it is compared; `guests`: how many have it, where that was asked."""

    key: str
    text: str
    guests: int = 0


class Said(StrEnum):
    """What became of a change."""

    DONE = "done"
    NOTHING = "nothing"  # it is so already
    NOT_YOURS = "not_yours"
    FULL = "full"


def label_key(text: str) -> str:
    """The word as it is compared: capitals and blanks do not matter."""
    return clean(text).casefold()


def notes_of(view: View, guest_id: str, before_ms: int, limit: int) -> list[Note]:
    """The newest notes before a moment, newest first."""
    return [_note(row) for row in view.all("notes_guest", (guest_id, before_ms, limit))]


def _note(row: Row) -> Note:
    return Note(note_id=row[0], author=row[1], text=row[2], at_ms=row[3])


def add_note(guest_id: str, note: Note) -> Callable[[Tx], Said]:
    """Write it down, once."""

    def unit(tx: Tx) -> Said:
        last = notes_of(tx, guest_id, note.at_ms + 1, 1)
        same = bool(last) and (last[0].author, last[0].text) == (note.author, note.text)
        if same and note.at_ms - last[0].at_ms < TWICE_MS:
            return Said.NOTHING
        tx.run("note_add", (note.note_id, guest_id, note.author, note.text, note.at_ms))
        return Said.DONE

    return unit


def drop_note(guest_id: str, note_id: str, who: str, *, anyones: bool) -> Callable[[Tx], Said]:
    """Take a note away; `anyones`: also somebody else's."""

    def unit(tx: Tx) -> Said:
        row = tx.one("note_get", (note_id, guest_id))
        if row is None:
            return Said.NOTHING
        if not anyones and row[1] != who:
            return Said.NOT_YOURS
        tx.run("note_drop", (note_id,))
        return Said.DONE

    return unit


def labels_of(view: View, guest_id: str) -> list[Label]:
    """The words on a guest."""
    return [Label(key, text) for key, text in view.all("labels_guest", (guest_id,))]


def labels_used(view: View) -> list[Label]:
    """The words that are in use, the most used first."""
    return [Label(key, text, guests) for key, text, guests in view.all("labels_used", (LABELS_SHOWN_MAX,))]


def add_label(guest_id: str, text: str, who: str, now_ms: int) -> Callable[[Tx], Said]:
    """Put a word on a guest, spelt as it is already in use."""

    def unit(tx: Tx) -> Said:
        key = label_key(text)
        mine = labels_of(tx, guest_id)
        if any(label.key == key for label in mine):
            return Said.NOTHING
        if len(mine) >= LABELS_OF_GUEST_MAX:
            return Said.FULL
        known = tx.one("label_spelt", (key,))
        tx.run("label_add", (guest_id, key, known[0] if known else clean(text), who, now_ms))
        return Said.DONE

    return unit


def move(tx: Tx, kept: str, dropped: str) -> None:
    """Two guests are one person: a part of the unit that merges them."""
    tx.run("notes_move", (kept, dropped))
    tx.run("labels_move", (kept, dropped))
    tx.run("labels_drop", (dropped,))
