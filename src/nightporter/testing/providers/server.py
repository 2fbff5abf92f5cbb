"""A real HTTP server around a provider core: answers, resets, silence, and the webhooks it sends to the node."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import aiohttp
from aiohttp import web

from nightporter.clock import Clock, SystemClock
from nightporter.testing.providers.control import PREFIX, ControlApi
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.providers.wire import Action, Answer, Webhook

REQUEST_BYTES_MAX = 128 * 1024 * 1024
WEBHOOKS_AT_ONCE = 32
SHUTDOWN_SECONDS = 0.2
SILENCE_CHECK_SECONDS = 0.5
_LINGER_NOT = struct.pack("ii", 1, 0)


class LedgerFile:
    """A sink that appends each record to a JSON-lines file and flushes it at once."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")

    def __call__(self, line: str) -> None:
        """Write one line."""
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ProviderServer:
    """Serves one core on loopback and carries its webhooks to `core.webhook_url`.

    Use as `async with ProviderServer(core) as server:` or with `start` and `stop`. Whoever changes the core in the
    same process calls `poke()` afterwards.
    """

    def __init__(
        self, core: ProviderCore, clock: Clock | None = None, *, webhooks_at_once: int = WEBHOOKS_AT_ONCE
    ) -> None:
        self.core = core
        self.base_url = ""
        self._clock = clock or SystemClock()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._webhooks_at_once = webhooks_at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen (port 0: any free one); returns the base address without a trailing slash."""
        app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        ControlApi(self.core, self._clock, self.poke).add_to(app)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0]
        self.base_url = f"http://{bound[0]}:{bound[1]}"
        if isinstance(self.core, SpokiProvider):
            self.core.base_url = self.base_url
        connector = aiohttp.TCPConnector(limit=self._webhooks_at_once)
        self._session = aiohttp.ClientSession(connector=connector)
        self._spawn(self._drive())
        return self.base_url

    async def stop(self) -> None:
        """Stop sending webhooks, drop open requests, close the listener."""
        self._stopping.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()
        for webhook_id in self.core.in_flight():
            self.core.webhook_result(webhook_id, None, self._clock.now_ms())

    def poke(self) -> None:
        """Look again at what is due: something was told to the core."""
        self._wake.set()

    def now_ms(self) -> int:
        """The server's time, for calls to the core."""
        return self._clock.now_ms()

    async def verify_webhook(self, verify_token: str) -> bool:
        """Ask the node as Meta does when a callback address is registered; True = it gave the challenge back."""
        assert isinstance(self.core, MetaProvider), "only the Cloud API has this handshake"
        assert self._session is not None, "the server is not started"
        query, challenge = self.core.handshake(verify_token)
        async with self._session.get(f"{self.core.webhook_url}?{query}") as response:
            return response.status == 200 and await response.text() == challenge

    # -- requests of the node

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(PREFIX):
            raise web.HTTPNotFound
        body = await request.read()
        await self._pause(self.core.arrival_delay_ms())
        answer = self.core.handle(
            request.method, request.path_qs, request.headers, body, self._clock.now_ms()
        )
        self.poke()
        await self._pause(answer.delay_ms)
        return await self._give(request, answer)

    async def _pause(self, delay_ms: int) -> None:
        if delay_ms > 0:
            await self._clock.sleep(delay_ms / 1000)

    async def _give(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.action is Action.ANSWER:
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        if answer.action is Action.NEVER:
            await self._keep_silent(request)
        _reset(request)
        return web.Response()

    async def _keep_silent(self, request: web.Request) -> None:
        while not self._stopping.is_set() and request.transport is not None:
            try:
                await asyncio.wait_for(self._stopping.wait(), SILENCE_CHECK_SECONDS)
            except TimeoutError:
                continue

    # -- webhooks to the node

    async def _drive(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            now_ms = self._clock.now_ms()
            wait_seconds: float | None = None
            if self.core.webhook_url is not None:
                for webhook in self.core.due(now_ms):
                    self._spawn(self._deliver(webhook))
                due_ms = self.core.next_due_ms()
                wait_seconds = None if due_ms is None else max(0.0, (due_ms - now_ms) / 1000)
            try:
                await asyncio.wait_for(self._wake.wait(), wait_seconds)
            except TimeoutError:
                continue

    async def _deliver(self, webhook: Webhook) -> None:
        assert self._session is not None, "the server is not started"
        assert webhook.url is not None, "nothing is due without an address"
        timeout = aiohttp.ClientTimeout(total=self.core.behaviour.webhook_timeout_ms / 1000)
        status: int | None = None
        try:
            async with self._session.post(
                webhook.url,
                data=webhook.body,
                headers=webhook.headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = None
        self.core.webhook_result(webhook.id, status, self._clock.now_ms())
        self.poke()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reset(request: web.Request) -> None:
    """End the connection with RST instead of an orderly close."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
