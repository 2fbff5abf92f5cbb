"""The server's side of HTTP, bounded: heads in bytes and in time, and what may still come after an answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES_MAX = 32 * 1024  # request line and headers, besides the first piece that was read of them
HEADERS_MAX = 100
HEAD_SECONDS = 15.0  # from a connection's first moment, or a request's first byte, to the end of its head
LEFT_BYTES_MAX = 16 * 1024 * 1024  # of a body that was answered before it was whole


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's httptools protocol, which has none of these limits itself."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = False
        self._head_bytes = 0
        self._left_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A connection that says nothing ends by itself."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The timer goes with it."""
        self._head_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that is still open is counted, and has a time limit."""
        was_in_head = self._in_head
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes = self._head_bytes + len(data) if was_in_head else 0
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse_head()
            elif self._head_timer is None:
                self._await_head()

    def on_message_begin(self) -> None:
        """A new head."""
        self._in_head, self._left_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._head_is_whole()
        if len(self.headers) > HEADERS_MAX:
            self._refuse_head()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body; one that nobody waits for any more is dropped, up to a limit."""
        if self.transport.is_closing():
            return
        super().on_body(body)
        if self.cycle.response_complete:
            self._left_bytes += len(body)
            if self._left_bytes > LEFT_BYTES_MAX:
                self.transport.close()

    def on_message_complete(self) -> None:
        """The body is whole."""
        if not self.transport.is_closing():
            super().on_message_complete()

    def _refuse_head(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _head_is_whole(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


# For `uvicorn.Config`: proxies are trusted by the gateway itself, what runs here is nobody's business.
OPTIONS: dict[str, Any] = {
    "http": BoundedHttp,
    "ws": "none",
    "lifespan": "off",
    "proxy_headers": False,
    "server_header": False,
    "access_log": False,
    "log_config": None,
    "timeout_keep_alive": 75,
    "backlog": 2048,
}
