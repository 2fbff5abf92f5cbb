"""Reading a request's body, bounded in bytes, in time, and in what all requests together may hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

from nightporter.gateway.problem import Code, Problem

READ_SECONDS = 20.0  # from the first piece to the last
WAITING_BYTES_MAX = 64 * 1024 * 1024  # of bodies that are not whole yet, all together
LENGTH = b"content-length"
LENGTH_DIGITS_MAX = 18


class Gone(Exception):
    """The caller hung up before the body was whole; there is nobody to answer."""


class BodyReader:
    """Reads bodies and counts what it holds of unfinished ones."""

    def __init__(self) -> None:
        self._waiting_bytes = 0

    async def read(
        self, headers: Iterable[tuple[bytes, bytes]], receive: Receive, most: int
    ) -> bytes | Problem:
        """The whole body of at most `most` bytes. Raises `Gone`."""
        for name, value in headers:
            if name == LENGTH and (
                len(value) > LENGTH_DIGITS_MAX or not value.isdigit() or int(value) > most
            ):
                return too_large(most)
        first = await receive()
        if first["type"] != "http.request":
            raise Gone
        if not first.get("more_body", False):
            body = first.get("body", b"")
            return body if len(body) <= most else too_large(most)
        return await self._rest(first, receive, most)

    async def _rest(self, first: Message, receive: Receive, most: int) -> bytes | Problem:
        pieces: list[bytes] = []
        size, message = 0, first
        try:
            async with asyncio.timeout(READ_SECONDS):
                while True:
                    piece = message.get("body", b"")
                    size += len(piece)
                    if size > most:
                        return too_large(most)
                    self._waiting_bytes += len(piece)
                    pieces.append(piece)
                    if not message.get("more_body", False):
                        return b"".join(pieces)
                    if self._waiting_bytes > WAITING_BYTES_MAX:
                        return _FULL
                    message = await receive()
                    if message["type"] != "http.request":
                        raise Gone
        except TimeoutError:
            return Problem(Code.BODY_TOO_SLOW, f"the body was not whole after {READ_SECONDS:.0f} s")
        finally:
            self._waiting_bytes -= sum(map(len, pieces))


_FULL = Problem(
    Code.NOT_NOW, "too many large bodies at once, send it again later", headers={"retry-after": "5"}
)


def too_large(most: int) -> Problem:
    """The body is over its limit."""
    return Problem(Code.BODY_TOO_LARGE, f"the body is over {most} bytes")
