"""A node as a process: everything joined, listening, and stopped in order (SD6).

`serve` runs until a signal, or until the store breaks, and returns the exit code. The demo enters its world beside it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import orjson
import structlog

from nightporter import console
from nightporter.app.actions import Ground
from nightporter.app.build import Pace, Parts, Round, Upkeep, join
from nightporter.app.control import ControlSocket, socket_path
from nightporter.app.desk_to_come import DeskToCome
from nightporter.app.folder import channels_of, open_store, templates_of
from nightporter.app.listeners import Listener, bind, bound_to
from nightporter.app.logbook import Logbook
from nightporter.app.reference import documented
from nightporter.app.telling import roster_of, telling_of, ways_of
from nightporter.channels.http import HttpWire
from nightporter.clock import Clock, Ids, SystemClock, system_chance
from nightporter.cluster.single import take
from nightporter.config.hotel import HotelFile
from nightporter.config.settings import Settings
from nightporter.config.settings_values import Address
from nightporter.config.settings_warnings import warnings_of
from nightporter.console import Start
from nightporter.errors import PortBusy, StoreBroken
from nightporter.gateway.application import application
from nightporter.gateway.gate import Gate
from nightporter.ops.alerts import Alerts
from nightporter.ops.health import health
from nightporter.ops.heartbeat import Heartbeat
from nightporter.ops.status import status
from nightporter.rounds.housekeeping import Retention
from nightporter.rounds.links import bring_key
from nightporter.rounds.node import Node
from nightporter.rounds.supervisor import keep_running
from nightporter.store import Store
from nightporter.store.file import FolderLock

HOTEL_LOOK_SECONDS = 3.0
METER_LOOK_SECONDS = 5.0
STOP_SECONDS_MIN = 1.5  # for what is being sent (SD6)
REQUESTS_END_SECONDS = 1.0
BROKEN_EXIT_CODE = 1
GC_THRESHOLDS = (
    50_000,
    20,
    100,
)  # at the usual (700, 10, 10) full collections show up in the slowest answers

log = structlog.get_logger("app")


@dataclass(slots=True, kw_only=True)
class Live:
    """A node that listens."""

    settings: Settings
    parts: Parts
    desk: DeskToCome
    gateway: Address
    console: Address
    console_password: str = field(repr=False)  # opens the owner's account
    start: Start  # where that password comes from
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    exit_code: int = 0

    def stop(self, exit_code: int = 0) -> None:
        """Begin to end; the first reason counts."""
        if not self.stopping.is_set():
            self.exit_code = exit_code
            self.stopping.set()


Beside = Callable[[Live], AbstractAsyncContextManager[object]]


def run(settings: Settings, *, beside: Beside | None = None, clock: Clock | None = None) -> int:
    """`serve` in a loop and with a log of its own: what a command line calls."""
    import uvloop

    logbook = Logbook(clock or SystemClock(), settings.log)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings, beside=beside, clock=clock, logbook=logbook))
    finally:
        logbook.close()


async def serve(
    settings: Settings,
    *,
    beside: Beside | None = None,
    clock: Clock | None = None,
    logbook: Logbook | None = None,
) -> int:
    """Run a node until it is told to stop; the exit code. Raises a `NightporterError` when it cannot start."""
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(running(settings, clock=clock, logbook=logbook))
        if beside:
            await stack.enter_async_context(beside(live))
        _own_signals(live)
        settled = asyncio.get_running_loop().create_task(_settle_down(live), name="settle-down")
        log.info(
            "ready",
            gateway=str(live.gateway),
            console=str(live.console),
            node=settings.node,
            data=str(settings.data_dir),
        )
        if beside is None:
            _tell_console(live)
        await live.stopping.wait()
        log.info("stopping")
        settled.cancel()
    log.info("stopped")
    return live.exit_code


@asynccontextmanager
async def running(
    settings: Settings, *, clock: Clock | None = None, logbook: Logbook | None = None
) -> AsyncGenerator[Live]:
    """A node from bound sockets to closed store; `Live.stopping` is the caller's to wait for."""
    clock = clock or SystemClock()
    for warning in warnings_of(settings):
        log.warning(warning)
    hotel = HotelFile(settings.hotel_file)
    sockets = _bind_all(settings)
    try:
        store = open_store(settings, clock)
        try:
            if logbook:
                logbook.keep_in(settings.data_dir)
            desk = DeskToCome(lambda: hotel.hotel)
            live = Live(
                settings=settings,
                parts=await _join(settings, store, clock, hotel, desk),
                desk=desk,
                gateway=bound_to(sockets[0]),
                console=bound_to(sockets[1]),
                console_password=settings.console_password or console.new_password(),
                start=Start.SETTING if settings.console_password else Start.PRINTED,
            )
            async with _moving(live, hotel, sockets):
                yield live
        finally:
            store.close()
    finally:
        for sock in sockets:
            sock.close()


def _tell_console(live: Live) -> None:
    """The password that was made for this start; on the terminal only, for the log keeps none."""
    if live.start is Start.PRINTED:
        sys.stdout.write(
            f"console: http://{live.console}   password until the next start: {live.console_password}\n"
        )
        sys.stdout.flush()


def _bind_all(settings: Settings) -> list[socket.socket]:
    """Take the ports before anything else starts. A folder that another node has is told first: it is the reason."""
    bound: list[socket.socket] = []
    try:
        for address, name in ((settings.gateway, "gateway"), (settings.console, "console")):
            bound.append(bind(address, name))
        return bound
    except PortBusy:
        for sock in bound:
            sock.close()
        if (settings.data_dir / "lock").exists():
            with suppress(OSError):
                FolderLock(settings.data_dir).close()  # raises FolderInUse
        raise


async def _join(settings: Settings, store: Store, clock: Clock, hotel: HotelFile, desk: DeskToCome) -> Parts:
    lease = await take(store, settings.node)
    chance = system_chance()
    node = Node(store, clock, Ids(clock, chance), lease)
    whatsapp = settings.whatsapp
    pace = Pace(
        worker_concurrency=settings.worker_concurrency,
        send_timeout_seconds=settings.send_timeout_seconds,
        send_settle_seconds=settings.send_settle_seconds,
    )
    if whatsapp:
        pace = replace(pace, messages_per_second=whatsapp.messages_per_second)
    upkeep = Upkeep(retention=Retention(**asdict(settings.retention)), backup=settings.backup)
    wire = HttpWire()
    parts = join(
        node,
        channels_of(settings, wire),
        desk,
        lambda: hotel.hotel,
        chance,
        pace,
        upkeep,
        settings.mesh_routes,
    )
    parts.templates = templates_of(settings, node, wire)
    return parts


@asynccontextmanager
async def _moving(live: Live, hotel: HotelFile, sockets: Sequence[socket.socket]) -> AsyncGenerator[None]:
    """The rounds run and the doors are open inside; on the way out everything ends in order."""
    parts, store = live.parts, live.parts.node.store
    chosen, ways = live.settings.alerts, ways_of(live.settings, HttpWire())
    roster = roster_of(chosen, parts.hotel, store.view)
    telling = telling_of(parts.node, ways, chosen, parts.hotel, roster, system_chance())
    alerts = Alerts(parts, parts.hotel, silence_hours=chosen.silence_hours, tell=telling.trouble)
    store.on_trouble = alerts.trouble
    store.on_broken = partial(_broken, live)
    live.desk.begin(partial(_speechless, live))
    await parts.begin()
    loop = asyncio.get_running_loop()
    beside: list[Round] = [
        ("alerts", alerts.run),
        ("telling", telling.run),
        ("meter", partial(_meter, parts)),
        ("hotel-file", partial(_reload, parts, hotel)),
    ]
    if chosen.heartbeat_url:
        beside.append(("heartbeat", Heartbeat(parts, ways.beat, chosen.heartbeat_url).run))
    for name, round_ in beside:
        parts.tasks.append(loop.create_task(keep_running(parts.node, name, round_), name=name))
    gate = _gate(live)
    await console.bring_owner(parts.node)
    await bring_key(parts.node)
    pages = documented(
        console.application(
            parts,
            desk=live.desk,
            hotel_file=live.settings.hotel_file,
            roster=roster,
            password=live.console_password,
            start=live.start,
            trusted_proxies=live.settings.limits.trusted_proxies,
        )
    )
    listeners = [
        Listener(app, sock, parts.node.clock)
        for app, sock in zip((application(gate), pages), sockets, strict=True)
    ]
    ground = Ground(gate=gate, read_again=parts.intake.bell.ring, running=True)
    control = ControlSocket(ground, socket_path(live.settings.data_dir))
    try:
        for listener in listeners:
            await listener.open()
        await control.open()
        store.note(_note(live, control))
        yield
    finally:
        await _end(live, listeners, control)
        await ways.close()


def _gate(live: Live) -> Gate:
    parts, settings = live.parts, live.settings
    return Gate(
        node=parts.node,
        door=parts.door,
        roads=parts.roads,
        ring_events=parts.events.bell.ring,
        backups=parts.backups,
        health=partial(health, parts),
        status=partial(status, parts),
        metrics=partial(_metrics, parts),
        limits=settings.limits,
        mesh_api_key=settings.mesh_api_key,
    )


def _metrics(parts: Parts) -> bytes:
    from nightporter.ops.metrics import metrics  # a node that nobody scrapes does not load it

    return metrics(parts)


def _note(live: Live, control: ControlSocket) -> str:
    """What stands in data/lock: where the command line finds this node."""
    told = {"pid": os.getpid(), "control": str(control.path), "gateway": str(live.gateway)}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE).decode()


async def _end(live: Live, listeners: Sequence[Listener], control: ControlSocket) -> None:
    """Event streams first, then the doors, then what is being decided and sent (SD6)."""
    live.parts.closing.set()
    await control.close()
    seconds = max(STOP_SECONDS_MIN, live.settings.send_timeout_seconds)
    stops = [listener.stop(REQUESTS_END_SECONDS) for listener in listeners]
    await asyncio.gather(*stops, _finish(live.parts, seconds))


async def _finish(parts: Parts, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await parts.finish(parts.tasks)
    except TimeoutError:
        log.warning("not everything ended in time: what may have been sent is settled after the next start")
        for task in parts.tasks:
            task.cancel()
        await asyncio.gather(*parts.tasks, return_exceptions=True)
        for channel in parts.channels.values():
            await channel.close()


def _broken(live: Live, error: StoreBroken) -> None:
    """Damage or a failed sync: nothing may be acknowledged any more, the process ends (ST3)."""
    live.parts.node.counts.add("alerts", "store_broken")
    log.critical("alert", reason="store_broken", what=error.what, advice=error.advice)
    live.stop(BROKEN_EXIT_CODE)


def _speechless(live: Live, error: BaseException) -> None:
    """Without its recogniser the desk answers nobody: the process ends, and whoever started it sees why."""
    log.critical("the desk cannot be made", exc_info=error)
    live.stop(BROKEN_EXIT_CODE)


async def _meter(parts: Parts) -> None:
    clock = parts.node.clock
    while True:
        parts.meter.look(parts.node.counts, clock.elapsed_seconds())
        await clock.sleep(METER_LOOK_SECONDS)


async def _reload(parts: Parts, hotel: HotelFile) -> None:
    """Look at the hotel's file every few seconds, on a thread: parsing takes longer than an answer may wait (ST7)."""
    loop, told = asyncio.get_running_loop(), None
    while True:
        await parts.node.clock.sleep(HOTEL_LOOK_SECONDS)
        if await loop.run_in_executor(None, hotel.maybe_reload):
            log.info("hotel file loaded again", file=hotel.path.name)
        if hotel.error is not None and hotel.error is not told:
            log.error("hotel file refused, the facts from before stay", why=str(hotel.error))
        told = hotel.error


def _own_signals(live: Live) -> None:
    """The first signal ends in order, a second one at once."""
    loop = asyncio.get_running_loop()

    def signalled(number: int) -> None:
        if live.stopping.is_set():
            os._exit(128 + number)
        live.stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, signalled, number)


async def _settle_down(live: Live) -> None:
    """Once everything is loaded it stays: the collector need not look at it again."""
    await live.desk.ready()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
