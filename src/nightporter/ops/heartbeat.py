"""The heartbeat: calls an address outside every minute while the node is well, so that its silence rings there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from nightporter.channels.ways import Took
from nightporter.ops.health import health
from nightporter.ops.running import Running

BEAT_SECONDS = 60.0

log = structlog.get_logger("ops.heartbeat")


class Heartbeat:
    """A round of its own. `beat` is one call."""

    def __init__(self, parts: Running, beat: Callable[[str], Awaitable[Took]], url: str) -> None:
        self._parts = parts
        self._beat = beat
        self._url = url

    async def run(self) -> None:
        """Beat, for ever."""
        while True:
            await self.look()
            await self._parts.node.clock.sleep(BEAT_SECONDS)

    async def look(self) -> None:
        """One beat, unless the node is down: then the monitor shall ring."""
        counts = self._parts.node.counts
        if health(self._parts)["status"] == "down":
            counts.add("heartbeats", "withheld")
            return
        took = await self._beat(self._url)
        counts.add("heartbeats", "taken" if took.good else "failed")
        if not took.good:
            log.warning("heartbeat not taken", why=took.detail)
