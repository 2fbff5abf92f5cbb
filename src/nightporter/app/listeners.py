"""Listeners: an ASGI application on a socket, on this process's own loop, without any signal handling."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from nightporter.clock import Clock
from nightporter.config.settings_values import Address
from nightporter.errors import PortBusy
from nightporter.gateway.protocol import OPTIONS

BACKLOG = 2_048
KEEP_ALIVE_SECONDS = (
    120  # longer than a tunnel connector keeps an idle connection (90 s): it closes first, never we
)
TICK_SECONDS = 1.0  # the Date header
CLOSE_CHECK_SECONDS = 0.02


def bind(address: Address, name: str) -> socket.socket:
    """Listen there. Raises `PortBusy`, one line, when somebody else does or the address is not ours."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, where = found[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(address, name, error) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(where)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _refused(address, name, error) from error
    return sock


def _refused(address: Address, name: str, error: OSError) -> PortBusy:
    return PortBusy(
        f"{name} cannot listen on {address} ({error.strerror})",
        f"stop what listens there, or set NIGHTPORTER_{name.upper()} to another host:port",
    )


def bound_to(sock: socket.socket) -> Address:
    """Where a socket really listens (after port 0)."""
    host, port = sock.getsockname()[:2]
    return Address(host, port)


class Listener(uvicorn.Server):
    """One listener. `open`, then `stop`; whoever owns the process owns the signals (SD6)."""

    def __init__(self, app: Any, sock: socket.socket, clock: Clock) -> None:
        options: dict[str, Any] = {**OPTIONS, "timeout_keep_alive": KEEP_ALIVE_SECONDS}
        super().__init__(uvicorn.Config(app, loop="none", log_level="warning", **options))
        self._sock = sock
        self._clock = clock
        self._ticking: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address:
        """Where it listens."""
        return bound_to(self._sock)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield

    async def open(self) -> None:
        """Take connections from now on."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.on_tick(0)
        await self.startup(sockets=[self._sock])
        self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="listener-tick")

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK_SECONDS)
            await self.on_tick(0)

    async def stop(self, seconds: float) -> None:
        """Take nothing new, let requests under way end for so long, then cut them off."""
        if self._ticking is None:
            self._sock.close()
            return
        self._ticking.cancel()
        for server in self.servers:
            server.close()
        self._sock.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.server_state.connections or self.server_state.tasks:
                    await self._clock.sleep(CLOSE_CHECK_SECONDS)
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
