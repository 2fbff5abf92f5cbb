"""Conversations, turns, and what the desk remembers between turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from nightporter.model.guest import Guest, Stay
from nightporter.model.message import Message

WINDOW_MS = 24 * 3_600_000  # free-form answers are allowed this long after the guest's last message (Meta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of ours that is open: the next message may answer it. `also`: a second thing it asks."""

    topic: str
    slot: str
    asked_ms: int
    slots: dict[str, str] = field(default_factory=dict)  # what is known already
    choices: tuple[str, ...] = ()  # ids of the buttons that were offered
    asked_times: int = 1
    also: str = ""

    @property
    def asked(self) -> tuple[str, ...]:
        """The slots it asks for: one or two."""
        return (self.slot, self.also) if self.also else (self.slot,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the desk remembers of a conversation; stored whole, JSON, bounded."""

    question: Question | None = None
    answers_ms: tuple[int, ...] = ()  # machine answers of the last 24 h, oldest first, at most 25
    last_text: str = ""  # hash of the guest's last text
    last_text_times: int = 0  # how often it came in a row
    voice_told_ms: int = 0  # when the line about voice notes was last said
    handed_over_ms: int = 0  # when the last hand-over text was said
    last_topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One guest on one number of ours. `version` rises with every change."""

    conversation_id: str
    guest_id: str
    channel: str
    number: str
    version: int = 0
    held_by: str = ""  # who of the staff holds it, "" nobody
    held_until_ms: int = 0
    last_guest_ms: int = 0  # provider time of the guest's last message: opens the window
    last_staff_ms: int = 0  # when staff last wrote
    last_answer_ms: int = 0  # when the machine last answered
    memory: Memory = field(default_factory=Memory)

    def window_until_ms(self) -> int:
        """Until when free-form messages may be sent; 0 when never opened."""
        return self.last_guest_ms + WINDOW_MS if self.last_guest_ms else 0

    def held(self, now_ms: int) -> bool:
        """True while staff hold the conversation."""
        return self.held_until_ms > now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEntry:
    """A guest's message that has no disposition yet."""

    entry_id: str
    at_ms: int  # provider's time
    received_ms: int  # when we got it: what waiting times count from
    provider_id: str
    message: Message
    ours: bool = True  # False: came to a number that is not ours
    refers_to: str = ""  # text of the message of ours that it quotes or taps, when we know it
    answered_elsewhere: bool = False  # a status with an id nobody has covers it (SD4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The run of uncovered entries of one conversation, oldest first, never empty."""

    conversation: Conversation
    guest: Guest
    entries: tuple[TurnEntry, ...]
    stays: tuple[Stay, ...] = ()
    staff_wrote_ms: int = 0  # last time staff wrote in this conversation (any way), 0 never
