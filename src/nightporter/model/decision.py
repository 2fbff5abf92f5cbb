"""What the desk decides about a turn: dispositions, messages, tasks, and what it will remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from nightporter.model.conversation import Memory
from nightporter.model.guest import Guest
from nightporter.model.outbox import Content


class DispositionKind(StrEnum):
    """How a guest's message ended; exactly one each, never changed."""

    ANSWERED = "answered"
    STAFF = "staff"
    SILENT = "silent"


class SilentReason(StrEnum):
    """Why a message needs no answer: a closed set."""

    REACTION = "reaction"
    STICKER = "sticker"
    THANKS = "thanks"
    STAFF_SPEAKING = "staff_speaking"
    OPT_OUT_CONFIRMED = "opt_out_confirmed"
    REVOKED = "revoked"
    SUPERSEDED_BY_EDIT = "superseded_by_edit"
    TOO_OLD = "too_old"
    LOOP = "loop"
    GROUP = "group"
    FOREIGN_NUMBER = "foreign_number"


@dataclass(frozen=True, slots=True)
class Disposition:
    """How one entry ends. `ANSWERED` refers to the decision's first message, `STAFF` to its task `task`."""

    entry_id: str
    kind: DispositionKind
    reason: SilentReason | None = None  # SILENT only
    task: int = 0  # STAFF: index into the decision's tasks


class Urgency(StrEnum):
    """How fast a person must look."""

    EMERGENCY = "emergency"
    NOW = "now"
    NORMAL = "normal"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """Something a person must do. `key` makes it once: a second task with the same key is not made."""

    key: str
    department: str  # reception | housekeeping | maintenance | on_call
    reason: str  # catalogue key: why it is here
    summary: str  # the guest's wish in short, their words
    urgency: Urgency = Urgency.NORMAL
    topic: str = ""
    details: dict[str, str] = field(default_factory=dict)
    draft: str = ""  # suggested answer for staff, "" none


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A message to the guest. Text over the channel's limit is split on sending, still one answer."""

    content: Content
    quote: str = ""  # provider id of the guest's message to quote
    discloses: bool = False  # carries the line that a machine writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How the desk came to it: for `ask`, replay and the console."""

    language: str = ""
    topics: tuple[tuple[str, float], ...] = ()
    emergency: bool = False
    opt_out: bool = False
    sources: tuple[str, ...] = ()  # paths in hotel.yaml that were said, or drafted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that one look at a turn leads to; committed as one unit by the round.

    Either `wait_until_ms` is set and `dispositions` is empty (look again then), or every entry of the turn has a
    disposition. `tasks` may come with either. `memory` and `guest` replace what was there; None keeps it.
    """

    dispositions: tuple[Disposition, ...] = ()
    sayings: tuple[Saying, ...] = ()
    tasks: tuple[NewTask, ...] = ()
    wait_until_ms: int = 0
    memory: Memory | None = None
    guest: Guest | None = None
    release_hold: bool = False
    trace: Trace = field(default_factory=Trace)
