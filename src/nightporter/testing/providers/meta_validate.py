"""Checks the body of a send as strictly as the Cloud API does and says with which code it refuses.

Limits: Meta's message reference. Every check yields its refusals; the first one counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from nightporter.testing.providers.guests import BSUID, PHONE_DIGITS, digits
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta_errors import Refusal, missing
from nightporter.testing.providers.meta_templates import Templates, check_template
from nightporter.testing.providers.shapes import as_object, as_objects

TEXT_CHARS_MAX = 4096
BODY_CHARS_MAX = 1024
CAPTION_CHARS_MAX = 1024
HEADER_CHARS_MAX = 60
FOOTER_CHARS_MAX = 60
BUTTONS_MAX = 3
BUTTON_TITLE_CHARS_MAX = 20
BUTTON_ID_CHARS_MAX = 256
SECTIONS_MAX = 10
ROWS_MAX = 10
ROW_ID_CHARS_MAX = 200
ROW_TITLE_CHARS_MAX = 24
ROW_DESCRIPTION_CHARS_MAX = 72
CALLBACK_DATA_CHARS_MAX = 512
MEDIA_TYPES = frozenset({"image", "audio", "video", "document", "sticker"})
HEADER_TYPES = frozenset({"text", "image", "video", "document"})
TOP_KEYS = frozenset(
    {
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        "recipient_identity_key_hash",
    }
)
_HTTP = re.compile(r"https?://\S+")
Refusals = Iterator[Refusal]


def check_send(body: JsonObject, templates: Templates, media_known: Callable[[str], bool]) -> Refusal | None:
    """The refusal of a send, or None if it is right. (Numbers, rates and windows are the provider's own.)"""
    return next(_send(body, templates, media_known), None)


def _send(body: JsonObject, templates: Templates, media_known: Callable[[str], bool]) -> Refusals:
    if body.get("messaging_product") != "whatsapp":
        yield missing("messaging_product")
    yield from _recipient(body)
    kind = body.get("type", "text")
    checks: dict[str, Callable[[JsonObject], Refusals]] = {
        "text": _text,
        "interactive": _interactive,
        "template": lambda part: check_template(part, templates),
        "reaction": _reaction,
        "location": _location,
    }
    if kind not in checks and kind not in MEDIA_TYPES and kind != "contacts":
        yield Refusal(100, message=f"(#100) Param type must be one of the message types, not {kind!r}.")
    strange = set(body) - TOP_KEYS - {kind}
    if strange:
        yield Refusal(100, message=f"(#100) Unexpected key {min(strange)!r} on param")
    if kind not in body:
        yield missing(kind)
    if kind == "contacts":
        yield from _contacts(body["contacts"])
        return
    if not isinstance(body[kind], dict):
        yield Refusal(100, message=f"(#100) Param {kind} must be a JSON object.")
    if kind in MEDIA_TYPES:
        yield from _media(body[kind], kind, media_known)
    else:
        yield from checks[kind](body[kind])


def _recipient(body: JsonObject) -> Refusals:
    to, recipient = body.get("to"), body.get("recipient")
    group = body.get("recipient_type", "individual") == "group"
    if body.get("recipient_type", "individual") not in {"individual", "group"}:
        yield Refusal(100, message="(#100) Param recipient_type must be one of {INDIVIDUAL, GROUP}.")
    if not to and not recipient:
        yield missing("to")
    if to and not (isinstance(to, str) and (group or PHONE_DIGITS.fullmatch(digits(to)))):
        yield Refusal(131009, "Recipient is not a valid phone number")
    if not to and not (isinstance(recipient, str) and BSUID.fullmatch(recipient)):
        yield Refusal(131009, "Recipient is not a valid business-scoped user id")
    callback = body.get("biz_opaque_callback_data")
    if callback is not None:
        yield from _chars(callback, "biz_opaque_callback_data", 1, CALLBACK_DATA_CHARS_MAX, 100)
    context = body.get("context")
    if context is not None and not as_object(context).get("message_id"):
        yield Refusal(100, message="(#100) Param context must have a message_id.")


def _chars(value: Any, name: str, least: int, most: int, code: int = 131009) -> Refusals:
    if not isinstance(value, str) or (least > 0 and not value.strip()):
        yield Refusal(131008, f"{name} is missing")
    elif len(value) > most:
        if code == 100:
            yield Refusal(100, message=f"(#100) Param {name} must be at most {most} characters long.")
        yield Refusal(code, f"{name} length invalid. Min length: {least}, Max length: {most}")


def _text(part: JsonObject) -> Refusals:
    yield from _chars(part.get("body"), "text['body']", 1, TEXT_CHARS_MAX, 100)
    if not isinstance(part.get("preview_url", False), bool):
        yield Refusal(100, message="(#100) Param text['preview_url'] must be a boolean.")


def _media(part: JsonObject, kind: str, media_known: Callable[[str], bool]) -> Refusals:
    media_id, link = part.get("id"), part.get("link")
    if (media_id is None) == (link is None):
        yield Refusal(131008, f"{kind} needs either an id or a link")
    if link is not None and not _HTTP.fullmatch(str(link)):
        yield Refusal(131009, f"{kind}['link'] is not a valid URI")
    if media_id is not None and not media_known(str(media_id)):
        yield Refusal(100, f"{media_id} is not a valid whatsapp business account media attachment ID")
    if part.get("caption") is not None:
        if kind in {"audio", "sticker"}:
            yield Refusal(100, message=f"(#100) Unexpected key 'caption' on param {kind!r}")
        yield from _chars(part["caption"], f"{kind}['caption']", 0, CAPTION_CHARS_MAX, 100)
    if part.get("filename") is not None and kind != "document":
        yield Refusal(100, message=f"(#100) Unexpected key 'filename' on param {kind!r}")


def _reaction(part: JsonObject) -> Refusals:
    if not isinstance(part.get("message_id"), str) or not part["message_id"]:
        yield Refusal(131008, "reaction['message_id'] is missing")
    if not isinstance(part.get("emoji"), str):
        yield Refusal(131008, "reaction['emoji'] is missing")


def _location(part: JsonObject) -> Refusals:
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            inside = abs(float(part[name])) <= most
        except (KeyError, TypeError, ValueError):
            yield Refusal(131008, f"location[{name!r}] is missing")
        else:
            if not inside:
                yield Refusal(131009, f"location[{name!r}] is out of range")


def _contacts(cards: Any) -> Refusals:
    if not as_objects(cards):
        yield Refusal(131008, "contacts is missing")
    for card in as_objects(cards):
        if not as_object(card.get("name")).get("formatted_name"):
            yield Refusal(131008, "contacts['name']['formatted_name'] is missing")


def _interactive(part: JsonObject) -> Refusals:
    kinds = {
        "button": _buttons,
        "list": _list,
        "cta_url": _cta_url,
        "location_request_message": _location_request,
    }
    kind = part.get("type")
    if kind not in kinds:
        yield Refusal(131009, f"Interactive type {kind!r} is not known here")
        return
    yield from _chars(as_object(part.get("body")).get("text"), "Body text", 1, BODY_CHARS_MAX)
    if part.get("footer") is not None:
        yield from _chars(as_object(part["footer"]).get("text"), "Footer text", 1, FOOTER_CHARS_MAX)
    if part.get("header") is not None:
        yield from _header(as_object(part["header"]), kind)
    yield from kinds[kind](as_object(part.get("action")))


def _header(header: JsonObject, kind: str) -> Refusals:
    allowed = {"text"} if kind == "list" else HEADER_TYPES
    if header.get("type") not in allowed or kind == "location_request_message":
        yield Refusal(131009, f"Header type {header.get('type')!r} is not allowed here")
    if header.get("type") == "text":
        yield from _chars(header.get("text"), "Header text", 1, HEADER_CHARS_MAX)


def _buttons(action: JsonObject) -> Refusals:
    buttons = as_objects(action.get("buttons"))
    if not 1 <= len(buttons) <= BUTTONS_MAX:
        yield Refusal(
            131009, f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {BUTTONS_MAX}"
        )
    replies = [as_object(button.get("reply")) for button in buttons]
    if any(button.get("type") != "reply" for button in buttons):
        yield Refusal(131009, "Button type must be reply")
    for reply in replies:
        yield from _chars(reply.get("title"), "Button title", 1, BUTTON_TITLE_CHARS_MAX)
        yield from _chars(reply.get("id"), "Button id", 1, BUTTON_ID_CHARS_MAX)
    for name in ("id", "title"):
        if len({reply[name] for reply in replies}) < len(replies):
            yield Refusal(131009, f"Duplicated button {name}")


def _list(action: JsonObject) -> Refusals:
    yield from _chars(action.get("button"), "List button", 1, BUTTON_TITLE_CHARS_MAX)
    sections = as_objects(action.get("sections"))
    if not 1 <= len(sections) <= SECTIONS_MAX:
        yield Refusal(
            131009, f"Invalid sections count. Min allowed sections: 1, Max allowed sections: {SECTIONS_MAX}"
        )
    rows = [row for section in sections for row in as_objects(section.get("rows"))]
    for section in sections:
        if len(sections) > 1 or section.get("title"):
            yield from _chars(section.get("title"), "Section title", 1, ROW_TITLE_CHARS_MAX)
        if not section.get("rows"):
            yield Refusal(131009, "Section has no rows")
    if len(rows) > ROWS_MAX:
        yield Refusal(131009, f"Total row count exceed max allowed count: {ROWS_MAX}")
    for row in rows:
        yield from _chars(row.get("id"), "Row id", 1, ROW_ID_CHARS_MAX)
        yield from _chars(row.get("title"), "Row title", 1, ROW_TITLE_CHARS_MAX)
        yield from _chars(row.get("description", ""), "Row description", 0, ROW_DESCRIPTION_CHARS_MAX)
    if len({row["id"] for row in rows}) < len(rows):
        yield Refusal(131009, "Duplicated row id")


def _cta_url(action: JsonObject) -> Refusals:
    parameters = as_object(action.get("parameters"))
    if action.get("name") != "cta_url":
        yield Refusal(131009, "Action name must be cta_url")
    yield from _chars(parameters.get("display_text"), "Button title", 1, BUTTON_TITLE_CHARS_MAX)
    if not _HTTP.fullmatch(str(parameters.get("url", ""))):
        yield Refusal(131009, "Button url is not a valid URI")


def _location_request(action: JsonObject) -> Refusals:
    if action.get("name") != "send_location":
        yield Refusal(131009, "Action name must be send_location")
