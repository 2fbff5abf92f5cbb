"""Doctor: tries every configured part live and says what it found, one finding each."""

from __future__ import annotations

import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from nightporter.backup.places import place_of
from nightporter.backup.places.place import shown
from nightporter.backup.shipping import stamps_at
from nightporter.channels.notice import Event, Notice, Severity
from nightporter.channels.port import Channel
from nightporter.channels.ways import PAGERDUTY, Ways, kind
from nightporter.clock import SystemClock
from nightporter.config.hotel import load as load_hotel
from nightporter.config.settings import Settings
from nightporter.config.settings_values import Address
from nightporter.errors import NightporterError
from nightporter.ops.running import reading

PROBE_SECONDS = 10.0
TEST_TITLE = "Nightporter: this is a test, nothing to do"
SYNCS = 20
SYNC_BYTES = 4096
SYNC_SLOW_MS = 25.0
FREE_BYTES_WELL = 1024**3
PASSWORD_CHARS_WELL = 12
CHECKED_BYTES_MAX = 2 * 1024**3  # a larger file is checked by its verified backups

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found, and what to do about it."""

    part: str
    state: State
    finding: str

    def as_dict(self) -> dict[str, str]:
        """For JSON and tables."""
        return asdict(self)


async def examine(
    settings: Settings,
    channels: Mapping[str, Channel],
    *,
    node_runs: bool,
    ways: Mapping[str, str] = MappingProxyType({}),
    carrier: Ways | None = None,
) -> list[Finding]:
    """Look at everything; nothing is changed but for a few bytes written to the data folder and taken away again.

    `ways`: how people are told, by who they reach; over each a test message is sent with `carrier`.
    """
    found = [
        Finding("node", "ok", "runs on this folder" if node_runs else "does not run"),
        *_folder(settings.data_dir),
        *_store(settings.data_dir),
        _clock(),
        *_hotel(settings.hotel_file),
        *_keys(settings),
    ]
    if not node_runs:
        found += [_port("gateway", settings.gateway), _port("console", settings.console)]
    found += await _channels(settings, channels)
    found += _places(settings)
    if carrier:
        found += await _people(settings, ways, carrier)
    return found


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding("data folder", "warn", f"{folder} does not exist yet; the first start makes it")
        return
    try:
        took_ms = _sync_ms(folder)
    except OSError as error:
        yield Finding(
            "data folder", "fail", f"{folder} cannot be written ({error.strerror}); give this user the folder"
        )
        return
    state: State = "ok" if took_ms <= SYNC_SLOW_MS else "warn"
    yield Finding(
        "disk", state, f"a write reaches the disk in {took_ms:.2f} ms; every message waits for one or two"
    )
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    yield Finding("disk space", "ok" if free >= FREE_BYTES_WELL else "warn", f"{free // 1024**2} MB free")


def _sync_ms(folder: Path) -> float:
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(b"\0" * SYNC_BYTES)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def _store(folder: Path) -> Iterator[Finding]:
    path = folder / "hotel.db"
    if not path.exists():
        return
    if path.stat().st_size > CHECKED_BYTES_MAX:
        yield Finding("hotel.db", "ok", "too large to be checked here")
        return
    try:
        with reading(folder) as view:
            verdict = str(view.scalar("check_quick"))
    except NightporterError as error:
        yield Finding("hotel.db", "fail", str(error))
        return
    if verdict == "ok":
        yield Finding("hotel.db", "ok", "its pages and rows are whole")
    else:
        yield Finding("hotel.db", "fail", f"{verdict}; put a copy back (docs/runbook.md, data corrupt)")


def _clock() -> Finding:
    """LS2: the clock of leases must count the machine's sleep."""
    if hasattr(time, "CLOCK_BOOTTIME") or hasattr(time, "CLOCK_MONOTONIC_RAW"):
        return Finding("clock", "ok", "the machine's sleep is counted")
    return Finding("clock", "warn", "this system has no clock that counts sleep: do not run a cluster on it")


def _hotel(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("hotel file", "warn", f"{path} does not exist: every question goes to staff")
        return
    try:
        hotel = load_hotel(path)
    except NightporterError as error:
        yield Finding("hotel file", "fail", str(error))
        return
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, hotel.zone).date()
    if hotel.review_due(today):
        yield Finding("hotel file", "warn", f"looked over last on {hotel.checked_on}: please look again")
    else:
        yield Finding("hotel file", "ok", f"{path} is good")


def _keys(settings: Settings) -> Iterator[Finding]:
    if not settings.console_password:
        yield Finding("console", "warn", "CONSOLE_PASSWORD is not set: a new one is printed at each start")
    elif len(settings.console_password) < PASSWORD_CHARS_WELL:
        yield Finding("console", "warn", f"CONSOLE_PASSWORD has fewer than {PASSWORD_CHARS_WELL} characters")
    if settings.console.host not in ("127.0.0.1", "::1", "localhost"):
        yield Finding(
            "console", "warn", f"listens on {settings.console}: only for the hotel's own network or a VPN"
        )


def _port(name: str, address: Address) -> Finding:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address.host, address.port))
        except OSError as error:
            return Finding(name, "fail", f"{address} cannot be listened on ({error.strerror})")
    return Finding(name, "ok", f"{address} is free")


def _places(settings: Settings) -> Iterator[Finding]:
    if not settings.backup.urls:
        yield Finding("backups", "warn", "BACKUP_URLS is not set: a broken disk takes the snapshots with it")
    for url in settings.backup.urls:
        try:
            there = len(stamps_at(place_of(url).names()))
        except NightporterError as error:
            yield Finding("backups", "fail", str(error))
        else:
            yield Finding("backups", "ok", f"{shown(url)} answers, and has {there} snapshots")


async def _channels(settings: Settings, channels: Mapping[str, Channel]) -> list[Finding]:
    if not channels:
        return [Finding("channels", "warn", "none is configured: set WHATSAPP_* or SPOKI_*")]
    found: list[Finding] = []
    for name, channel in channels.items():
        good = await channel.probe(PROBE_SECONDS)
        await channel.close()
        what = "takes our token" if good else "does not answer, or refuses our token"
        found.append(Finding(name, "ok" if good else "fail", f"the provider {what}"))
    if settings.whatsapp and not settings.whatsapp.verify_token:
        found.append(
            Finding("whatsapp", "warn", "WHATSAPP_VERIFY_TOKEN is not set: Meta cannot register the webhook")
        )
    return found


async def _people(settings: Settings, ways: Mapping[str, str], carrier: Ways) -> list[Finding]:
    """A test message over each way; a test incident is resolved at once."""
    found: list[Finding] = []
    key = f"doctor:{settings.node}"
    for who, way in ways.items():
        event = Event.TRIGGER
        took = await carrier.send(way, _test(event, key))
        if took.good and way == PAGERDUTY:
            took = await carrier.send(way, _test(Event.RESOLVE, key))
        what = "took a test message" if took.good else f"did not take a test message: {took.detail}"
        found.append(Finding(f"telling {who}", "ok" if took.good else "fail", f"{kind(way)} {what}"))
    if not ways:
        advice = "set SLACK_WEBHOOK_URL, PAGERDUTY_ROUTING_KEY, ALERT_URLS or [[staff.people]]"
        found.append(Finding("telling", "warn", f"people are told in the console only: {advice}"))
    elif not settings.alerts.console_url:
        found.append(Finding("telling", "warn", "console.url is not set: what people are told has no link"))
    if url := settings.alerts.heartbeat_url:
        took = await carrier.beat(url)
        what = "took a heartbeat" if took.good else f"did not take a heartbeat: {took.detail}"
        found.append(Finding("heartbeat", "ok" if took.good else "fail", f"the monitor {what}"))
    else:
        found.append(
            Finding("heartbeat", "warn", "HEARTBEAT_URL is not set: nobody hears when this node is gone")
        )
    await carrier.close()
    return found


def _test(event: Event, key: str) -> Notice:
    return Notice(key=key, event=event, title=TEST_TITLE, severity=Severity.INFO)
