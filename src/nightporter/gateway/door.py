"""The door: checks a webhook's signature over its raw bytes, keeps them on disk, and only then says 200 (G1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from nightporter.channels.port import Channel
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal.deliveries import BODY_BYTES_MAX, Bodies, Delivery, DeliveryState, keep
from nightporter.rounds.intake import Intake, Taken
from nightporter.rounds.node import Node
from nightporter.store import Tx

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

UNIT_BYTES = 256

log = structlog.get_logger("gateway.door")


class Door:
    """Takes the webhooks of all channels. What is small is read in the same commit that keeps it."""

    def __init__(self, node: Node, channels: Mapping[str, Channel], intake: Intake) -> None:
        self._node = node
        self._channels = channels
        self._intake = intake
        self._bodies = Bodies(node.store.view)
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
        delivery = Delivery(node.ids.new(), name, now_ms, body)
        try:
            if not await self._read_and_keep(delivery):
                await self._keep(delivery)
        except (CannotKeep, StoreBroken):
            node.counts.add("webhooks_not_kept", name)
            return NOT_NOW
        node.counts.last_delivery_ms = now_ms
        node.counts.add("webhooks", name)
        return KEPT

    async def _read_and_keep(self, delivery: Delivery) -> bool:
        """One commit for a delivery and what it tells; False when it must be kept first and read later."""
        try:
            reading = self._intake.at_the_door(delivery)
            if reading is None:
                return False
            state = DeliveryState.ODD if reading.odd else DeliveryState.READ
            packed = self._bodies.pack(delivery.body)
            kept, read = keep(delivery, packed, state, reading.entries), reading.unit

            def unit(tx: Tx) -> Taken:
                kept(tx)
                return read(tx)

            taken = await self._node.write(unit, len(packed) + len(delivery.body) + UNIT_BYTES)
        except (CannotKeep, StoreBroken):
            raise
        except Exception as error:  # what cannot be read is kept all the same; the round says why
            log.exception(
                "delivery cannot be read", delivery=delivery.delivery_id, error=type(error).__name__
            )
            return False
        self._intake.told(delivery.channel, taken)
        return True

    async def _keep(self, delivery: Delivery) -> None:
        packed = self._bodies.pack(delivery.body)
        await self._node.write(keep(delivery, packed), len(packed) + UNIT_BYTES)
        self._intake.bell.ring()

    def handshake(self, name: str, query: Mapping[str, str]) -> Answer:
        """The provider's subscription request."""
        channel = self._channels.get(name)
        if channel is None:
            return NO_ROUTE
        challenge = channel.handshake(query)
        return FORBIDDEN if challenge is None else Answer(200, challenge)
