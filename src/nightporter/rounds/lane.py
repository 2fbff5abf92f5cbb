"""A lane: what may be sent over one channel just now. Rates, free senders, breaker, pauses; no message of its own.

A ticket is the right to send one message at once. It is asked for before a claim, so that only what a free sender
sends at once is ever claimed (SD1).
"""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.channels.port import Channel
from nightporter.clock import Clock
from nightporter.outbox.breaker import Breaker, BreakerState
from nightporter.outbox.rates import Bucket, PairRates

EMERGENCY = "emergency"  # origin of a message that passes a pause by staff
PROACTIVE = "event"  # origin of a message that no guest asked for
RATE_BURST_SECONDS = 1.0  # the number's rate may be used up in one go for this long


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to send one message of this conversation now."""

    conversation_id: str
    probe: bool = False  # the one call that an ill provider is tried with


class Lane:
    """One channel's road out."""

    def __init__(self, channel: Channel, clock: Clock, *, senders: int, messages_per_second: float) -> None:
        self.channel = channel
        self.breaker = Breaker(clock)
        self._clock = clock
        self._free = senders
        self._busy: set[str] = set()
        self._rate = Bucket(clock, messages_per_second, max(1.0, messages_per_second * RATE_BURST_SECONDS))
        self._pairs = PairRates(clock)
        self._paused_until_seconds = 0.0
        self._slow: dict[str, float] = {}  # conversation -> not before (elapsed seconds)
        self.stopped = ""  # why the provider refuses everything; "" = it does not
        self.proactive_stopped = ""  # why it wants no messages of our own accord; "" = it takes them
        self.paused_by_staff = False

    @property
    def sending(self) -> int:
        """Messages on the wire."""
        return len(self._busy)

    @property
    def free(self) -> int:
        """Senders that have nothing to do."""
        return self._free

    @property
    def full(self) -> bool:
        """True when every sender is busy."""
        return self._free <= 0

    def ticket(self, conversation_id: str, *, urgent: bool = False) -> Ticket | None:
        """A ticket, or None when the message has to wait; `wait_seconds` says how long about.

        `urgent`: an emergency passes a pause by staff (desk.md).
        """
        if (
            self._shut(urgent=urgent)
            or conversation_id in self._busy
            or self.wait_seconds(conversation_id) > 0
        ):
            return None
        if not self.breaker.admits():
            return None
        self._free -= 1
        self._busy.add(conversation_id)
        self._rate.take()
        self._pairs.of(conversation_id).take()
        self._slow.pop(conversation_id, None)
        return Ticket(conversation_id, probe=self.breaker.state is BreakerState.HALF_OPEN)

    def _shut(self, *, urgent: bool) -> bool:
        return bool(self.stopped) or (self.paused_by_staff and not urgent) or self.full

    def wait_seconds(self, conversation_id: str) -> float:
        """How long until rates and pauses would let this conversation's message go; 0 = now."""
        now = self._clock.elapsed_seconds()
        return max(
            self._paused_until_seconds - now,
            self._slow.get(conversation_id, 0.0) - now,
            self._rate.wait_seconds(),
            self._pairs.of(conversation_id).wait_seconds(),
            self.breaker.retry_after_seconds(),
            0.0,
        )

    def used(self, ticket: Ticket) -> None:
        """The send has ended."""
        self._free += 1
        self._busy.discard(ticket.conversation_id)

    def unused(self, ticket: Ticket) -> None:
        """Nothing was sent with it: the rates get their tokens back."""
        self.used(ticket)
        self.breaker.forget(probe=ticket.probe)
        self._rate.put_back()
        self._pairs.of(ticket.conversation_id).put_back()

    def pause(self, seconds: float) -> None:
        """The provider asks everybody to wait."""
        self._paused_until_seconds = max(self._paused_until_seconds, self._clock.elapsed_seconds() + seconds)

    def slow(self, conversation_id: str, seconds: float) -> None:
        """The provider asks this conversation to wait."""
        self._slow[conversation_id] = self._clock.elapsed_seconds() + seconds
