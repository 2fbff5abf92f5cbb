"""Media: what guests sent is fetched at once, apart from the answer, and kept by the hash of its content (ST8)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import structlog

from nightporter.channels.outcome import Fetched, FetchFailed, FetchFailure
from nightporter.channels.port import Channel
from nightporter.journal.entries import message_of
from nightporter.rounds.node import Bell, Node
from nightporter.store import Row

LOOK_SECONDS = 10.0
BATCH_FILES = 8
FETCH_SECONDS = 60.0
AGAIN_FIRST_SECONDS = 5.0
AGAIN_MOST_SECONDS = 3_600.0
ATTEMPTS_MAX = 60  # the provider keeps a file for 7 days; at an hour each that is long enough to get it

log = structlog.get_logger("rounds.media")


class MediaFetch:
    """The round from provider to `data/media/`."""

    def __init__(self, node: Node, channels: Mapping[str, Channel], folder: Path) -> None:
        self._node = node
        self._channels = channels
        self._folder = folder
        self.bell = Bell()

    async def run(self) -> None:
        """Fetch what is due, for ever."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            if not await self.fetch_due():
                await self.bell.wait(LOOK_SECONDS)

    async def fetch_due(self) -> bool:
        """Fetch some; False when nothing was due."""
        rows = self._node.store.view.all("media_due", (self._node.clock.now_ms(), BATCH_FILES))
        await asyncio.gather(*(self._fetch(row) for row in rows))
        return bool(rows)

    async def _fetch(self, row: Row) -> None:
        entry_id, channel_name, _, _, attempts = row
        channel = self._channels.get(channel_name)
        found = self._node.store.view.one("entry_payload", (entry_id,))
        message = message_of(found[0]) if found else None
        if channel is None or message is None or message.media is None:
            await self._again(entry_id, "dead", attempts, "no such channel or file")
            return
        partial = self._folder / f"{entry_id}.part"
        with open(partial, "wb") as file:  # noqa: PTH123, ASYNC230 - a local file, a few milliseconds
            fetched = await channel.fetch_media(message.media, message.kind, file.write, FETCH_SECONDS)
            file.flush()
            os.fsync(file.fileno())
        if isinstance(fetched, FetchFailed):
            os.unlink(partial)  # noqa: PTH108 - see above
            gone = fetched.failure is not FetchFailure.AGAIN and fetched.failure is not FetchFailure.REFUSED
            state = "dead" if gone or attempts + 1 >= ATTEMPTS_MAX else "waiting"
            await self._again(
                entry_id, state, attempts, f"{fetched.failure}: {fetched.details}", fetched.after_seconds
            )
            return
        await self._kept(entry_id, partial, fetched)

    async def _kept(self, entry_id: str, partial: Path, fetched: Fetched) -> None:
        _settle(partial, self._folder / fetched.sha256)
        values = (fetched.sha256, fetched.size_bytes, fetched.mime_type, entry_id)
        await self._node.write(lambda tx: tx.run("media_kept", values))

    async def _again(
        self, entry_id: str, state: str, attempts: int, error: str, after_seconds: float | None = None
    ) -> None:
        wait = min(AGAIN_FIRST_SECONDS * 2 ** min(attempts, 12), AGAIN_MOST_SECONDS)
        due_ms = self._node.clock.now_ms() + int(max(wait, after_seconds or 0.0) * 1000)
        await self._node.write(lambda tx: tx.run("media_again", (state, due_ms, error[:300], entry_id)))
        if state == "dead":
            self._node.counts.add("media_dead")
            log.warning("file of a guest did not come", entry=entry_id)


def _settle(partial: Path, target: Path) -> None:
    """Give a written file its name, and make the name durable."""
    partial.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def path_of(folder: Path, sha256: str) -> Path:
    """Where a kept file is. Raises `ValueError` for what is no SHA-256."""
    if len(sha256) != hashlib.sha256().digest_size * 2 or not all(c in "0123456789abcdef" for c in sha256):
        raise ValueError("not a content hash")
    return folder / sha256
