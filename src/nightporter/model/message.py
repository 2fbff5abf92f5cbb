"""Entries: one thing that happened, as a channel read it from a delivery."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from nightporter.model.guest import Identity

JSONObject = dict[str, Any]

DEDUPE_BYTES = 16


class EntryKind(StrEnum):
    """What happened."""

    MESSAGE = (
        "message"  # a guest's message of any kind, also edit, revoke, reaction, call: it gets a disposition
    )
    STATUS = "status"  # the provider tells what became of a message of ours
    ECHO = "echo"  # staff wrote from the phone app
    IDENTITY = "identity"  # a guest has a new number or id
    PREFERENCE = "preference"  # the provider's own opt-out / opt-in
    ACCOUNT = "account"  # the provider speaks of our account, number, templates
    EVENT = "event"  # a mesh event
    TIMER = "timer"  # a due timer
    UNKNOWN = "unknown"  # kept and shown to staff


class MessageKind(StrEnum):
    """What a guest sent."""

    TEXT = "text"
    BUTTON = "button"  # template quick reply
    CHOICE = "choice"  # tap on a reply button or list row
    FORM = "form"  # nfm_reply of a flow
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    ORDER = "order"
    EDIT = "edit"
    REVOKE = "revoke"
    CALL = "call"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that the guest sent, still at the provider."""

    id: str = ""
    url: str = ""
    mime_type: str = ""
    sha256: str = ""  # as the provider states it, "" unknown
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the guest sent, in our words."""

    kind: MessageKind
    text: str = ""  # body, caption, title of the tapped button
    choice: str = ""  # payload or id of the tapped button or row
    quoted: str = ""  # provider id of the message it answers
    target: str = ""  # reaction, edit, revoke: provider id of the original
    group: str = ""  # group id, "" in a private chat
    media: Media | None = None
    data: JSONObject = field(default_factory=dict)  # location, contacts, order items: as received, bounded


class StatusKind(StrEnum):
    """What the provider says became of a message; `rank` makes it a monotone maximum."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One status of a message of ours."""

    kind: StatusKind
    outbox_id: str = ""  # our id, echoed by the provider; "" when it does not echo
    error_code: str = ""
    error: str = ""
    billable: bool = False
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `dedupe` is the provider's own name of the happening, unique in its channel."""

    kind: EntryKind
    channel: str  # whatsapp | spoki | mesh | timer
    dedupe: str
    at_ms: int  # provider's time
    number: str = ""  # our own number it came to (phone_number_id, Spoki account); "" = of no number
    provider_id: str = ""  # id of the message it is or speaks of
    identities: tuple[Identity, ...] = ()
    name: str = ""  # profile name of the guest
    message: Message | None = None
    status: Status | None = None
    data: JSONObject = field(default_factory=dict)  # what has no field of its own, as received, bounded

    def dedupe_key(self) -> bytes:
        """16 bytes that stand for (channel, dedupe) in the unique index (IN3)."""
        return hashlib.blake2b(f"{self.channel}\0{self.dedupe}".encode(), digest_size=DEDUPE_BYTES).digest()
