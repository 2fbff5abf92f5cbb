"""The door: checks a webhook's signature over its raw bytes, keeps them on disk, and only then says 200 (G1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nightporter.channels.port import Channel
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal.deliveries import BODY_BYTES_MAX, Bodies, keep
from nightporter.rounds.node import Node

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says: status, text, and extra headers."""

    status: int
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


KEPT = Answer(200)
NO_ROUTE = Answer(404, "no such channel")
NOT_SIGNED = Answer(401, "signature missing or wrong")
TOO_LARGE = Answer(413, f"over {BODY_BYTES_MAX} bytes")
NOT_NOW = Answer(503, "cannot be kept now", {"retry-after": str(RETRY_AFTER_SECONDS)})
FORBIDDEN = Answer(403, "verify token is wrong")


class Door:
    """Takes the webhooks of all channels. `kept` is called after each delivery that is on disk."""

    def __init__(self, node: Node, channels: Mapping[str, Channel], kept: Callable[[], None]) -> None:
        self._node = node
        self._channels = channels
        self._bodies = Bodies(node.store.view)
        self._kept = kept
        self.names = frozenset(channels)

    async def accept(self, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Keep one webhook body; header names in lower case."""
        node, channel = self._node, self._channels.get(name)
        if channel is None:
            return NO_ROUTE
        if len(body) > BODY_BYTES_MAX:
            return TOO_LARGE
        now_ms = node.clock.now_ms()
        if not channel.verify(body, headers, now_ms):
            node.counts.add("webhooks_refused", name)
            return NOT_SIGNED
        packed = self._bodies.pack(body)
        try:
            await node.write(keep(node.ids.new(), name, now_ms, packed), len(packed) + 256)
        except (CannotKeep, StoreBroken):
            node.counts.add("webhooks_not_kept", name)
            return NOT_NOW
        node.counts.last_delivery_ms = now_ms
        node.counts.add("webhooks", name)
        self._kept()
        return KEPT

    def handshake(self, name: str, query: Mapping[str, str]) -> Answer:
        """The provider's subscription request."""
        channel = self._channels.get(name)
        if channel is None:
            return NO_ROUTE
        challenge = channel.handshake(query)
        return FORBIDDEN if challenge is None else Answer(200, challenge)
