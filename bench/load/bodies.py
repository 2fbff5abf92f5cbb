"""Writes the signed webhooks of a run: complete one-wish messages of many guests, ready to be put on the wire.

Guests take turns: message i comes from guest i mod G, so a guest's next message is G messages later (>= 6 s at
the greatest rate asked for), and no guest writes more than four. Each of a guest's messages has another topic; a
guest keeps one language.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from moments import epoch

WISHES_FILE = Path(__file__).with_name("wishes.toml")
MESSAGES_PER_GUEST_MAX = 4
GUEST_PAUSE_SECONDS = 6
TOPIC_STEP = 3
"""How many topics on a guest's next wish is: coprime to the ten topics, so four wishes have four topics."""
PHONE_BASE = 39_999_000_000_00
WABA_ID = "200000000000001"
DISPLAY_NUMBER = "390550000000"
LENGTH_DIGITS = 8

ChannelName = Literal["cloud", "spoki"]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs the webhooks and which number they are for."""

    app_secret: str
    spoki_secret: str
    phone_number_id: str


@dataclass(frozen=True, slots=True)
class Wish:
    """One guest message: who (digits), its provider id, and its text with what it is about."""

    guest: str
    message_id: str
    text: str
    topic: str
    language: str
    timestamp: int


def guests_needed(messages: int, rate_max: float) -> int:
    """How many guests keep each one's pause at `rate_max` messages a second, and at most four messages each."""
    return max(math.ceil(rate_max * GUEST_PAUSE_SECONDS), math.ceil(messages / MESSAGES_PER_GUEST_MAX), 1)


def wishes(count: int, guests: int, run: str, *, first_guest: int = 0) -> Iterator[Wish]:
    """The first `count` messages of `guests` guests from `first_guest` on; `run` makes the ids its own."""
    started = int(epoch())
    for number in range(count):
        turn, guest = number // guests, first_guest + number % guests
        message_id = message_id_of(str(PHONE_BASE + guest), run, number)
        yield wish_of(guest, turn, message_id, started + turn * GUEST_PAUSE_SECONDS)


@cache
def _catalogue() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(WISHES_FILE.read_text("utf-8"))


def wish_of(guest: int, turn: int, message_id: str, timestamp: int) -> Wish:
    """What the guest of that number asks in the guest's `turn`-th message."""
    catalogue = _catalogue()
    topics = list(catalogue)
    languages = list(catalogue[topics[0]])
    topic = topics[(guest + turn * TOPIC_STEP) % len(topics)]
    language = languages[guest // len(topics) % len(languages)]
    texts = catalogue[topic][language]
    text = texts[(guest // (len(topics) * len(languages)) + turn) % len(texts)]
    return Wish(str(PHONE_BASE + guest), message_id, text, topic, language, timestamp)


def message_id_of(phone: str, run: str, number: int) -> str:
    """An id of the length and alphabet of Meta's, unique by run and number."""
    digest = hashlib.blake2b(f"{run}/{number}".encode(), digest_size=20).digest()
    return (
        "wamid."
        + base64.b64encode(b"\x1d\x01\x18" + phone.encode() + b"\x15\x02\x00\x12\x18" + digest).decode()
    )


def cloud_request(wish: Wish, secrets: Secrets) -> bytes:
    """The whole HTTP request of a Cloud API webhook with one text message."""
    body = cloud_body(wish, secrets.phone_number_id)
    digest = hmac.digest(secrets.app_secret.encode(), body, hashlib.sha256).hex()
    return http_post("/webhooks/whatsapp", f"X-Hub-Signature-256: sha256={digest}", body)


def cloud_body(wish: Wish, phone_number_id: str) -> bytes:
    """The body of a Cloud API webhook with one text message."""
    user_id = f"IT.{wish.guest}77"
    message = {
        "from": wish.guest,
        "from_user_id": user_id,
        "id": wish.message_id,
        "timestamp": str(wish.timestamp),
        "text": {"body": wish.text},
        "type": "text",
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": phone_number_id},
        "contacts": [
            {"profile": {"name": f"Guest {wish.guest[-6:]}"}, "wa_id": wish.guest, "user_id": user_id}
        ],
        "messages": [message],
    }
    entry = {"id": WABA_ID, "changes": [{"value": value, "field": "messages"}]}
    whole = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(whole, separators=(",", ":")).encode()


def spoki_request(wish: Wish, secrets: Secrets) -> bytes:
    """The whole HTTP request of a Spoki webhook with one text message, signed with the current time."""
    now = epoch()
    uuid = hashlib.blake2b(wish.message_id.encode(), digest_size=16).hexdigest()
    event = {
        "version": 2,
        "event": "message.inbound",
        "event_uuid": f"e{uuid[1:]}",
        "timestamp": now,
        "data": {
            "uuid": uuid,
            "direction": "Inbound",
            "content_type": "Text",
            "text": wish.text,
            "from_phone": f"+{wish.guest}",
            "to_phone": f"+{DISPLAY_NUMBER}",
            "contact": {"id": int(wish.guest[-8:]), "phone": f"+{wish.guest}"},
            "timestamp_ms": wish.timestamp * 1000,
            "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wish.timestamp)),
        },
    }
    body = json.dumps(event, separators=(",", ":")).encode()
    digest = hmac.digest(secrets.spoki_secret.encode(), f"{int(now)}.".encode() + body, hashlib.sha256).hex()
    return http_post("/webhooks/spoki", f"X-Spoki-Signature: t={int(now)},v2={digest}", body)


def http_post(path: str, signature: str, body: bytes) -> bytes:
    """An HTTP/1.1 POST with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", "Host: node", "Content-Type: application/json", signature]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def write_slices(folder: Path, messages: list[Wish], threads: int, secrets: Secrets) -> None:
    """Writes slice-1.bin ... slice-N.bin: message i is in slice i mod N + 1, as its length in 8 digits and itself."""
    files = [(folder / f"slice-{thread + 1}.bin").open("wb") for thread in range(threads)]
    try:
        for number, wish in enumerate(messages):
            request = cloud_request(wish, secrets)
            files[number % threads].write(str(len(request)).zfill(LENGTH_DIGITS).encode() + request)
    finally:
        for file in files:
            file.close()
