"""What was understood of a guest's words: the values between recogniser, topics and the flow of the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from nightporter.desk.context import NoStays, StayBook
from nightporter.model.conversation import Question
from nightporter.model.decision import NewTask
from nightporter.model.guest import Stay


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing the guest wants. `confidence` is a calibrated probability in [0, 1]."""

    topic: str
    confidence: float
    text: str  # the part of the message that says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """Everything the words alone tell. An emergency or opt-out is what a rule or the recogniser hears."""

    language: str  # ISO 639-1 of the wish, one of the hotel's languages; "" when nothing tells
    language_sure: bool  # four words or more with a margin: enough to switch a guest's language at once
    words: int
    wishes: tuple[Wish, ...] = ()  # best first, at most 4; () = nothing recognised
    emergency: bool = False
    opt_out: bool = False
    wants_human: bool = False
    thanks: bool = False  # nothing but a closing word or a lone emoji
    greeting: bool = False  # nothing but a greeting
    fragment: bool = False  # incomplete: more is likely to follow ("camera 204")
    angry: bool = False


class Match(StrEnum):
    """How a guest is tied to a booking; decides what may be told (share: anyone | guest | in_house)."""

    NONE = "none"
    BOOKED = "booked"
    IN_HOUSE = "in_house"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish as a topic sees it."""

    wish: Wish
    language: str
    now: datetime  # in the hotel's time zone
    on: date  # the date asked about; today when none was named
    on_named: bool  # True when the guest named it
    match: Match
    stay: Stay | None = None
    slots: dict[str, str] = field(default_factory=dict)  # already known: room, day, ...
    book: StayBook = field(default_factory=NoStays)  # what is found there is for staff, never said


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReply:
    """What a topic answers. No text and no task = the hotel's file does not know: staff."""

    text: str = ""
    sources: tuple[str, ...] = ()  # paths in hotel.yaml that were said
    task: NewTask | None = None
    question: Question | None = None  # asked back within `text`
