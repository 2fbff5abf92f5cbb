"""A conversation as staff read it: who said what, what became of it, and why it is here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import orjson

from nightporter.console.people import FOR_EVER_MS, Person, person
from nightporter.desk.privacy import without_cards
from nightporter.journal import people, remarks
from nightporter.journal.entries import message_of
from nightporter.journal.remarks import Note
from nightporter.model.conversation import Conversation
from nightporter.model.message import EntryKind, Message, MessageKind
from nightporter.outbox import tasks
from nightporter.outbox.messages import content_of
from nightporter.outbox.tasks import Task
from nightporter.store import Row, View

PAGE_MESSAGES = 60
LATE_MS = 10 * 60_000
QUOTE_CHARS_MAX = 120
STAFF = "staff"
PLAYED = frozenset({MessageKind.AUDIO, MessageKind.VOICE})
SHOWN = frozenset({MessageKind.IMAGE, MessageKind.STICKER})
_SEEN = re.compile(r"(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a conversation was when somebody read it; a hidden field of the page."""

    version: int
    guest_ms: int
    staff_ms: int
    answer_ms: int

    @classmethod
    def of(cls, conversation: Conversation) -> Seen:
        """As it is now."""
        one = conversation
        return cls(one.version, one.last_guest_ms, one.last_staff_ms, one.last_answer_ms)

    @classmethod
    def read(cls, text: str) -> Seen:
        """From the form; anything odd was seen before everything."""
        found = _SEEN.fullmatch(text)
        return cls(*(int(part) for part in found.groups())) if found else cls(0, 0, 0, 0)

    def __str__(self) -> str:
        """For the form."""
        return f"{self.version}.{self.guest_ms}.{self.staff_ms}.{self.answer_ms}"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that the guest sent. `state`: waiting, kept, dead."""

    state: str
    player: str  # audio | image | video | link
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """How the machine came to its answer."""

    language: str = ""
    topics: tuple[tuple[str, int], ...] = ()  # topic, confidence in per cent
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One thing in the thread. `who`: guest, machine, staff, phone (the phone app), note, event."""

    key: str
    who: str
    at_ms: int
    name: str = ""  # of the member of staff who wrote
    kind: str = "text"
    text: str = ""
    provider_id: str = ""
    quotes: str = ""  # provider id of what it answers or speaks of
    quoted: str = ""  # its words, when the page knows them
    state: str = ""  # of an outbox message
    error: str = ""
    choices: tuple[str, ...] = ()
    template: str = ""
    disposition: str = ""
    reason: str = ""
    file: File | None = None
    trace: Traced | None = None
    late: bool = False
    foreign: bool = False  # came to a number that is not ours
    urgency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation's page. `older_ms`: the page before begins there, 0 = there is none."""

    conversation: Conversation
    person: Person
    bubbles: list[Bubble]
    open_tasks: list[Task]
    older_ms: int
    held: bool
    open_until_ms: int  # end of the window

    def is_open(self, now_ms: int) -> bool:
        """True while a free answer may be sent."""
        return self.open_until_ms > now_ms


def read(view: View, conversation_id: str, now_ms: int, today: str, before_ms: int = 0) -> Thread:
    """The conversation's newest page, or the one before a moment."""
    conversation = people.conversation(view, conversation_id)
    known = tasks.of_conversation(view, conversation_id)
    until_ms = before_ms or FOR_EVER_MS
    heard = view.all("entries_conversation", (conversation_id, until_ms, PAGE_MESSAGES))
    said = view.all("outbox_conversation", (conversation_id, until_ms, PAGE_MESSAGES))
    bubbles = [_heard(view, row) for row in heard] + [_said(row) for row in said]
    noted = remarks.notes_of(view, conversation.guest_id, until_ms, PAGE_MESSAGES)
    bubbles += [_noted(note) for note in noted]
    bubbles += [_handed_over(task) for task in known if task.created_ms < until_ms]
    moments = [row[2] for row in heard], [row[4] for row in said], [note.at_ms for note in noted]
    cut_ms = max((times[-1] for times in moments if len(times) == PAGE_MESSAGES), default=0)
    bubbles, older_ms = _page(sorted(bubbles, key=lambda one: one.at_ms), cut_ms)
    return Thread(
        conversation=conversation,
        person=person(view, conversation.guest_id, today),
        bubbles=_with_quotes(bubbles),
        open_tasks=[task for task in known if task.state == "open"],
        older_ms=older_ms,
        held=conversation.held(now_ms),
        open_until_ms=conversation.window_until_ms(),
    )


def _page(bubbles: list[Bubble], cut_ms: int) -> tuple[list[Bubble], int]:
    """What stands behind the cut; providers count in seconds, so what is as old as the cut waits for the next page."""
    if not cut_ms:
        return bubbles, 0
    behind = [one for one in bubbles if one.at_ms > cut_ms]
    return (behind, cut_ms + 1) if behind else (bubbles, cut_ms)


def _heard(view: View, row: Row) -> Bubble:
    entry_id, kind, at_ms, received_ms, provider_id, payload, disposition, reason, _, ours, trace = row
    message = message_of(payload)
    if message is None:
        event = orjson.loads(payload).get("data", {}).get("event", "")
        return Bubble(key=entry_id, who="event", at_ms=at_ms, kind=kind, text=str(event))
    return Bubble(
        key=entry_id,
        who="phone" if kind == EntryKind.ECHO else "guest",
        at_ms=at_ms,
        kind=message.kind,
        text=without_cards(message.text),
        provider_id=provider_id,
        quotes=message.quoted or message.target,
        disposition=disposition or "",
        reason=reason or "",
        file=_file(view, entry_id, message),
        trace=_trace(trace),
        late=received_ms - at_ms > LATE_MS,
        foreign=not ours,
    )


def _file(view: View, entry_id: str, message: Message) -> File | None:
    row = view.one("media_get", (entry_id,))
    if row is None or message.media is None:
        return None
    player = "audio" if message.kind in PLAYED else "image" if message.kind in SHOWN else "link"
    if message.kind is MessageKind.VIDEO:
        player = "video"
    return File(state=row[4], player=player, name=message.media.filename, size=row[6])


def _trace(text: str | None) -> Traced | None:
    if not text:
        return None
    value = orjson.loads(text)
    return Traced(
        language=value.get("language", ""),
        topics=tuple((name, round(confidence * 100)) for name, confidence in value.get("topics", ())),
        sources=tuple(value.get("sources", ())),
    )


def _said(row: Row) -> Bubble:
    outbox_id, content_text, state, origin, created_ms, _, quote, code, error, provider_id, _ = row
    content = content_of(content_text)
    template = content.template
    return Bubble(
        key=outbox_id,
        who=STAFF if origin.startswith(STAFF) else "machine",
        at_ms=created_ms,
        name=origin.partition(":")[2],
        text=without_cards(content.text or " · ".join(template.parameters if template else ())),
        provider_id=provider_id,
        quotes=quote,
        state=state,
        error=f"{code} {error}".strip(),
        choices=tuple(choice.title for choice in (*content.buttons, *content.rows)),
        template=template.name if template else "",
    )


def _noted(note: Note) -> Bubble:
    return Bubble(
        key=note.note_id, who="note", at_ms=note.at_ms, name=note.author, text=without_cards(note.text)
    )


def _handed_over(task: Task) -> Bubble:
    return Bubble(
        key=task.task_id,
        who="event",
        at_ms=task.created_ms,
        kind="task",
        reason=task.reason,
        state=task.state,
        urgency=task.urgency,
    )


def _with_quotes(bubbles: list[Bubble]) -> list[Bubble]:
    words = {one.provider_id: one.text[:QUOTE_CHARS_MAX] for one in bubbles if one.provider_id}
    return [replace(one, quoted=words.get(one.quotes, "")) if one.quotes else one for one in bubbles]
