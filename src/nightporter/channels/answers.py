"""Reads a provider's answer to a send: accepted, refused, to be retried, or unknown (core rules SD2)."""

from __future__ import annotations

import re
from typing import cast

import orjson

from nightporter.channels.clean import JSON, identifier, mapping, number_of, sequence, text
from nightporter.channels.codes import ACTIONS, BY_STATUS, RETRIED, known_action, plain
from nightporter.channels.outcome import (
    Accepted,
    Action,
    Outcome,
    Refused,
    Released,
    Retry,
    Scope,
    Unknown,
)
from nightporter.channels.wire import Lost, NotSent, Response

DETAILS_CHARS_MAX = 1_024
RETRY_AFTER_SECONDS_MAX = 3_600.0
FIELD_ERRORS_DEPTH_MAX = 6

OK_FIRST, REFUSED_FIRST, FAILED_FIRST = 200, 400, 500
REQUEST_TIMEOUT, TOO_MANY = 408, 429
_FIELD_CODE = re.compile(r"(?:spoki|whatsapp)::\d{1,9}")


def meta_outcome(answer: Response | NotSent | Lost) -> Outcome:
    """What the Cloud API's answer means."""
    if not isinstance(answer, Response):
        return _without_answer(answer)
    body = _json(answer.body)
    if _succeeded(answer.status):
        messages = sequence(mapping(body).get("messages"))
        message_id = mapping(messages[0]).get("id") if messages else None
        return _accepted(message_id, answer.status)
    error = mapping(mapping(body).get("error"))
    code = identifier(error.get("code"))
    details = mapping(error.get("error_data")).get("details")
    return _refusal(answer, code, text(details or error.get("message"), DETAILS_CHARS_MAX))


def spoki_outcome(answer: Response | NotSent | Lost) -> Outcome:
    """What Spoki's answer means; a success without `uuid` or `id` ("Message queued") may have been sent."""
    if not isinstance(answer, Response):
        return _without_answer(answer)
    body = _json(answer.body)
    if _succeeded(answer.status):
        held = mapping(body)
        return _accepted(held.get("uuid") or held.get("id"), answer.status)
    code = plain(_field_code(body, FIELD_ERRORS_DEPTH_MAX) or identifier(mapping(body).get("code")))
    return _refusal(answer, code, text(answer.body.decode("utf-8", "replace"), DETAILS_CHARS_MAX))


def token_taken(answer: Response | NotSent | Lost, outcome: Outcome) -> bool:
    """True when an answer to a probe shows that the token is not refused; whatever else is wrong, a send will tell."""
    if not isinstance(answer, Response) or answer.status >= FAILED_FIRST:
        return False
    return not (isinstance(outcome, Refused) and outcome.action in {Action.STOP_CHANNEL, Action.PERMISSION})


def _without_answer(answer: NotSent | Lost) -> Outcome:
    return Released(answer.reason) if isinstance(answer, NotSent) else Unknown(answer.reason)


def _succeeded(status: int) -> bool:
    return OK_FIRST <= status < OK_FIRST + 100


def _accepted(message_id: JSON, status: int) -> Outcome:
    provider_id = identifier(message_id)
    return Accepted(provider_id) if provider_id else Unknown(f"http_{status}_without_id")


def _refusal(answer: Response, code: str, details: str) -> Outcome:
    """SD2: 429 and six codes are retried, codes follow the table, what is left of 5xx is unknown."""
    status = answer.status
    if status == TOO_MANY or (code in RETRIED and status >= REFUSED_FIRST):
        scope = RETRIED.get(code, Scope.NUMBER)
        return Retry(
            _retry_after(answer), code or f"http_{status}", scope, known_action(code) or Action.BACKOFF
        )
    if ACTIONS.get(code) is Action.UNKNOWN_OUTCOME:
        return Unknown(f"code_{code}")
    if known_action(code) is None and (status >= FAILED_FIRST or status in (0, REQUEST_TIMEOUT)):
        return Unknown(f"http_{status}")
    action = known_action(code) or BY_STATUS.get(status, Action.PERMANENT_BUG)
    return Refused(code or f"http_{status}", details, action)


def _retry_after(answer: Response) -> float | None:
    seconds = number_of(answer.headers.get("retry-after"))
    return None if seconds is None or seconds < 0 else min(seconds, RETRY_AFTER_SECONDS_MAX)


def _json(body: bytes) -> JSON:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _field_code(value: JSON, depth: int) -> str:
    """The first code of the form `spoki::1029` anywhere in an error body, in the order of its keys."""
    if type(value) is str:
        found = _FIELD_CODE.search(value)
        return found.group() if found else ""
    if depth == 0 or type(value) not in (dict, list):
        return ""
    items: list[JSON] = (
        [*mapping(value), *mapping(value).values()] if type(value) is dict else cast("list[JSON]", value)
    )
    return next((code for item in items if (code := _field_code(item, depth - 1))), "")
