"""The port through which a channel reaches its provider: one HTTP request, and whether its first byte left (ST10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

ANSWER_BYTES_MAX = 1 << 20  # no answer of a provider's API is larger; files pass `answer_bytes_max`

FirstByte = Callable[
    [], bool
]  # asked after the connection stands, before the first byte: may it still go out (SD5)?
Sink = Callable[[bytes], object]  # takes the body of a 200 piece by piece


def always() -> bool:
    """The hook of requests that nothing depends on (media, probes)."""
    return True


@dataclass(frozen=True, slots=True)
class Response:
    """The provider's whole answer. Header names are lower-case; `body` is empty when a sink took it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left: `connect`, `tls`, `timeout`, `stopped` (the hook said no), `closed`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request, or a part of it, left and no whole answer came: `timeout`, `reset`, `protocol`, `too_large`."""

    reason: str


class Wire(Protocol):
    """Carries requests. Never raises for what the network or the other side does; cancellation aborts hard."""

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        timeout_seconds: float,
        before_first_byte: FirstByte = always,
        sink: Sink | None = None,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Response | NotSent | Lost:
        """One request, never repeated, no redirect followed.

        `timeout_seconds` counts from the call to the last byte. What `sink` raises comes out of here.
        """
        ...

    async def close(self) -> None:
        """Closes idle connections and aborts the others."""
        ...
