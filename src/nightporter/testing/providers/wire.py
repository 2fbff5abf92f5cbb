"""What the cores take in and give out: plain values, no network, no clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nightporter.testing.providers.ledger import JsonObject


class Action(StrEnum):
    """What the carrier of an answer does with the connection."""

    ANSWER = "answer"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request, due `delay_ms` later; `accepted_id` is for judges, no client sees it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    delay_ms: int = 0
    action: Action = Action.ANSWER
    accepted_id: str | None = None

    @staticmethod
    def of_json(status: int, value: object, *, delay_ms: int = 0, accepted_id: str | None = None) -> Answer:
        """A JSON answer."""
        body = json.dumps(value, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        return Answer(status, headers, body, delay_ms, Action.ANSWER, accepted_id)


@dataclass(frozen=True, slots=True)
class Content:
    """One thing a webhook body carries: (`message`, wamid), (`status`, wamid, `sent`), (`field`, name)."""

    kind: str
    id: str
    status: str | None = None


@dataclass(slots=True)
class Webhook:
    """One body on its way to the node. Report what became of it with `webhook_result(id, ...)`."""

    id: int
    url: str | None
    body: bytes
    headers: Mapping[str, str]
    contents: tuple[Content, ...]
    payloads: tuple[JsonObject, ...]
    first_ms: int
    attempt: int = 1
