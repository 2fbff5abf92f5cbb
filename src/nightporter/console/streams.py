"""Live pages: tells each open page, as a server-sent event, that something was committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

LOOK_SECONDS = 0.4
QUIET_LOOKS_MAX = 50  # 20 s: a page also shows waiting times that pass without any commit
STREAMS_MAX = 100
RETRY_MS = 2_000
CHANGED = b"event: changed\ndata: \n\n"


class Streams:
    """All open event streams. `version` changes with every commit; `closing` ends them all (SD6)."""

    def __init__(self, version: Callable[[], int], closing: asyncio.Event) -> None:
        self._version = version
        self._closing = closing
        self._open = 0

    @property
    def full(self) -> bool:
        """True when no further page can follow."""
        return self._closing.is_set() or self._open >= STREAMS_MAX

    async def follow(self, lasts: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Events until the page goes away, `lasts` says no, or the node stops."""
        self._open += 1
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            seen, quiet = self._version(), 0
            while lasts() and not await self._ends_within(LOOK_SECONDS):
                now = self._version()
                quiet = quiet + 1 if now == seen else 0
                if now != seen or quiet >= QUIET_LOOKS_MAX:
                    seen, quiet = now, 0
                    yield CHANGED
        finally:
            self._open -= 1

    async def _ends_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._closing.wait()
        except TimeoutError:
            return False
