"""Checks the body of a Spoki send and says with which code it is refused.

Spoki's reference could not be read whole: the request shapes follow its published collection, the codes are
those seen in public (`spoki::1029` credit exhausted, `spoki::1044`, `spoki::3004`, passed-through `whatsapp::`);
which code stands for which mistake, and the shape of a refusal, are this fake's choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nightporter.testing.providers.guests import PHONE_DIGITS, digits
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta_validate import (
    BODY_CHARS_MAX,
    BUTTON_TITLE_CHARS_MAX,
    BUTTONS_MAX,
    CAPTION_CHARS_MAX,
    ROW_DESCRIPTION_CHARS_MAX,
    ROW_TITLE_CHARS_MAX,
    ROWS_MAX,
    TEXT_CHARS_MAX,
)
from nightporter.testing.providers.shapes import as_object, as_objects
from nightporter.testing.providers.wire import Answer

INVALID = "spoki::1044"
UNKNOWN_TEMPLATE = "spoki::3004"
CREDIT_EXHAUSTED = "spoki::1029"
WINDOW_CLOSED = "whatsapp::131047"
MEDIA_TYPES = frozenset({"Image", "Document", "Video", "Audio"})


@dataclass(frozen=True, slots=True)
class SpokiRefusal:
    """A refused request: HTTP status, code, the field it is about, words."""

    http_status: int
    code: str
    field: str
    detail: str
    retry_after_seconds: int | None = None

    def answer(self, delay_ms: int = 0) -> Answer:
        """The refusal as this fake words it."""
        body = {
            "code": self.code,
            "detail": self.detail,
            self.field: [{"code": self.code, "message": self.detail}],
        }
        answer = Answer.of_json(self.http_status, body, delay_ms=delay_ms)
        if self.retry_after_seconds is None:
            return answer
        headers = {**answer.headers, "Retry-After": str(self.retry_after_seconds)}
        return Answer(answer.status, headers, answer.body, delay_ms)


Refusals = Iterator[SpokiRefusal]


def check_send(body: JsonObject, templates: frozenset[int]) -> SpokiRefusal | None:
    """The refusal of a send, or None if it is right."""
    return next(_send(body, templates), None)


def _bad(field: str, detail: str, code: str = INVALID) -> SpokiRefusal:
    return SpokiRefusal(400, code, field, detail)


def _chars(body: JsonObject, name: str, most: int, where: str = "") -> Refusals:
    value: Any = body.get(name)
    if not isinstance(value, str) or not value.strip():
        yield _bad(where or name, f"{where}{name} is required")
    elif len(value) > most:
        yield _bad(where or name, f"{where}{name} has more than {most} characters")


def _send(body: JsonObject, templates: frozenset[int]) -> Refusals:
    phone = body.get("phone")
    if not isinstance(phone, str) or not PHONE_DIGITS.fullmatch(digits(phone)):
        yield _bad("phone", "Enter a valid phone number")
    kind = body.get("type")
    if kind == "Template":
        if body.get("template") not in templates:
            yield _bad("template", "There is no such template", UNKNOWN_TEMPLATE)
        return
    if kind != "Message":
        yield _bad("type", f"{kind!r} is not Message or Template")
    content_type = body.get("content_type")
    if content_type == "Text":
        yield from _chars(body, "text", TEXT_CHARS_MAX)
    elif content_type == "Interactive":
        yield from _interactive(body)
    elif content_type == "List":
        yield from _list(body)
    elif content_type in MEDIA_TYPES:
        yield from _media(body)
    else:
        yield _bad("content_type", f"{content_type!r} is not a known content type")


def _interactive(body: JsonObject) -> Refusals:
    yield from _chars(body, "text", BODY_CHARS_MAX)
    buttons = as_objects(body.get("buttons"))
    if not 1 <= len(buttons) <= BUTTONS_MAX:
        yield _bad("buttons", f"Between 1 and {BUTTONS_MAX} buttons are needed")
    for button in buttons:
        if button.get("button_type") != "quick_reply":
            yield _bad("buttons", "button_type must be quick_reply")
        if not isinstance(button.get("order"), int):
            yield _bad("buttons", "order is required")
        yield from _chars(button, "text", BUTTON_TITLE_CHARS_MAX, "buttons ")


def _list(body: JsonObject) -> Refusals:
    yield from _chars(body, "text", BODY_CHARS_MAX)
    menu = as_object(body.get("list"))
    yield from _chars(menu, "title", BUTTON_TITLE_CHARS_MAX, "list ")
    rows = [row for section in as_objects(menu.get("sections")) for row in as_objects(section.get("rows"))]
    if not 1 <= len(rows) <= ROWS_MAX:
        yield _bad("list", f"Between 1 and {ROWS_MAX} rows are needed")
    for row in rows:
        yield from _chars(row, "title", ROW_TITLE_CHARS_MAX, "rows ")
        if len(str(row.get("description", ""))) > ROW_DESCRIPTION_CHARS_MAX:
            yield _bad("list", f"rows description has more than {ROW_DESCRIPTION_CHARS_MAX} characters")


def _media(body: JsonObject) -> Refusals:
    address = body.get("media") or body.get("url")
    if not str(address or "").startswith(("http://", "https://")):
        yield _bad("media", "An address of the media is required")
    if len(str(body.get("caption", ""))) > CAPTION_CHARS_MAX:
        yield _bad("caption", f"caption has more than {CAPTION_CHARS_MAX} characters")
