"""The port that every messaging provider fills: bytes in to entries, outbox messages out to requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nightporter.channels.outcome import Fetched, FetchFailed, Outcome
from nightporter.channels.wire import FirstByte, Sink, always
from nightporter.model.message import Entry, Media, MessageKind
from nightporter.model.outbox import Content, OutboxMessage


class Channel(Protocol):
    """One provider with one account of ours. Everything up to `body` is pure; the rest goes over a `Wire`."""

    name: str  # `Entry.channel`, `OutboxMessage.channel`
    number: str  # our own number: `Entry.number` of what comes to us
    echoes: bool  # statuses bring our outbox id back; False: unknown goes straight to maybe sent (SD3)

    def ours(self, number: str) -> bool:
        """True when entries of this number are for us to answer; others are kept and shown."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str], now_ms: int) -> bool:
        """True when the raw body is signed by the provider. Header names in lower case; constant time."""
        ...

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """The text that answers the provider's subscription request, None to refuse it."""
        ...

    def split(self, body: bytes, received_ms: int) -> tuple[Entry, ...]:
        """Every single thing that a body tells, in its order. Total: never raises, never empty."""
        ...

    def parts(self, content: Content) -> tuple[Content, ...]:
        """The content in pieces that the provider takes, one outbox message each; buttons on the last."""
        ...

    def body(self, message: OutboxMessage) -> bytes:
        """The request body that sends one piece; the same message gives the same bytes."""
        ...

    async def send(
        self, message: OutboxMessage, timeout_seconds: float, before_first_byte: FirstByte = always
    ) -> Outcome:
        """Sends one piece, once. `timeout_seconds` counts from the call.

        `before_first_byte` is asked after the connection stands: False leads to `Released` (SD5).
        """
        ...

    async def mark_read(self, provider_id: str, *, typing: bool, timeout_seconds: float) -> bool:
        """Shows the guest that we read the message (and are writing). Best effort; False when it did not work."""
        ...

    async def fetch_media(
        self, media: Media, kind: MessageKind, sink: Sink, timeout_seconds: float
    ) -> Fetched | FetchFailed:
        """Downloads a guest's file into `sink`, bounded by its kind."""
        ...

    async def probe(self, timeout_seconds: float) -> bool:
        """True when the provider accepts our token now (a cheap GET)."""
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...
