"""One look at a turn: what it is given, and the sheet on which the decision is collected."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

from nightporter.config.hotel import Hotel
from nightporter.desk.context import Context
from nightporter.desk.heard import plain
from nightporter.desk.notes import Notes
from nightporter.desk.privacy import match_of, secrets_of, without_cards
from nightporter.desk.reception import is_night
from nightporter.desk.understanding import Match, Understanding
from nightporter.model.conversation import Question, Turn, TurnEntry
from nightporter.model.decision import (
    Decision,
    Disposition,
    DispositionKind,
    NewTask,
    Saying,
    SilentReason,
    Trace,
    Urgency,
)

SUMMARY_CHARS_MAX = 500
TEXT_HASH_BYTES = 8
QUESTION_MS = 24 * 3_600_000  # a question of ours is open this long


@dataclass(slots=True)
class Spoken:
    """A guest's words. `entry` is what gets the disposition: the message, or the edit that took its place."""

    entry: TurnEntry
    text: str


class Look:
    """What is known and what is decided so far. Everything else in the desk works on one of these."""

    def __init__(self, turn: Turn, context: Context, hotel: Hotel) -> None:
        self.turn = turn
        self.context = context
        self.hotel = hotel
        self.now_ms = context.now_ms
        self.now = datetime.fromtimestamp(context.now_ms / 1000, hotel.zone)
        self.night = is_night(hotel, self.now)  # nobody is at reception
        self.secrets = secrets_of(hotel)
        self.memory = Notes.of(turn.conversation.memory)
        self.guest = turn.guest
        self.language = "en"
        self.match: Match = match_of(turn.stays, self.now.date())
        self.careful = False  # held by staff, and they did not write: safe facts only
        self.spoken: list[Spoken] = []  # words that still need an outcome
        self.things: list[TurnEntry] = []  # pictures without words, voice, calls, ...: likewise
        self.pictures: list[TurnEntry] = []  # pictures whose caption is among `spoken`
        self.nods: list[TurnEntry] = []  # reactions and stickers while a question of ours is open
        self.paragraphs: list[str] = []  # the answer
        self.tail: list[str] = []  # what follows it: a line about voice notes, a confirmed opt-out
        self.sources: list[str] = []
        self.heard: Understanding | None = None  # of all words that need an answer
        self.emergency = False
        self.opt_out = False
        self.tasks: list[NewTask] = []
        self._done: dict[str, Disposition] = {}

    @property
    def today(self) -> date:
        """The day in the hotel's time zone."""
        return self.now.date()

    @property
    def pending(self) -> list[TurnEntry]:
        """The entries that still need an outcome, oldest first."""
        waiting = {spoken.entry.entry_id for spoken in self.spoken}
        waiting.update([thing.entry_id for thing in self.things])
        return [entry for entry in self.turn.entries if entry.entry_id in waiting]

    @property
    def question(self) -> Question | None:
        """Our question, while it is open."""
        question = self.memory.question
        return question if question and self.now_ms - question.asked_ms < QUESTION_MS else None

    def words(self) -> str:
        """All words that need an answer as one text, a line each, repeats once."""
        if len(self.spoken) == 1:
            return self.spoken[0].text
        return "\n".join(dict.fromkeys(spoken.text for spoken in self.spoken))

    def silent(self, entry: TurnEntry, reason: SilentReason) -> None:
        """The entry needs no answer."""
        self._settle(entry, Disposition(entry.entry_id, DispositionKind.SILENT, reason=reason))

    def staff(self, entry: TurnEntry, task: int) -> None:
        """The entry is with staff, as the task of that number."""
        self._settle(entry, Disposition(entry.entry_id, DispositionKind.STAFF, task=task))

    def answered(self, entry: TurnEntry) -> None:
        """The answer of this decision covers the entry."""
        self._settle(entry, Disposition(entry.entry_id, DispositionKind.ANSWERED))

    def is_settled(self, entry: TurnEntry) -> bool:
        """True when the entry has its outcome."""
        return entry.entry_id in self._done

    def add_task(self, task: NewTask) -> int:
        """Puts a task on the sheet; returns its number."""
        self.tasks.append(task)
        return len(self.tasks) - 1

    def task(
        self,
        kind: str,
        reason: str,
        once: str,
        summary: str,
        *,
        urgency: Urgency = Urgency.NORMAL,
        topic: str = "",
    ) -> NewTask:
        """A task of the flow's own about this conversation. `once`: an entry's id or a day; one task per kind of it."""
        return NewTask(
            key=f"{kind}:{self.turn.conversation.conversation_id}:{once}",
            department="reception",
            reason=reason,
            summary=short(summary),
            urgency=urgency,
            topic=topic,
        )

    def add_topic_task(self, task: NewTask) -> int:
        """A topic's task: the wish of this turn, so its key is tied to the turn, and its words are fit for a page."""
        turn = self.turn
        key = f"{task.key}:{turn.conversation.conversation_id}:{turn.entries[0].entry_id}"
        details = {name: short(value) for name, value in task.details.items()}
        return self.add_task(replace(task, key=key, summary=short(task.summary), details=details))

    def wait(self, until_ms: int) -> Decision:
        """Nothing is decided yet but who may be written to, and what staff must know; look again then."""
        opted_out = self.guest.opted_out_ms
        guest = replace(self.turn.guest, opted_out_ms=opted_out)
        return Decision(
            wait_until_ms=until_ms,
            tasks=tuple(self.tasks),
            guest=guest if guest != self.turn.guest else None,
            trace=self.trace(),
        )

    def decision(self, saying: Saying | None = None) -> Decision:
        """What was decided; every entry has its outcome by now."""
        missing = [entry.entry_id for entry in self.turn.entries if entry.entry_id not in self._done]
        assert not missing, f"entries without a disposition: {missing}"
        memory = self.memory.memory()
        return Decision(
            dispositions=tuple([self._done[entry.entry_id] for entry in self.turn.entries]),
            sayings=(saying,) if saying else (),
            tasks=tuple(self.tasks),
            memory=memory if memory != self.turn.conversation.memory else None,
            guest=self.guest if self.guest != self.turn.guest else None,
            trace=self.trace(),
        )

    def trace(self) -> Trace:
        """How it came to this."""
        wishes = self.heard.wishes if self.heard else ()
        return Trace(
            language=self.language,
            topics=tuple((wish.topic, wish.confidence) for wish in wishes),
            emergency=self.emergency,
            opt_out=self.opt_out,
            sources=tuple(dict.fromkeys(self.sources)),
        )

    def _settle(self, entry: TurnEntry, disposition: Disposition) -> None:
        assert entry.entry_id not in self._done, f"a second disposition for {entry.entry_id}"
        self._done[entry.entry_id] = disposition
        self.spoken = [spoken for spoken in self.spoken if spoken.entry is not entry]
        self.things = [thing for thing in self.things if thing is not entry]
        self.nods = [nod for nod in self.nods if nod is not entry]


def short(text: str) -> str:
    """A guest's words for a task: bounded, card numbers masked."""
    masked = without_cards(text.strip())
    return masked if len(masked) <= SUMMARY_CHARS_MAX else masked[: SUMMARY_CHARS_MAX - 1] + "…"


def same_text_hash(text: str) -> str:
    """What stands for a text when it is compared with the one before; no words are kept."""
    return hashlib.blake2b(plain(text).encode(), digest_size=TEXT_HASH_BYTES).hexdigest()
