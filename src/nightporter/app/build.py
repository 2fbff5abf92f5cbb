"""Joins store, channels, desk and rounds into a running node. The simulator joins the same parts with other ports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nightporter.channels.port import Channel
from nightporter.clock import Chance
from nightporter.config.hotel import Hotel
from nightporter.config.settings import BackupSettings
from nightporter.config.settings_values import Route
from nightporter.gateway import pauses
from nightporter.gateway.door import Door
from nightporter.journal.deliveries import bring_dictionary
from nightporter.journal.stays import Stays
from nightporter.ops.meter import Meter
from nightporter.rounds.alarms import Alarms, set_cron
from nightporter.rounds.backups import Backups
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.events import Events, Reacts
from nightporter.rounds.housekeeping import CRON, TIMER, Housekeeping, Retention
from nightporter.rounds.intake import Intake
from nightporter.rounds.lane import Lane
from nightporter.rounds.media import MediaFetch
from nightporter.rounds.node import Node
from nightporter.rounds.settling import Settling
from nightporter.rounds.supervisor import keep_running
from nightporter.rounds.templates import TemplateReading
from nightporter.rounds.turns import Answers, Turns

Round = tuple[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a node works; each has a setting of the same name."""

    worker_concurrency: int = 10
    messages_per_second: float = 80.0
    send_timeout_seconds: float = 5.0
    send_settle_seconds: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What is kept how long, and copied how often; `backup` None: no snapshots by itself."""

    retention: Retention = field(default_factory=Retention)
    backup: BackupSettings | None = None


class Speaks(Answers, Reacts, Protocol):
    """The desk, as the rounds need it."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """A node's parts, joined but not yet moving."""

    node: Node
    channels: Mapping[str, Channel]
    door: Door
    intake: Intake
    turns: Turns
    roads: Mapping[str, Delivery]
    settling: Settling
    events: Events
    alarms: Alarms
    media: MediaFetch
    housekeeping: Housekeeping
    backups: Backups
    backs_up: bool  # by itself; on demand always
    hotel: Callable[[], Hotel]
    templates: TemplateReading | None = None  # None: no account to read them from
    meter: Meter = field(default_factory=Meter)
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])  # set by `begin`
    closing: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # set first on the way out: event streams end

    def rounds(self) -> Sequence[Round]:
        """Everything that runs for ever, by name."""
        watch: Round = ("watch", lambda: self.node.store.watch(lambda: self.node.lease))
        sending: list[Round] = []
        for name, road in self.roads.items():
            sending += [(f"delivery-{name}", road.run), (f"probe-{name}", road.probe)]
        return [
            watch,
            ("intake", self.intake.run),
            ("turns", self.turns.run),
            *sending,
            ("settling", self.settling.run),
            ("events", self.events.run),
            ("alarms", self.alarms.run),
            ("media", self.media.run),
            ("housekeeping", self.housekeeping.run),
            *(self.backups.rounds() if self.backs_up else ()),
            *((("templates", self.templates.run),) if self.templates else ()),
        ]

    async def begin(self) -> list[asyncio.Task[None]]:
        """Settle what the last run left, then start every round under its supervisor."""
        await self.node.write(bring_dictionary)
        for road in self.roads.values():
            await road.recover()
        pauses.restore(self.node.store.view, self.roads)
        await set_cron(self.node, TIMER, TIMER, CRON, self.hotel().timezone)
        loop = asyncio.get_running_loop()
        self.tasks = [
            loop.create_task(keep_running(self.node, name, round_), name=name)
            for name, round_ in self.rounds()
        ]
        return self.tasks

    async def finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Begin nothing new, finish what is being decided and sent, then stop the rounds (SD6)."""
        self.node.stopping = True
        await self.turns.finish()
        for road in self.roads.values():
            await road.finish()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self.channels.values():
            await channel.close()


def join(
    node: Node,
    channels: Mapping[str, Channel],
    desk: Speaks,
    hotel: Callable[[], Hotel],
    chance: Chance,
    pace: Pace,
    upkeep: Upkeep,
    routes: Sequence[Route] = (),
) -> Parts:
    """Join the parts of a node. Nothing runs before `begin`."""
    roads = {
        name: Delivery(
            node,
            Lane(
                channel,
                node.clock,
                senders=pace.worker_concurrency,
                messages_per_second=pace.messages_per_second,
            ),
            chance,
            send_timeout_seconds=pace.send_timeout_seconds,
        )
        for name, channel in channels.items()
    }
    turns = Turns(node, desk, roads, Stays(node.store.view), at_once=pace.worker_concurrency)
    intake = Intake(node, channels, turns.look)
    settling = Settling(node, pace.send_settle_seconds, channels)
    media = MediaFetch(node, channels, node.store.folder / "media")
    backups = Backups(node, upkeep.backup or BackupSettings())
    housekeeping = Housekeeping(node, upkeep.retention, backups.covered_seq)
    intake.on_media = media.bell.ring
    intake.on_stop = lambda channel: roads[channel].obey()
    return Parts(
        node=node,
        channels=channels,
        door=Door(node, channels, intake),
        intake=intake,
        turns=turns,
        roads=roads,
        settling=settling,
        events=Events(node, desk, roads, hotel, routes),
        alarms=Alarms(node, {TIMER: housekeeping.nightly}),
        media=media,
        housekeeping=housekeeping,
        backups=backups,
        backs_up=upkeep.backup is not None,
        hotel=hotel,
    )
