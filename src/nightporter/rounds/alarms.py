"""Timers: takes what is due and gives it to whoever handles its kind; each due time once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from nightporter.journal import timers
from nightporter.rounds.node import Bell, Node
from nightporter.store import Row, Tx

BATCH_TIMERS = 100
LOOK_SECONDS = 30.0

Handler = Callable[[Row], Awaitable[None]]

log = structlog.get_logger("rounds.alarms")


class Alarms:
    """The round over timers. A handler may run again after a crash: it must bear that."""

    def __init__(self, node: Node, handlers: Mapping[str, Handler]) -> None:
        self._node = node
        self._handlers = handlers
        self.bell = Bell()

    async def run(self) -> None:
        """Handle what is due, for ever."""
        while True:
            await self.bell.wait(await self.handle_due())

    async def handle_due(self) -> float:
        """Handle everything due now; seconds until the next look."""
        node = self._node
        now_ms = node.clock.now_ms()
        for row in node.store.view.all("timers_due", (now_ms, BATCH_TIMERS)):
            handler = self._handlers.get(row[1])
            if handler is None:
                log.warning("timer of unknown kind", timer=row[0], kind=row[1])
                await node.alert(f"timer:{row[0]}", "unknown_timer", row[1])
            else:
                await handler(row)
            await node.write(lambda tx, row=row: timers.spend(tx, row, now_ms))
        next_ms = node.store.view.scalar("timer_next")
        if next_ms is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, (next_ms - node.clock.now_ms()) / 1000))


async def set_cron(node: Node, name: str, kind: str, cron: str, zone: str) -> None:
    """Make sure that the repeating timer is set."""

    def unit(tx: Tx) -> None:
        timers.put_cron(tx, name, kind, cron, zone, node.clock.now_ms())

    await node.write(unit)
