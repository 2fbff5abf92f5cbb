"""A running node for tests: real store, rounds and listener on loopback, before provider fakes with real servers.

def test_it(tmp_path):
    async def story(node: RunningNode) -> None:
        async with node.http.get("/health") as answer: ...

    on_node(tmp_path, story)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from uvicorn.server import ServerState

from nightporter.app.build import Pace, Parts, Upkeep, join
from nightporter.channels.http import HttpWire
from nightporter.channels.port import Channel
from nightporter.channels.spoki import Spoki
from nightporter.channels.whatsapp import WhatsApp
from nightporter.channels.whatsapp_templates import TemplateReader
from nightporter.clock import Clock, Ids, SystemClock, system_chance
from nightporter.cluster import single
from nightporter.config.hotel import Hotel, load
from nightporter.config.settings import LimitSettings
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser import Recogniser
from nightporter.gateway.application import application
from nightporter.gateway.gate import Gate
from nightporter.gateway.protocol import OPTIONS
from nightporter.journal.deliveries import bring_dictionary
from nightporter.ops.health import health
from nightporter.ops.metrics import metrics
from nightporter.ops.status import status
from nightporter.rounds.node import Node
from nightporter.rounds.templates import TemplateReading
from nightporter.store import Store
from nightporter.store.stepping import ThreadStepping
from nightporter.testing.demo import HOTEL_FILE
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.server import ProviderServer
from nightporter.testing.providers.spoki import SpokiProvider

API_KEY = "a key for the tests, long enough"
VERIFY_TOKEN = "verify-me"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LIMITS = LimitSettings(keyed_per_minute=1_000_000, refused_per_minute=1_000_000, trusted_proxies=LOOPBACK)
PACE = Pace(messages_per_second=1e6)
WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.005


@dataclass(kw_only=True)
class RunningNode:
    """A node that listens, and what is around it."""

    parts: Parts
    gate: Gate
    url: str
    http: aiohttp.ClientSession  # relative to `url`
    meta: MetaProvider
    spoki: SpokiProvider
    connections: set[Any]  # the listener's protocols
    providers: dict[str, ProviderServer] = field(default_factory=dict[str, ProviderServer])

    @property
    def node(self) -> Node:
        return self.parts.node

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def ask(
        self, method: str, path: str, value: Any = None, *, key: str = API_KEY, **more: Any
    ) -> tuple[int, Any]:
        """A keyed request; status and JSON."""
        headers = {"X-API-Key": key} if key else {}
        async with self.http.request(method, path, json=value, headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None)

    async def until(self, met: Callable[[], bool]) -> None:
        """Wait until it is so, looking again and again; the node runs meanwhile."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not met():
                await self.node.clock.sleep(LOOK_SECONDS)

    async def idle(self) -> None:
        """Wait until everything that came in is disposed of and sent."""
        view = self.node.store.view
        queues = ("deliveries_new_count", "entries_pending_count", "events_waiting_count")

        def at_rest() -> bool:
            sending = {row[0] for row in view.all("outbox_counts")} & {"waiting", "sending"}
            flying = any(
                road.lane.sending for road in self.parts.roads.values()
            )  # a status may outrun our own result
            return not sending and not flying and not any(view.scalar(query) for query in queues)

        await self.until(at_rest)

    def crashes(self) -> dict[tuple[str, ...], int]:
        """What must never be counted."""
        return {key: n for key, n in self.node.counts.of.items() if "crash" in key[0]}


@cache
def demo_hotel() -> Hotel:
    return load(HOTEL_FILE)


@cache
def demo_ears() -> Recogniser:
    return Recogniser.load()


def meta_channel(core: MetaProvider, base_url: str) -> WhatsApp:
    """The Cloud API channel with the fake's own secrets."""
    return WhatsApp(
        HttpWire(),
        phone_number_id=core.account.number,
        access_token=core.account.token,
        app_secret=core.account.app_secret,
        verify_token=VERIFY_TOKEN,
        api_url=f"{base_url}/v26.0",
    )


def spoki_channel(core: SpokiProvider, base_url: str) -> Spoki:
    """The Spoki channel with the fake's own secrets."""
    secrets = [*core.account.secrets.values()]
    return Spoki(HttpWire(), api_key=core.account.api_key, secrets=secrets, api_url=f"{base_url}/api/1")


@asynccontextmanager
async def running_node(
    folder: Path,
    *,
    channels: tuple[str, ...] = ("whatsapp", "spoki"),
    limits: LimitSettings = LIMITS,
    pace: Pace = PACE,
    clock: Clock | None = None,
    rounds: bool = True,
    templates: bool = False,
) -> AsyncGenerator[RunningNode]:
    """Start providers, node and listener; stop them in the other order. `rounds`: False leaves the node asleep.

    `templates`: it reads those of the account.
    """
    clock = clock or SystemClock()
    meta, spoki = MetaProvider(Dice(1)), SpokiProvider(Dice(2))
    cores = {"whatsapp": meta, "spoki": spoki}
    async with AsyncExitStack() as stack:
        providers = {name: await stack.enter_async_context(ProviderServer(cores[name])) for name in channels}
        joined: dict[str, Channel] = {}
        if "whatsapp" in channels:
            joined["whatsapp"] = meta_channel(meta, providers["whatsapp"].base_url)
        if "spoki" in channels:
            joined["spoki"] = spoki_channel(spoki, providers["spoki"].base_url)
        store = Store.open(folder, clock, ThreadStepping(), reserve_bytes=0, floor_bytes=0)
        stack.callback(store.close)
        parts = await _join(store, joined, pace, clock)
        if templates:
            parts.templates = _templates(parts.node, meta, providers["whatsapp"].base_url)
        gate = gate_of(parts, limits)
        url, connections = await stack.enter_async_context(_listening(gate))
        for name, provider in providers.items():
            provider.core.webhook_url = f"{url}/webhooks/{name}"
        if rounds:
            tasks = await parts.begin()
            stack.push_async_callback(parts.finish, tasks)
        else:
            await parts.node.write(bring_dictionary)
            stack.push_async_callback(parts.finish, [])
        http = await stack.enter_async_context(aiohttp.ClientSession(url))
        yield RunningNode(
            parts=parts,
            gate=gate,
            url=url,
            http=http,
            meta=meta,
            spoki=spoki,
            connections=connections,
            providers=providers,
        )


def _templates(node: Node, core: MetaProvider, base_url: str) -> TemplateReading:
    account, url = core.account, f"{base_url}/v26.0"
    reader = TemplateReader(HttpWire(), api_url=url, account_id=account.waba_id, access_token=account.token)
    return TemplateReading(node, "whatsapp", reader)


async def _join(store: Store, channels: dict[str, Channel], pace: Pace, clock: Clock) -> Parts:
    lease = await single.take(store, "test")
    chance = system_chance()
    node = Node(store, clock, Ids(clock, chance), lease)
    return join(node, channels, Desk(demo_hotel, demo_ears()), demo_hotel, chance, pace, Upkeep())


def gate_of(parts: Parts, limits: LimitSettings = LIMITS) -> Gate:
    """The gate to joined parts."""
    return Gate(
        node=parts.node,
        door=parts.door,
        roads=parts.roads,
        ring_events=parts.events.bell.ring,
        backups=parts.backups,
        health=lambda: health(parts),
        status=lambda: status(parts),
        metrics=lambda: metrics(parts),
        limits=limits,
        mesh_api_key=API_KEY,
    )


@asynccontextmanager
async def _listening(gate: Gate) -> AsyncGenerator[tuple[str, set[Any]]]:
    """uvicorn's own protocol on a free port, without its signal handling."""
    config = uvicorn.Config(application(gate), **OPTIONS)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", state.connections
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        await server.wait_closed()


def on_node(folder: Path, story: Callable[[RunningNode], Awaitable[None]], **options: Any) -> None:
    """Run the story against a running node; no round and no request of it may have crashed."""

    async def main() -> None:
        async with running_node(folder, **options) as node:
            await story(node)
            assert not node.crashes()

    asyncio.run(main())
