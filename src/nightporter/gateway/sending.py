"""Sending an answer: whole, with its length, and with nothing that tells what runs here."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Send

from nightporter.gateway.problem import MEDIA_TYPE, Problem

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


async def send_problem(problem: Problem, send: Send, headers: Mapping[str, str] | None = None) -> None:
    """Send a problem with its headers and those given."""
    await send_bytes(problem.status, MEDIA_TYPE, problem.body(), send, {**problem.headers, **(headers or {})})


async def send_bytes(
    status: int, media_type: bytes, body: bytes, send: Send, headers: Mapping[str, str] | None = None
) -> None:
    """Send a whole answer."""
    head = [
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
