"""Reads the account's templates again and again, and when staff ask; what fails is kept and shown, not alarmed."""

from __future__ import annotations

import asyncio

import structlog

from nightporter.channels.whatsapp_templates import TemplateReader, Unread
from nightporter.journal import templates
from nightporter.rounds.node import Node

EVERY_MS = 6 * 3_600_000
AFTER_FAILURE_MS = 15 * 60_000
STALE_MS = 24 * 3_600_000  # what was read longer ago is shown as stale
LOOK_SECONDS = 60.0
READ_SECONDS = 20.0  # one page
ASKED_AGAIN_MS = 10_000  # staff who press twice get what was just read

log = structlog.get_logger("rounds.templates")


class TemplateReading:
    """The round for one channel."""

    def __init__(self, node: Node, channel: str, reader: TemplateReader) -> None:
        self._node = node
        self._reader = reader
        self._one_at_a_time = asyncio.Lock()
        self.channel = channel

    async def run(self) -> None:
        """Read them when it is time, for ever."""
        while True:
            last = templates.reading(self._node.store.view, self.channel)
            wait_ms = AFTER_FAILURE_MS if last.error else EVERY_MS
            if self._node.clock.now_ms() - last.tried_ms >= wait_ms:
                await self.read()
            await self._node.clock.sleep(LOOK_SECONDS)

    async def read(self) -> None:
        """Read them now, unless somebody just has."""
        async with self._one_at_a_time:
            node = self._node
            now_ms = node.clock.now_ms()
            if now_ms - templates.reading(node.store.view, self.channel).tried_ms < ASKED_AGAIN_MS:
                return
            found = await self._reader.read(READ_SECONDS)
            if isinstance(found, Unread):
                log.warning("templates not read", code=found.code, detail=found.detail)
                error = f"{found.code} {found.detail}".strip()
                await node.write(templates.failed(self.channel, error, now_ms))
                return
            await node.write(templates.taken(self.channel, found, now_ms))
