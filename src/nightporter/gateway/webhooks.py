"""The hot routes: webhooks of the providers, as plain ASGI, before anything else is asked.

It adds 6 us of processor time to the door's 60 (measured, 529 bytes, 6 headers). Correctly signed webhooks are never
limited; who sends refused ones is told 429 by address.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from nightporter.gateway.address import Callers
from nightporter.gateway.body import BodyReader, Gone, too_large
from nightporter.gateway.door import (
    FORBIDDEN,
    KEPT,
    NO_ROUTE,
    NOT_NOW,
    NOT_SIGNED,
    RETRY_AFTER_SECONDS,
    Answer,
    Door,
)
from nightporter.gateway.limits import Limiter
from nightporter.gateway.problem import Code, Problem, not_now, too_many
from nightporter.gateway.sending import TEXT, send_bytes, send_problem
from nightporter.journal.deliveries import BODY_BYTES_MAX

PREFIX = "/webhooks/"
ROUTES: Mapping[str, str] = {f"{PREFIX}whatsapp": "whatsapp", f"{PREFIX}spoki": "spoki"}  # path -> channel
HANDSHAKES = frozenset({"whatsapp"})
QUERY_FIELDS_MAX = 20

# Exactly what a webhook that is kept is told; made once.
_KEPT_HEAD: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_KEPT_BODY: Message = {"type": "http.response.body", "body": b""}

_PROBLEMS: dict[int, Problem] = {
    NO_ROUTE.status: Problem(Code.NO_CHANNEL, "this channel is not configured"),
    NOT_SIGNED.status: Problem(Code.NOT_SIGNED, "the signature is missing, wrong or too old"),
    FORBIDDEN.status: Problem(Code.WRONG_TOKEN, "hub.mode or hub.verify_token is wrong"),
    NOT_NOW.status: not_now(RETRY_AFTER_SECONDS),
    413: too_large(BODY_BYTES_MAX),
}


class Webhooks:
    """Takes what providers send."""

    def __init__(self, door: Door, bodies: BodyReader, callers: Callers, refused: Limiter) -> None:
        self._door = door
        self._bodies = bodies
        self._callers = callers
        self._refused = refused

    async def take(self, channel: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST` of one webhook."""
        if channel not in self._door.names:
            await send_problem(_PROBLEMS[NO_ROUTE.status], send)
            return
        raw = scope["headers"]
        try:
            body = await self._bodies.read(raw, receive, BODY_BYTES_MAX)
        except Gone:
            return
        if isinstance(body, Problem):
            await send_problem(body, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        answer = await self._door.accept(channel, headers, body)
        if answer is KEPT:
            await send(_KEPT_HEAD)
            await send(_KEPT_BODY)
        else:
            await send_problem(self._refuse(answer, scope), send)

    async def shake_hands(self, channel: str, scope: Scope, send: Send) -> None:
        """Answer `GET`: the provider's subscription request."""
        try:
            pairs = parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=QUERY_FIELDS_MAX)
        except ValueError:
            pairs = []
        answer = self._door.handshake(channel, dict(pairs))
        if answer.status != KEPT.status:
            await send_problem(self._refuse(answer, scope), send)
            return
        await send_bytes(200, TEXT, answer.text.encode("utf-8", "replace"), send)

    def _refuse(self, answer: Answer, scope: Scope) -> Problem:
        """What is said to a refused one; who has been refused too often is told to wait."""
        if answer.status in (NOT_SIGNED.status, FORBIDDEN.status):
            verdict = self._refused.take(self._callers.name(scope["client"], scope["headers"]))
            if not verdict.allowed:
                return too_many(verdict.reset_seconds)
        return _PROBLEMS[answer.status]
