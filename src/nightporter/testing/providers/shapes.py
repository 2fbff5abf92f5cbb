"""Reads JSON of unknown shape without an exception: what is not an object counts as an empty one."""

from __future__ import annotations

import json
from typing import Any, cast

from nightporter.testing.providers.ledger import JsonObject


def as_object(value: Any) -> JsonObject:
    """The object, or an empty one."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[JsonObject]:
    """The list's objects (others as empty ones), or no list."""
    return [as_object(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []


def parse_object(body: bytes) -> JsonObject | None:
    """The body as a JSON object, None if it is something else."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return cast("JsonObject", value) if isinstance(value, dict) else None
