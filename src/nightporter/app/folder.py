"""Opening a data folder by the settings: for a node, or for one command while there is none (ST9)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nightporter.app.actions import Ground
from nightporter.channels.http import HttpWire
from nightporter.channels.port import Channel
from nightporter.channels.spoki import Spoki
from nightporter.channels.whatsapp import WhatsApp
from nightporter.channels.whatsapp_templates import TemplateReader
from nightporter.channels.wire import Wire
from nightporter.clock import Clock, Ids, SystemClock, system_chance
from nightporter.cluster.single import take
from nightporter.config.settings import Settings
from nightporter.errors import NightporterError
from nightporter.gateway.door import Door
from nightporter.gateway.gate import Gate
from nightporter.journal.owed import Owed
from nightporter.model.message import JSONObject
from nightporter.rounds.backups import Backups
from nightporter.rounds.intake import Intake
from nightporter.rounds.node import Node
from nightporter.rounds.templates import TemplateReading
from nightporter.store import Store, ThreadStepping


def channels_of(settings: Settings, wire: Wire) -> dict[str, Channel]:
    """The configured channels; one wire carries them all."""
    found: dict[str, Channel] = {}
    if whatsapp := settings.whatsapp:
        found[WhatsApp.name] = WhatsApp(
            wire,
            phone_number_id=whatsapp.phone_number_id,
            access_token=whatsapp.access_token,
            app_secret=whatsapp.app_secret,
            verify_token=whatsapp.verify_token,
            api_url=whatsapp.api_url,
        )
    if spoki := settings.spoki:
        found[Spoki.name] = Spoki(
            wire,
            api_key=spoki.api_key,
            secrets=spoki.webhook_secrets,
            api_url=spoki.api_url,
            metadata_echo=spoki.metadata_echo,
        )
    return found


def templates_of(settings: Settings, node: Node, wire: Wire) -> TemplateReading | None:
    """The round that reads the account's templates; None while the settings name no account."""
    whatsapp = settings.whatsapp
    if whatsapp is None or not whatsapp.business_account_id:
        return None
    reader = TemplateReader(
        wire,
        api_url=whatsapp.api_url,
        account_id=whatsapp.business_account_id,
        access_token=whatsapp.access_token,
    )
    return TemplateReading(node, WhatsApp.name, reader)


def open_store(settings: Settings, clock: Clock) -> Store:
    """Open the data folder; raises one clear line when it cannot be, or a node runs on it."""
    return Store.open(
        settings.data_dir,
        clock,
        ThreadStepping(),
        reserve_bytes=settings.store.reserve_bytes,
        floor_bytes=settings.store.floor_bytes,
    )


@asynccontextmanager
async def alone(settings: Settings) -> AsyncGenerator[Ground]:
    """The ground for one command while no node runs: folder lock, lease, writer."""
    clock = SystemClock()
    store = open_store(settings, clock)
    try:
        lease = await take(store, settings.node)
        node = Node(store, clock, Ids(clock, system_chance()), lease)
        channels = channels_of(settings, HttpWire())
        gate = Gate(
            node=node,
            door=Door(node, channels, Intake(node, channels, _nobody_looks)),
            roads={},
            ring_events=_nothing,
            backups=Backups(node, settings.backup),
            health=_nobody,
            status=_nobody,
            metrics=bytes,
            limits=settings.limits,
        )
        yield Ground(gate=gate, read_again=_nothing, running=False)
    finally:
        store.close()


def _nothing() -> None:
    """What waits is found at the next start."""


def _nobody_looks(conversation_id: str, *, read: Owed | None = None) -> None:
    """As above."""


def _nobody() -> JSONObject:
    raise NightporterError("no node runs", "start one: nightporter up")
