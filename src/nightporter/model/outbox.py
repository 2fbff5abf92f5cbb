"""Outbox messages: their content, their states with the one transition function, and their derived ids."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from nightporter.model.message import StatusKind

ID_HASH_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A reply button or list row."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template approved by the provider."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # of the parameters, where the provider wants them beside the values


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is said: text, text with up to 3 buttons or up to 10 rows, a location beside it, or a template."""

    text: str = ""
    buttons: tuple[Choice, ...] = ()
    rows: tuple[Choice, ...] = ()
    rows_title: str = ""  # label of the button that opens the list
    template: Template | None = None


class OutboxState(StrEnum):
    """Life of an outbox message (docs draw it from `TRANSITIONS`)."""

    WAITING = "waiting"
    SENDING = "sending"  # claimed: may be on the wire
    UNKNOWN = "unknown"  # the outcome of a send is not known; never sent again
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # refused for good
    MAYBE_SENT = "maybe_sent"  # nobody told what became of an unknown one: staff settle it
    DEAD = "dead"  # given up before it was ever accepted, or dropped by staff


_S = OutboxState

TRANSITIONS: dict[OutboxState, frozenset[OutboxState]] = {
    _S.WAITING: frozenset({_S.SENDING, _S.DEAD, _S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.SENDING: frozenset({_S.WAITING, _S.UNKNOWN, _S.SENT, _S.DELIVERED, _S.READ, _S.FAILED, _S.DEAD}),
    _S.UNKNOWN: frozenset({_S.MAYBE_SENT, _S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.MAYBE_SENT: frozenset({_S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ, _S.FAILED}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.READ: frozenset(),
    _S.FAILED: frozenset({_S.DELIVERED, _S.READ, _S.WAITING}),  # a person may send it again
    _S.DEAD: frozenset({_S.WAITING}),  # a person may try again
}


def may_become(state: OutboxState, new: OutboxState) -> bool:
    """True when the life cycle allows the step."""
    return new in TRANSITIONS[state]


_STATUS_STATE = {
    StatusKind.SENT: _S.SENT,
    StatusKind.DELIVERED: _S.DELIVERED,
    StatusKind.READ: _S.READ,
    StatusKind.FAILED: _S.FAILED,
}


def after_status(state: OutboxState, status: StatusKind) -> OutboxState:
    """The state after a provider's status: a monotone maximum, so repeats and late ones change nothing."""
    new = _STATUS_STATE[status]
    return new if may_become(state, new) else state


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message that must go out, once."""

    outbox_id: str
    channel: str
    number: str  # our own number it goes out from
    conversation_id: str
    to_phone: str = ""  # digits; wins over to_id
    to_id: str = ""  # business-scoped id or Spoki contact
    content: Content = field(default_factory=Content)
    quote: str = ""
    state: OutboxState = OutboxState.WAITING
    attempts: int = 0
    expires_ms: int = 0  # end of the window: free-form text is not sent after; 0 = no end


def outbox_id(at_ms: int, provider_id: str, ordinal: int) -> str:
    """The id both nodes compute for the same answer (SD4).

    `at_ms`: provider time of the turn's first uncovered entry; `provider_id`: its provider id (entries without one:
    their own id); `ordinal`: 0 for the first message of the answer.
    """
    digest = hashlib.blake2b(provider_id.encode(), digest_size=ID_HASH_BYTES).hexdigest()
    return f"{at_ms:012x}-{digest}-{ordinal}"
