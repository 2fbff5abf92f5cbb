"""Settling: a send whose outcome nobody tells becomes "maybe sent", and staff settle it (SD3)."""

from __future__ import annotations

from collections.abc import Mapping

from nightporter.channels.port import Channel
from nightporter.model.decision import NewTask, Urgency
from nightporter.model.outbox import OutboxState
from nightporter.outbox import messages, tasks
from nightporter.rounds.node import Bell, Node
from nightporter.store import Trouble, Tx

LOOK_SECONDS = 1.0
BATCH_MESSAGES = 500


class Settling:
    """The round over messages in state `unknown`.

    `settle_seconds` counts only time in which our door was open, for a provider that could not reach us could not
    tell us; and it starts anew after each start. A channel that does not echo our id is not waited for.
    """

    def __init__(self, node: Node, settle_seconds: float, channels: Mapping[str, Channel]) -> None:
        self._node = node
        self._settle_seconds = settle_seconds
        self._channels = channels
        self._open_seconds = 0.0
        self._seen: dict[str, float] = {}  # outbox id -> open seconds when we first saw it unknown
        self.bell = Bell()

    async def run(self) -> None:
        """Settle what is overdue, for ever."""
        clock, last = self._node.clock, self._node.clock.elapsed_seconds()
        while True:
            await self.bell.wait(LOOK_SECONDS)
            now = clock.elapsed_seconds()
            await self.look(min(now - last, LOOK_SECONDS * 2))  # a machine that slept had its door shut
            last = now

    async def look(self, open_seconds: float) -> None:
        """One look, after `open_seconds` more with the door open."""
        store = self._node.store
        if store.trouble is not Trouble.NONE or store.broken:
            return
        self._open_seconds += open_seconds
        unknown = store.view.all("outbox_in_state", (OutboxState.UNKNOWN, "", BATCH_MESSAGES))
        self._seen = {row[0]: self._seen.get(row[0], self._open_seconds) for row in unknown}
        for outbox_id, conversation_id, _, channel in unknown:
            waited = self._open_seconds - self._seen[outbox_id]
            known = self._channels.get(channel)
            if waited >= self._settle_seconds or (known is not None and not known.echoes):
                await self._maybe_sent(outbox_id, conversation_id)

    async def _maybe_sent(self, outbox_id: str, conversation_id: str) -> None:
        node, now_ms, task_id = self._node, self._node.clock.now_ms(), self._node.ids.new()
        task = NewTask(
            key=f"maybe-sent:{outbox_id}",
            department="reception",
            reason="maybe_sent",
            summary="",
            urgency=Urgency.NOW,
            details={"outbox": outbox_id},
        )

        def unit(tx: Tx) -> bool:
            if not messages.settle(tx, outbox_id, OutboxState.MAYBE_SENT, now_ms, "no status came"):
                return False
            tasks.add(tx, task_id, task, conversation_id, now_ms)
            return True

        if await node.write(unit):
            node.counts.add("maybe_sent")
