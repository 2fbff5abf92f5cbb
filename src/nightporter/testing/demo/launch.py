"""Starts the demo: the world, a node in it that is like any other, and the phone page beside it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import aiohttp
import structlog

from nightporter.app.listeners import Listener, bind
from nightporter.app.logbook import Logbook
from nightporter.app.serve import Live, serve
from nightporter.clock import SystemClock, system_chance
from nightporter.config.settings import Settings, SpokiSettings, WhatsAppSettings
from nightporter.config.settings_values import Address
from nightporter.console import Start
from nightporter.console.streams import Streams
from nightporter.errors import PortBusy
from nightporter.journal import accounts
from nightporter.testing.demo import HOTEL_FILE
from nightporter.testing.demo.cast import META, SPOKI, seed
from nightporter.testing.demo.phone import Stage, phone_application
from nightporter.testing.demo.world import World

FOLDER = "demo"
LOOPBACK = "127.0.0.1"
SETTLE_SECONDS = 30.0  # so that a "maybe sent" can be seen without waiting ten minutes
VERIFY_TOKEN = "demo"
LISTENER_STOP_SECONDS = 1.0
MESH_KEY_BYTES = 24
DELAY_MINUTES = 95

log = structlog.get_logger("demo")


def launch(settings: Settings) -> int:
    """Run the demo in a loop of its own; the exit code."""
    import uvloop

    logbook = Logbook(SystemClock(), settings.log)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(play(settings, logbook))
    finally:
        logbook.close()


async def play(settings: Settings, logbook: Logbook | None = None) -> int:
    """The demo until a signal; raises a `NightporterError` when it cannot start."""
    folder = settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    phone = _bind_phone(settings)
    try:
        async with World.opened(folder / "world", SystemClock(), system_chance()) as world:
            inner = demo_settings(settings, world)
            beside = partial(phone_beside, world=world, phone=phone)
            return await serve(inner, beside=beside, clock=world.clock, logbook=logbook)
    finally:
        phone.close()


def _bind_phone(settings: Settings) -> socket.socket:
    try:
        return bind(Address(LOOPBACK, settings.phone.port), "phone")
    except PortBusy as busy:
        advice = "stop what listens there, or set NIGHTPORTER_PHONE__LISTEN to another host:port"
        raise PortBusy(busy.what, advice) from busy


def demo_settings(settings: Settings, world: World) -> Settings:
    """The operator's settings, but with the demo's hotel, folder and providers, and on this machine only."""
    meta, spoki = world.meta.account, world.spoki.account
    return replace(
        settings,
        data_dir=settings.data_dir / FOLDER,
        gateway=Address(LOOPBACK, settings.gateway.port),
        console=Address(LOOPBACK, settings.console.port),
        mesh_api_key=settings.mesh_api_key or secrets.token_urlsafe(MESH_KEY_BYTES),
        hotel_file=HOTEL_FILE,
        send_settle_seconds=min(settings.send_settle_seconds, SETTLE_SECONDS),
        whatsapp=WhatsAppSettings(
            phone_number_id=meta.number,
            access_token=meta.token,
            app_secret=meta.app_secret,
            verify_token=VERIFY_TOKEN,
            api_url=f"{world.servers[META].base_url}/v26.0",
            messages_per_second=80.0,
            business_account_id=meta.waba_id,
        ),
        spoki=SpokiSettings(
            api_key=spoki.api_key,
            webhook_secrets=tuple(spoki.secrets.values()),
            api_url=f"{world.servers[SPOKI].base_url}/api/1",
            metadata_echo=False,
        ),
        warnings=(),
    )


@asynccontextmanager
async def phone_beside(live: Live, *, world: World, phone: socket.socket) -> AsyncGenerator[None]:
    """The phone page, and providers that know where the node is."""
    node, hotel = live.parts.node, live.parts.hotel
    now_ms = node.clock.now_ms()
    today = datetime.fromtimestamp(now_ms / 1000, hotel().zone).date()
    await node.write(lambda tx: seed(tx, node.ids, today, now_ms))
    closing = asyncio.Event()
    stage = Stage(
        world=world,
        streams=Streams(lambda: world.version, closing),
        zone=lambda: hotel().zone,
        console_url=f"http://{live.console}",
        clock_turned=partial(_look_again, live),
        flight_delayed=partial(_delay, live),
    )
    listener = Listener(phone_application(stage), phone, SystemClock())
    await listener.open()
    world.connect(f"http://{live.gateway}")
    _welcome(live, listener.address)
    try:
        yield
    finally:
        closing.set()
        await listener.stop(LISTENER_STOP_SECONDS)


def _look_again(live: Live) -> None:
    """The time was turned: what the node meant to do later may be due now, or was planned for another day."""
    parts = live.parts
    for (conversation_id,) in parts.node.store.view.all("conversations_pending"):
        parts.turns.look(conversation_id)
    for road in parts.roads.values():
        road.bell.ring()
    for bell in (parts.alarms.bell, parts.media.bell, parts.events.bell):
        bell.ring()


async def _delay(live: Live, flight: str) -> None:
    """Tell the node over its public door that a flight is late."""
    if not flight:
        return
    event = {
        "type": "flight.delay.detected",
        "source": "demo",
        "payload": {"flightNumber": flight, "delayMinutes": DELAY_MINUTES},
    }
    headers = {"X-API-Key": live.settings.mesh_api_key}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"http://{live.gateway}/api/mesh/events", json=event) as answer,
    ):
        log.info("flight delayed", flight=flight, status=answer.status)


def _welcome(live: Live, phone: Address) -> None:
    settings = live.settings
    lines = (
        "",
        f"  {live.parts.hotel().house.name} is open.",
        "",
        f"    phone    http://{phone}   write as a guest",
        f"    console  http://{live.console}   password: {_password(live)}",
        f"    gateway  http://{live.gateway}",
        "",
        f"  Other commands, in another terminal:  NIGHTPORTER_DATA_DIR={_shown(settings.data_dir)} nightporter status",
        "  Ctrl-C ends it; the next start goes on where it stopped.",
        "",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _password(live: Live) -> str:
    """What opens the console: the setting's password does only until the owner chooses another."""
    owner = accounts.named(live.parts.node.store.view, accounts.OWNER)
    chosen = live.start is Start.SETTING and owner is not None and owner.hash
    return "the one that you chose" if chosen else live.console_password


def _shown(folder: Path) -> str:
    """The folder as it is typed here."""
    here = Path.cwd()
    return (
        str(folder.relative_to(here)) if folder.is_absolute() and folder.is_relative_to(here) else str(folder)
    )
