"""One HTTP/1.1 connection as an asyncio protocol: one request at a time, and an abort that really aborts."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import struct
from typing import cast

import httptools

from nightporter.channels.wire import ANSWER_BYTES_MAX, Lost, Response, Sink

HEADERS_MAX = 200
HEADER_BYTES_MAX = 65_536
HTTP_OK = 200
HTTP_NO_CONTENT, HTTP_NOT_MODIFIED = 204, 304

_LINGER_NONE = struct.pack("ii", 1, 0)  # on close: drop what is unsent and send a reset (SD5)


class Connection(asyncio.Protocol):
    """Carries one request after the other; the answer ends the future that `start` gave."""

    def __init__(self, sock: socket.socket) -> None:
        self.idle_until = 0.0  # loop time until which it may be used again
        self.closed = False
        self.transport: asyncio.Transport | None = None
        self._sock = sock
        self._poll: select.poll | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Response | Lost] | None = None
        self._sink: Sink | None = None
        self._clear()

    def _clear(self) -> None:
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._body_bytes_max = 0
        self._status = 0
        self._to_eof = False
        self._keep_alive = False

    # -- what the pool asks

    def alive(self) -> bool:
        """False when the other side has closed, also when the event loop has not noticed yet.

        Bytes that wait on an idle connection are an end of file or nothing we asked for: both end it.
        """
        if self.closed or self.transport is None or self.transport.is_closing():
            return False
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._sock.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return not self._poll.poll(0)

    def start(
        self, request: bytes, sink: Sink | None, body_bytes_max: int
    ) -> asyncio.Future[Response | Lost]:
        """Writes the request; the future gets the answer, or `Lost` when there is none."""
        assert self._waiting is None, "a connection carries one request at a time"
        assert self.transport is not None, "a connection is used after it was made"
        self._clear()
        self._sink = sink
        self._body_bytes_max = body_bytes_max
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiting

    def reusable(self) -> bool:
        """True when the answer is complete, left nothing behind and the server keeps the connection."""
        return self._keep_alive and not self.closed

    def abort(self) -> None:
        """Closes at once: what the kernel has not sent yet will never be sent."""
        self.closed = True
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """Closes an idle connection."""
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def end(self, outcome: Response | Lost) -> None:
        """Ends the request under way, if any."""
        waiting, self._waiting, self._sink = self._waiting, None, None
        if waiting is not None and not waiting.done():
            waiting.set_result(outcome)

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket (and TLS) stands."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer, or of nothing we asked for."""
        if self._waiting is None:
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:  # what the sink raised, e.g. a full disk
            self._raise(error.__context__ or error)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side closed or reset; an answer without a length ends here."""
        self.closed = True
        if self._waiting is not None and self._to_eof and exc is None:
            self._finish()
        else:
            self.end(Lost("reset"))

    def _fail(self, reason: str) -> None:
        self.abort()
        self.end(Lost(reason))

    def _raise(self, error: BaseException) -> None:
        self.abort()
        waiting, self._waiting, self._sink = self._waiting, None, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    # -- httptools

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line; repeated ones are joined."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADER_BYTES_MAX or len(self._headers) >= HEADERS_MAX:
            self._fail("too_large")
            return
        key = name.decode("latin-1").lower()
        held = self._headers.get(key)
        said = value.decode("latin-1")
        self._headers[key] = said if held is None else f"{held}, {said}"

    def on_headers_complete(self) -> None:
        """The status is known, and whether the length is."""
        self._status = self._parser.get_status_code()
        if self._status >= HTTP_OK:
            self._to_eof = not (
                "content-length" in self._headers
                or "transfer-encoding" in self._headers
                or self._status in (HTTP_NO_CONTENT, HTTP_NOT_MODIFIED)
            )
        if self._status != HTTP_OK:
            self._sink = None
            self._body_bytes_max = min(self._body_bytes_max, ANSWER_BYTES_MAX)
        length = self._headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._body_bytes_max:
            self._fail("too_large")

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._body_bytes_max:
            self._fail("too_large")
        elif self._sink is not None:
            self._sink(body)
        elif self._waiting is not None:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole; an interim one (1xx) is dropped."""
        if self._status < HTTP_OK:
            self._headers, self._header_bytes = {}, 0
            return
        self._keep_alive = self._parser.should_keep_alive()  # the parser knows it only here
        self._finish()

    def _finish(self) -> None:
        if self._waiting is None:
            self.abort()  # a second answer to one request
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self.end(Response(self._status, self._headers, body))
