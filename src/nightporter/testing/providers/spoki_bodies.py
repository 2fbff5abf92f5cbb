"""Webhook bodies of Spoki: the V2 envelope, message data, bytes, and the signature with its time."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nightporter.clock import Chance
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import JsonObject

INBOUND = "message.inbound"
OUTBOUND = "message.outbound"
UNREAD = "chat.has_unread_messages"
CONTENT_TYPES = {
    "text": "Text",
    "image": "Image",
    "video": "Video",
    "audio": "Audio",
    "document": "Document",
    "sticker": "Sticker",
    "button_reply": "Text",
    "list_reply": "Text",
    "location": "Location",
    "contacts": "Contact",
    "reaction": "Reaction",
    "unknown": "Hologram",
}
"""Kinds a guest can send. Location, Contact and Reaction are guesses: no source shows their shape."""
_UUID_BITS = 128


@dataclass(slots=True)
class SpokiAccount:
    """A Spoki account; `secrets` has one webhook secret per event, as Spoki gives them."""

    api_key: str = "fake-spoki-key"
    account_id: str = "4711"
    phone: str = "+390471100300"
    secrets: dict[str, str] = field(
        default_factory=lambda: {
            INBOUND: "whsec_fake_inbound",
            OUTBOUND: "whsec_fake_outbound",
            UNREAD: "whsec_fake_unread",
        }
    )
    templates: frozenset[int] = frozenset({1001, 1002})
    credit: bool = True
    unreachable: set[str] = field(default_factory=set[str])


def new_uuid(chance: Chance) -> str:
    """A uuid of version 4, drawn from the given chance."""
    return str(uuid.UUID(int=chance.getrandbits(_UUID_BITS), version=4))


def number_of(name: str) -> int:
    """A stable numeric id for a name (chat, contact)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def iso(at_ms: int) -> str:
    """A moment as Spoki's own fields write it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().replace("+00:00", "Z")


def chat_of(guest: Guest) -> JsonObject:
    """The fields that name the chat and the contact."""
    chat = number_of(f"chat {guest.key}")
    return {
        "chat_id": chat,
        "chat_uuid": str(uuid.UUID(int=chat, version=4)),
        "contact": {"id": number_of(guest.key), "phone": f"+{guest.phone}"},
    }


def envelope(event: str, event_uuid: str, at_ms: int, data: JsonObject) -> JsonObject:
    """The V2 envelope."""
    return {"version": 2, "event": event, "event_uuid": event_uuid, "timestamp": at_ms / 1000, "data": data}


def spoki_bytes(payloads: tuple[JsonObject, ...], *, rewrite: bool) -> bytes:
    """One event per body; `rewrite` = the same event in other bytes."""
    (payload,) = payloads
    if rewrite:
        return json.dumps(dict(reversed(payload.items())), indent=1).encode()
    return json.dumps(payload, ensure_ascii=False).encode()


def sign(account: SpokiAccount, payload: JsonObject, body: bytes, now_ms: int) -> Mapping[str, str]:
    """Headers of a webhook: v2 is over the time and the raw bytes, with the secret of the event."""
    at = now_ms // 1000
    secret = account.secrets[payload["event"]]
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-SPOKI-ACCOUNT": account.account_id,
        "X-Spoki-Signature": f"t={at},v2={digest}",
    }
