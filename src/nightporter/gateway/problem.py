"""Problems: what the gateway says instead of doing it, as `application/problem+json` (RFC 9457).

A problem is a value that a handler returns. `code` names it for programs and never changes; docs/errors.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import orjson

MEDIA_TYPE = b"application/problem+json"
DETAIL_CHARS_MAX = 500


class Code(StrEnum):
    """What went wrong: a closed set."""

    NO_ROUTE = "no_route"
    NO_METHOD = "no_method"
    NO_CHANNEL = "no_channel"
    NOT_SIGNED = "not_signed"
    WRONG_TOKEN = "wrong_token"
    BODY_TOO_LARGE = "body_too_large"
    BODY_TOO_SLOW = "body_too_slow"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    KEY_MISSING = "key_missing"
    KEY_UNKNOWN = "key_unknown"
    SCOPE_MISSING = "scope_missing"
    TOO_MANY = "too_many"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    ACTION_UNKNOWN = "action_unknown"
    ACTION_NOT_BUILT = "action_not_built"
    NOT_NOW = "not_now"
    CRASHED = "crashed"


STATUS: dict[Code, int] = {
    Code.NO_ROUTE: 404,
    Code.NO_METHOD: 405,
    Code.NO_CHANNEL: 404,
    Code.NOT_SIGNED: 401,
    Code.WRONG_TOKEN: 403,
    Code.BODY_TOO_LARGE: 413,
    Code.BODY_TOO_SLOW: 408,
    Code.NOT_JSON: 400,
    Code.INVALID: 422,
    Code.KEY_MISSING: 401,
    Code.KEY_UNKNOWN: 401,
    Code.SCOPE_MISSING: 403,
    Code.TOO_MANY: 429,
    Code.CONFLICT: 409,
    Code.NOT_FOUND: 404,
    Code.ACTION_UNKNOWN: 422,
    Code.ACTION_NOT_BUILT: 422,
    Code.NOT_NOW: 503,
    Code.CRASHED: 500,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: its code, one sentence of what to do, members and headers of its own."""

    code: Code
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]

    def body(self) -> bytes:
        """The JSON document; `type` is `about:blank`, so `title` is the status's own phrase."""
        status = HTTPStatus(self.status)
        document = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": self.detail[:DETAIL_CHARS_MAX],
            "code": self.code,
        }
        return orjson.dumps({**document, **self.more})


def too_many(seconds: float) -> Problem:
    """Come back after `seconds`."""
    wait = max(1, round(seconds + 0.5))
    return Problem(
        Code.TOO_MANY, f"too many requests, come back in {wait} s", headers={"retry-after": str(wait)}
    )


def not_now(seconds: int) -> Problem:
    """Nothing can be kept at the moment."""
    return Problem(
        Code.NOT_NOW, "cannot be kept now, send it again later", headers={"retry-after": str(seconds)}
    )
