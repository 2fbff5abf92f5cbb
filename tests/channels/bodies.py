"""Webhook bodies as the providers write them, and what every entry must satisfy to be stored."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson

from nightporter.channels.spoki import Spoki
from nightporter.channels.whatsapp import WhatsApp
from nightporter.channels.wire import Wire
from nightporter.model.message import Entry

NUMBER = "106540352242922"
GUEST = "393331234567"
BSUID = "IT.13491208655302741918"
WAMID = "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA="
AT_SECONDS = "1763800000"
AT_MS = 1_763_800_000_000
RECEIVED_MS = 1_763_800_002_345
INT64 = 1 << 63


def meta(*changes: tuple[str, object], time: int | None = None) -> bytes:
    """One entry with these (field, value) changes."""
    entry: dict[str, Any] = {
        "id": "102290129340398",
        "changes": [{"value": value, "field": field} for field, value in changes],
    }
    if time is not None:
        entry["time"] = time
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [entry]})


def value(**parts: object) -> dict[str, Any]:
    metadata = {"display_phone_number": "390471100200", "phone_number_id": NUMBER}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def message(kind: str, payload: object = None, **more: object) -> dict[str, Any]:
    """A message of the demo guest; `payload` stands under the name of its kind."""
    whole: dict[str, Any] = {
        "from": GUEST,
        "from_user_id": BSUID,
        "id": WAMID,
        "timestamp": AT_SECONDS,
        "type": kind,
    }
    return whole | ({} if payload is None else {kind: payload}) | more


def with_messages(*messages: object) -> bytes:
    contact = {"profile": {"name": "Anna"}, "wa_id": GUEST, "user_id": BSUID}
    return meta(("messages", value(contacts=[contact], messages=list(messages))))


def status(word: str, **more: object) -> dict[str, Any]:
    basic = {"id": WAMID, "status": word, "timestamp": AT_SECONDS, "recipient_id": GUEST}
    return basic | {"biz_opaque_callback_data": "019a8b-0"} | more


def with_statuses(*statuses: object) -> bytes:
    return meta(("messages", value(statuses=list(statuses))))


def spoki(event: str, data: object, **more: object) -> bytes:
    envelope = {
        "version": 2,
        "event": event,
        "event_uuid": "e-1",
        "timestamp": AT_MS / 1000 + 1.5,
        "data": data,
    }
    return orjson.dumps(envelope | more)


def spoki_inbound(**more: object) -> bytes:
    data: dict[str, Any] = {
        "uuid": "u-1",
        "direction": "Inbound",
        "content_type": "Text",
        "text": "Ciao",
        "from_phone": "+39 333 1234567",
        "to_phone": "+390471100300",
        "contact": {"id": 77, "phone": "+393331234567", "first_name": "Anna", "last_name": "B"},
        "timestamp_ms": AT_MS,
    }
    return spoki("message.inbound", data | more)


def spoki_outbound(word: str, **more: object) -> bytes:
    data: dict[str, Any] = {
        "uuid": "u-2",
        "direction": "Outbound",
        "content_type": "Text",
        "text": "Benvenuta",
        "from_phone": "+390471100300",
        "to_phone": "+393331234567",
        "timestamp": AT_MS,
        "send_status": word,
    }
    return spoki("message.outbound", data | more)


def whatsapp_channel(wire: Wire, api_url: str = "http://127.0.0.1:1/v26.0", token: str = "token") -> WhatsApp:
    return WhatsApp(
        wire,
        phone_number_id=NUMBER,
        access_token=token,
        app_secret="app-secret",
        verify_token="verify-me",
        api_url=api_url,
    )


def spoki_channel(wire: Wire, api_url: str = "http://127.0.0.1:1/api/1", key: str = "key") -> Spoki:
    return Spoki(wire, api_key=key, secrets=["whsec_one", "whsec_two"], api_url=api_url)


def assert_storable(entry: Entry) -> None:
    """JSON can carry it, SQLite can keep it, and it is bounded."""
    entry.dedupe_key()
    assert len(orjson.dumps(entry)) < 600_000
    _walk(dataclasses.asdict(entry))


def _walk(part: Any) -> None:
    if isinstance(part, str):
        part.encode()
        assert "\0" not in part
    elif isinstance(part, dict):
        for key, item in part.items():
            _walk(key)
            _walk(item)
    elif isinstance(part, list | tuple):
        for item in part:
            _walk(item)
    elif isinstance(part, int):
        assert -INT64 <= part < INT64
