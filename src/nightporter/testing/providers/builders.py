"""Messages as guests' phones write them: one builder per kind of the Cloud API's webhook table.

Each returns the part of a message that depends on its kind (`type` and its payload); `meta_phones` adds who,
id and time. The shapes are those of Meta's webhook reference, as pywa's models read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.media import Media

UNSUPPORTED_CODE = 131051


def text(body: str = "Hello") -> JsonObject:
    """Plain words."""
    return {"type": "text", "text": {"body": body}}


def _media(kind: str, media: Media, more: JsonObject) -> JsonObject:
    basic = {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
    return {"type": kind, kind: basic | {key: value for key, value in more.items() if value is not None}}


def image(media: Media, caption: str | None = None, url: str | None = None) -> JsonObject:
    """A photo."""
    return _media("image", media, {"caption": caption, "url": url})


def video(media: Media, caption: str | None = None, url: str | None = None) -> JsonObject:
    """A film."""
    return _media("video", media, {"caption": caption, "url": url})


def audio(media: Media, *, voice: bool = True, url: str | None = None) -> JsonObject:
    """A voice note, or with `voice=False` a sound file."""
    return _media("audio", media, {"voice": voice, "url": url})


def document(
    media: Media, filename: str = "document.pdf", caption: str | None = None, url: str | None = None
) -> JsonObject:
    """A file."""
    return _media("document", media, {"filename": filename, "caption": caption, "url": url})


def sticker(media: Media, *, animated: bool = False, url: str | None = None) -> JsonObject:
    """A sticker."""
    return _media("sticker", media, {"animated": animated, "url": url})


def location(
    latitude: float = 46.4983,
    longitude: float = 11.3548,
    name: str | None = None,
    address: str | None = None,
    url: str | None = None,
) -> JsonObject:
    """A place."""
    optional = {"name": name, "address": address, "url": url}
    place: JsonObject = {"latitude": latitude, "longitude": longitude}
    return {"type": "location", "location": place | {k: v for k, v in optional.items() if v is not None}}


def contacts(cards: list[JsonObject] | None = None) -> JsonObject:
    """Address book cards."""
    card = {
        "name": {"formatted_name": "Taxi Centrale", "first_name": "Taxi"},
        "phones": [{"phone": "+39 0471 000000", "wa_id": "390471000000", "type": "WORK"}],
    }
    return {"type": "contacts", "contacts": cards or [card]}


def reaction(message_id: str, emoji: str | None = "👍") -> JsonObject:
    """An emoji on a message; None takes it away."""
    body: JsonObject = {"message_id": message_id}
    return {"type": "reaction", "reaction": body if emoji is None else body | {"emoji": emoji}}


def order(
    catalog_id: str = "194836987003835", text: str = "", items: list[JsonObject] | None = None
) -> JsonObject:
    """A basket from a catalogue."""
    item = {"product_retailer_id": "spa-60", "quantity": 1, "item_price": 80.0, "currency": "EUR"}
    return {
        "type": "order",
        "order": {"catalog_id": catalog_id, "text": text, "product_items": items or [item]},
    }


def _interactive(kind: str, reply: JsonObject) -> JsonObject:
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}


def button_reply(key: str = "yes", title: str = "Yes") -> JsonObject:
    """A tap on a reply button."""
    return _interactive("button_reply", {"id": key, "title": title})


def list_reply(key: str = "row-1", title: str = "First", description: str | None = None) -> JsonObject:
    """A choice from a list."""
    reply: JsonObject = {"id": key, "title": title}
    return _interactive("list_reply", reply if description is None else reply | {"description": description})


def nfm_reply(response: JsonObject | None = None, name: str = "flow", body: str = "Sent") -> JsonObject:
    """A filled-in form (Flow)."""
    answer = response or {"flow_token": "token", "arrival": "2026-12-01"}
    return _interactive("nfm_reply", {"name": name, "body": body, "response_json": json.dumps(answer)})


def call_permission_reply(response: str = "accept", response_source: str = "user_action") -> JsonObject:
    """An answer to a request for permission to call."""
    return _interactive("call_permission_reply", {"response": response, "response_source": response_source})


def button(text: str = "Yes", payload: str = "yes") -> JsonObject:
    """A tap on a template's quick reply."""
    return {"type": "button", "button": {"text": text, "payload": payload}}


def edit(
    original_message_id: str, body: str = "Hello again", message: JsonObject | None = None
) -> JsonObject:
    """A changed message: the whole new one stands in `message`."""
    new = message or text(body)
    return {"type": "edit", "edit": {"original_message_id": original_message_id, "message": new}}


def revoke(original_message_id: str) -> JsonObject:
    """A message taken back."""
    return {"type": "revoke", "revoke": {"original_message_id": original_message_id}}


def unsupported(kind: str = "poll_creation") -> JsonObject:
    """Something the Cloud API cannot carry; it is a guest's message all the same."""
    error = {
        "code": UNSUPPORTED_CODE,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }
    return {"type": "unsupported", "errors": [error], "unsupported": {"type": kind}}


def unknown(kind: str = "hologram", content: JsonObject | None = None) -> JsonObject:
    """A kind that does not exist yet."""
    return {"type": kind, kind: content or {"id": "1"}}


def request_welcome() -> JsonObject:
    """The guest has opened the chat for the first time."""
    return {"type": "request_welcome"}


MEDIA_KINDS = ("image", "video", "audio", "document", "sticker")
BUILDERS: dict[str, Callable[..., Any]] = {
    builder.__name__: builder
    for builder in (
        text,
        image,
        video,
        audio,
        document,
        sticker,
        location,
        contacts,
        reaction,
        order,
        button_reply,
        list_reply,
        nfm_reply,
        call_permission_reply,
        button,
        edit,
        revoke,
        unsupported,
        unknown,
        request_welcome,
    )
}
"""Builders by kind. Those in MEDIA_KINDS take a `Media` first."""
