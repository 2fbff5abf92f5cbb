"""What the cores take in and give out: plain values, no network, no clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from nightporter.testing.providers.behaviour import Behaviour, Failure, Fault
from nightporter.testing.providers.ledger import JsonObject, Ledger


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


class Provider(Protocol):
    """What a server, a simulator or a demo drives. Every call says what time it is."""

    behaviour: Behaviour
    ledger: Ledger
    webhook_url: str | None

    def arrival_delay_ms(self) -> int:
        """How long to keep a request that has just arrived before `handle` gets it."""
        ...

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, now_ms: int) -> Answer:
        """Answer one request; `path` may carry a query."""
        ...

    def due(self, now_ms: int) -> list[Webhook]:
        """Webhooks to send now; each must be followed by one `webhook_result`."""
        ...

    def webhook_result(self, webhook_id: int, http_status: int | None, now_ms: int) -> None:
        """Say how the node answered (None: not at all); anything but 200 is tried again later."""
        ...

    def next_due_ms(self) -> int | None:
        """When `due` will next have something; None = nothing is planned."""
        ...

    def fail_next(
        self, faults: Iterable[str | Mapping[str, Any] | Failure | Fault], route: str = "messages"
    ) -> None:
        """Script the next requests of a route."""
        ...

    def guest_sends(self, guest: Mapping[str, Any], kind: str, now_ms: int, args: Mapping[str, Any]) -> str:
        """A guest (`phone` or `bsuid`, `name`) sends something; returns the message's id."""
        ...
