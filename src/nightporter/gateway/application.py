"""The gateway's application: hot webhooks first, then the table of operations; every refusal is a problem.

app = application(gate)     # ASGI; serve it with `protocol.OPTIONS`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from nightporter.gateway import commands, conversations, events, hotel, system
from nightporter.gateway.address import Callers
from nightporter.gateway.body import BodyReader, Gone
from nightporter.gateway.fields import Field, Invalid
from nightporter.gateway.gate import Gate
from nightporter.gateway.guard import Guard, Passed
from nightporter.gateway.limits import Limiter
from nightporter.gateway.problem import Code, Problem
from nightporter.gateway.routes import BODY_BYTES_MAX, Ask, Match, Operation, Reply, Routes, allowed
from nightporter.gateway.sending import send_bytes, send_problem
from nightporter.gateway.webhooks import HANDSHAKES, ROUTES, Webhooks
from nightporter.model.message import JSONObject

QUERY_FIELDS_MAX = 20
NOT_FOUND = Problem(Code.NO_ROUTE, "there is nothing at this path")
CRASHED = Problem(Code.CRASHED, "this request met a fault in the program; it is logged")

OPERATIONS: tuple[Operation, ...] = (
    *system.OPERATIONS,
    *events.OPERATIONS,
    *commands.OPERATIONS,
    *hotel.OPERATIONS,
    *conversations.OPERATIONS,
)

log = structlog.get_logger("gateway")


def application(gate: Gate) -> ASGIApp:
    """The ASGI application of a node.."""
    return _Application(gate)


class _Application:
    def __init__(self, gate: Gate) -> None:
        bodies, callers = BodyReader(), Callers(gate.limits.trusted_proxies)
        refused = Limiter(gate.node.clock, "refused", gate.limits.refused_per_minute)
        self._gate = gate
        self._bodies = bodies
        self._guard = Guard(gate.node, gate.limits, gate.mesh_api_key, callers, refused)
        self._routes = Routes(OPERATIONS)
        self._webhooks = Webhooks(gate.door, bodies, callers, refused)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            try:
                channel = ROUTES.get(scope["path"])
                if channel is not None:
                    await self._webhook(channel, scope, receive, send)
                else:
                    await self._operation(scope, receive, send)
            except Exception as error:
                log.exception("request crashed", path=scope["path"], error=type(error).__name__)
                self._gate.node.counts.add("requests_crashed")
                await send_problem(CRASHED, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await _lifespan(receive, send)

    async def _webhook(self, channel: str, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "POST":
            await self._webhooks.take(channel, scope, receive, send)
        elif method in ("GET", "HEAD") and channel in HANDSHAKES:
            await self._webhooks.shake_hands(channel, scope, send)
        else:
            methods = ("GET", "POST") if channel in HANDSHAKES else ("POST",)
            await send_problem(_no_method(allowed(methods)), send)

    async def _operation(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = self._routes.find(_raw_path(scope))
        if match is None:
            await send_problem(NOT_FOUND, send)
            return
        method = scope["method"]
        operation = match.operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            await send_problem(_no_method(match.allow), send)
            return
        passed = None
        if operation.scope is not None:
            judged = self._guard.judge(operation.scope, scope["client"], scope["headers"])
            if isinstance(judged, Problem):
                await send_problem(judged, send)
                return
            passed = judged
        try:
            answer = await self._answer(operation, match, passed, scope, receive)
        except Gone:
            return
        await _send(answer, passed.headers if passed else {}, send)

    async def _answer(
        self, operation: Operation, match: Match, passed: Passed | None, scope: Scope, receive: Receive
    ) -> Reply | Problem:
        try:
            query = _query(operation.query, scope["query_string"])
            body: JSONObject = {}
            if operation.body is not None:
                raw = await self._bodies.read(scope["headers"], receive, BODY_BYTES_MAX)
                if isinstance(raw, Problem):
                    return raw
                body = operation.body.read(orjson.loads(raw), "body")
        except orjson.JSONDecodeError as error:
            return Problem(Code.NOT_JSON, f"the body is not JSON: {error}")
        except Invalid as error:
            return Problem(Code.INVALID, str(error), {"field": error.where})
        key = passed.key if passed else None
        return await operation.handle(Ask(gate=self._gate, key=key, path=match.names, query=query, body=body))


def _query(fields: Mapping[str, Field[Any]], raw: bytes) -> dict[str, Any]:
    """The query's values; an empty one counts as not given. Raises `Invalid`."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX, errors="strict"
        )
    except ValueError:
        raise Invalid("query", f"must be UTF-8 with at most {QUERY_FIELDS_MAX} members") from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in fields:
            raise Invalid(name[:40], f"is not known; known: {', '.join(fields) or 'none'}")
        if name in found:
            raise Invalid(name, "must be given once")
        if value:
            found[name] = fields[name].read(value, name)
    return found


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw is not None else quote(scope["path"])


def _no_method(allow: str) -> Problem:
    return Problem(Code.NO_METHOD, f"this path takes {allow}", headers={"allow": allow})


async def _send(answer: Reply | Problem, headers: Mapping[str, str], send: Send) -> None:
    if isinstance(answer, Problem):
        await send_problem(answer, send, headers)
        return
    value = answer.value
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    await send_bytes(answer.status, answer.media_type, body, send, {**answer.headers, **headers})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
