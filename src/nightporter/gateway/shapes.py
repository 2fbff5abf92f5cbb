"""Shapes: the JSON Schemas of answers, and the small conversions that every answer shares."""

from __future__ import annotations

from datetime import timedelta

from nightporter.clock import utc
from nightporter.gateway.fields import number_text
from nightporter.model.message import JSONObject

PAGE_DEFAULT = 50
PAGE_MAX = 200

TEXT: JSONObject = {"type": "string"}
MAYBE_TEXT: JSONObject = {"type": ["string", "null"]}
NUMBER: JSONObject = {"type": "integer"}
FLAG: JSONObject = {"type": "boolean"}
MOMENT: JSONObject = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: JSONObject = {"anyOf": [MOMENT, {"type": "null"}]}
ANY: JSONObject = {}
OBJECT: JSONObject = {"type": "object"}

LIMIT = number_text(1, PAGE_MAX, PAGE_DEFAULT)


def words(*values: str) -> JSONObject:
    """One of the words."""
    return {"type": "string", "enum": list(values)}


def array(of: JSONObject) -> JSONObject:
    """An array."""
    return {"type": "array", "items": of}


def shape(optional: tuple[str, ...] = (), /, **members: JSONObject) -> JSONObject:
    """An object with these members."""
    needed = [name for name in members if name not in optional]
    return {"type": "object", "properties": members, "required": needed, "additionalProperties": False}


def page(name: str, of: JSONObject) -> JSONObject:
    """A page of a list: its items, and what to send as `after` for the next one; null on the last."""
    return shape(**{name: array(of), "next": MAYBE_TEXT})


def at(moment_ms: int) -> str:
    """A moment as answers tell it: UTC with milliseconds."""
    moment = utc(moment_ms - moment_ms % 1000) + timedelta(milliseconds=moment_ms % 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_at(moment_ms: int | None) -> str | None:
    """The moment, null for 0 and None: never."""
    return at(moment_ms) if moment_ms else None
