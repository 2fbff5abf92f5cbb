"""The inbox: who waits for a person, the most urgent first, and then everybody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from nightporter.console.people import FOR_EVER_MS, Person, Preview, person, preview
from nightporter.journal import people, remarks
from nightporter.journal.remarks import Label
from nightporter.model.conversation import Conversation
from nightporter.model.decision import Urgency
from nightporter.model.outbox import OutboxState
from nightporter.outbox import tasks
from nightporter.outbox.tasks import Task
from nightporter.store import View

WAITING_MAX = 200
RECENT_MAX = 50
SETTLE_MAX = 200
THINKING_MS = 20_000  # a message this fresh is still with the machine
RANKS = {Urgency.EMERGENCY: 0, Urgency.NOW: 1, Urgency.NORMAL: 2, Urgency.INFO: 4}
RANK_PENDING, RANK_HELD = 3, 5


@dataclass(slots=True, kw_only=True)
class Line:
    """One conversation in the list. `reasons`: catalogue names, the most urgent first."""

    conversation: Conversation
    person: Person
    preview: Preview | None
    rank: int = RANK_HELD
    since_ms: int = 0
    reasons: list[str] = field(default_factory=list[str])
    held: bool = False
    labels: list[Label] = field(default_factory=list[Label])

    @property
    def waits(self) -> bool:
        """True when a person must do something."""
        return bool(self.reasons)

    @property
    def urgent(self) -> bool:
        """True for an emergency."""
        return self.rank == RANKS[Urgency.EMERGENCY]


@dataclass(frozen=True, slots=True)
class Inbox:
    """What the page shows. `more`: how many waiting ones are not in `lines`."""

    lines: list[Line]
    waiting: int
    more: int = 0
    older_ms: int = 0  # the next page of all conversations begins before this, 0 = it is the last


class InboxReader:
    """Reads the lists for one moment and one calendar day of the hotel."""

    def __init__(self, view: View, now_ms: int, today: str) -> None:
        self._view = view
        self._now_ms = now_ms
        self._today = today

    def waiting(self) -> Inbox:
        """Conversations that need a person, and those that somebody holds."""
        lines = self._waiting_lines()
        lines.sort(key=lambda line: (line.rank, line.since_ms))
        shown = lines[:WAITING_MAX]
        self._complete(shown)
        return Inbox(shown, sum(line.waits for line in lines), len(lines) - len(shown))

    def all(self, before_ms: int, label: str = "") -> Inbox:
        """Every conversation, or those of guests with a label, the last active first; `before_ms` 0 = from now."""
        until_ms = before_ms or FOR_EVER_MS
        if label:
            rows = self._view.all("conversations_labelled", (label, until_ms, RECENT_MAX))
        else:
            rows = self._view.all("conversations_recent", (until_ms, RECENT_MAX))
        known = {line.conversation.conversation_id: line for line in self._waiting_lines()}
        lines = [known.get(row[0]) or self._line(row[0]) for row in rows]
        self._complete(lines)
        older_ms = rows[-1][11] if len(rows) == RECENT_MAX else 0
        return Inbox(lines, sum(line.waits for line in known.values()), older_ms=older_ms)

    def _complete(self, lines: list[Line]) -> None:
        for line in lines:
            line.preview = preview(self._view, line.conversation.conversation_id)
            line.labels = remarks.labels_of(self._view, line.conversation.guest_id)

    def count(self) -> int:
        """How many conversations need a person."""
        asked = {task.conversation_id for task in tasks.open_tasks(self._view) if task.conversation_id}
        return len(asked | {row[1] for row in self._maybe_sent()} | set(self._overdue()))

    def _waiting_lines(self) -> list[Line]:
        open_tasks: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks.open_tasks(self._view):
            if task.conversation_id:
                open_tasks[task.conversation_id].append(task)
        unsure = {row[1]: row[2] for row in self._maybe_sent()}
        overdue = self._overdue()
        held = self._held()
        lines: list[Line] = []
        for conversation_id in dict.fromkeys([*open_tasks, *unsure, *overdue, *held]):
            line = self._line(conversation_id)
            _add_tasks(line, open_tasks.get(conversation_id, ()))
            if conversation_id in unsure:
                _add(line, "maybe_sent", RANKS[Urgency.NOW], unsure[conversation_id])
            if conversation_id in overdue:
                _add(line, "pending", RANK_PENDING, overdue[conversation_id])
            lines.append(line)
        return lines

    def _maybe_sent(self) -> list[tuple[str, str, int]]:
        rows = self._view.all("outbox_in_state", (OutboxState.MAYBE_SENT, "", SETTLE_MAX))
        return [(row[0], row[1], row[2]) for row in rows]

    def _overdue(self) -> dict[str, int]:
        """Conversations with a message that has had no outcome for a while -> since when."""
        found: dict[str, int] = {}
        for (conversation_id,) in self._view.all("conversations_pending"):
            row = self._view.one("entries_pending", (conversation_id, 1))
            if row and row[2] <= self._now_ms - THINKING_MS:
                found[conversation_id] = row[2]
        return found

    def _held(self) -> list[str]:
        rows = self._view.all("conversations_recent", (FOR_EVER_MS, WAITING_MAX))
        return [row[0] for row in rows if row[7] > self._now_ms]

    def _line(self, conversation_id: str) -> Line:
        conversation = people.conversation(self._view, conversation_id)
        return Line(
            conversation=conversation,
            person=person(self._view, conversation.guest_id, self._today),
            preview=None,
            since_ms=conversation.last_guest_ms,
            held=conversation.held(self._now_ms),
        )


def _add_tasks(line: Line, found: Iterable[Task]) -> None:
    for task in sorted(found, key=lambda task: RANKS[Urgency(task.urgency)]):
        _add(line, task.reason, RANKS[Urgency(task.urgency)], task.created_ms)


def _add(line: Line, reason: str, rank: int, since_ms: int) -> None:
    line.since_ms = min(line.since_ms, since_ms) if line.reasons else since_ms
    line.rank = min(line.rank, rank)
    if reason not in line.reasons:
        line.reasons.append(reason)
