"""The settings of a node: nightporter.toml, `.env` and the environment, in rising order, read once at the start.

settings = load()
settings.gateway.port, settings.whatsapp, settings.data_dir
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nightporter.config.settings_people import PAGERDUTY, SLACK, PersonSettings
from nightporter.config.settings_sources import CONFIG_FILE, Found, gather
from nightporter.config.settings_table import (
    BACKUP_MINUTES,
    BACKUP_SPACE_BYTES,
    RETENTION_DAYS,
    SETTINGS,
    Setting,
)
from nightporter.config.settings_values import NODE_CHARS_MAX, Address, Network, Route, is_loopback
from nightporter.errors import SettingError

MASK = "****"
SHOWN_CHARS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppSettings:
    """The Cloud API: one number of ours."""

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)  # "" = the webhook cannot be registered
    api_url: str
    messages_per_second: float
    business_account_id: str = ""  # "" = templates cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokiSettings:
    """One Spoki account."""

    api_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_url: str
    metadata_echo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How much room on the disk is kept free."""

    reserve_bytes: int
    floor_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How many days each kind is kept."""

    bodies: int
    deliveries: int
    attempts: int
    statuses: int
    event_steps: int
    audit: int
    tasks: int
    notes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """How often snapshots are taken, and where they go."""

    every_minutes: float = BACKUP_MINUTES
    space_bytes: int = BACKUP_SPACE_BYTES
    urls: tuple[str, ...] = field(default=(), repr=False)
    age_recipients: tuple[str, ...] = ()
    age_identity: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """How many requests are answered."""

    keyed_per_minute: int
    refused_per_minute: int
    trusted_proxies: tuple[Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """How people are told; "" = that way is not configured."""

    slack_webhook_url: str = field(default="", repr=False)
    pagerduty_routing_key: str = field(default="", repr=False)
    pagerduty_url: str = ""
    urls: tuple[str, ...] = field(default=(), repr=False)
    heartbeat_url: str = field(default="", repr=False)
    silence_hours: float = 6.0
    people: tuple[PersonSettings, ...] = ()
    console_url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as `config show` prints it; secrets are masked."""

    key: str
    env: str
    value: str
    source: str  # default | nightporter.toml | .env | environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, checked. Secrets never show in its repr."""

    data_dir: Path
    node: str
    gateway: Address
    console: Address
    phone: Address
    log: str  # text | json
    worker_concurrency: int
    hotel_file: Path
    mesh_api_key: str = field(repr=False)  # "" = none
    console_password: str = field(repr=False)  # "" = made and printed at each start
    whatsapp: WhatsAppSettings | None
    spoki: SpokiSettings | None
    send_timeout_seconds: float
    send_settle_seconds: float
    store: StoreSettings
    retention: RetentionSettings
    backup: BackupSettings
    limits: LimitSettings
    mesh_routes: tuple[Route, ...]
    alerts: AlertSettings
    shown: tuple[Shown, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()


def load(
    config: Path | None = None, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Read and check everything. Raises `SettingError`, one line: name, value (secrets masked), what is allowed.

    `config`: the file, which must exist then; without it nightporter.toml of `folder` (the working directory) is
    read where there is one. `environ`: this process's where None.
    """
    where = folder or Path()
    found = gather(config, os.environ if environ is None else environ, where)
    values: dict[str, Any] = {}
    shown: list[Shown] = []
    for setting in SETTINGS:
        given = found.get(setting.key)
        values[setting.key] = _value(setting, given)
        shown.append(_shown(setting, values[setting.key], given))
    ahead = [setting.env for setting in SETTINGS if not setting.built and setting.key in found]
    warnings = (f"accepted, but this release does not use it yet: {', '.join(ahead)}",) if ahead else ()
    return _settings(values, tuple(shown), warnings)


def _value(setting: Setting, given: Found | None) -> Any:
    if given is None:
        return (
            (socket.gethostname() or "node")[:NODE_CHARS_MAX]
            if setting.key == "node.name"
            else setting.default
        )
    try:
        return setting.read(given.raw)
    except (ValueError, TypeError):
        value = _masked(given.raw) if setting.secret else repr(given.raw)[:SHOWN_CHARS_MAX]
        raise SettingError(
            f"{given.name} ({given.source}) is {value}", f"allowed: {setting.read.allowed}"
        ) from None


def _masked(raw: object) -> str:
    length = len(raw) if isinstance(raw, str) else 0
    return f"{MASK} ({length} characters)"


def _shown(setting: Setting, value: Any, given: Found | None) -> Shown:
    if value is None or value == ():
        text = ""
    elif setting.secret:
        text = MASK
    elif isinstance(value, tuple):
        text = ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return Shown(setting.key, setting.env, text, given.source if given else "default")


def _settings(values: Mapping[str, Any], shown: tuple[Shown, ...], warnings: tuple[str, ...]) -> Settings:
    _check_listeners(values)
    return Settings(
        data_dir=values["node.data_dir"],
        node=values["node.name"],
        gateway=values["gateway.listen"],
        console=values["console.listen"],
        phone=values["phone.listen"],
        log=values["node.log"],
        worker_concurrency=values["work.concurrency"],
        hotel_file=values["hotel.file"],
        mesh_api_key=values["mesh.api_key"] or "",
        console_password=values["console.password"] or "",
        whatsapp=_whatsapp(_section(values, "whatsapp")),
        spoki=_spoki(_section(values, "spoki")),
        send_timeout_seconds=values["send.timeout_seconds"],
        send_settle_seconds=values["send.settle_seconds"],
        store=StoreSettings(**_section(values, "store")),
        retention=RetentionSettings(**{kind: values[f"retention.{kind}_days"] for kind in RETENTION_DAYS}),
        backup=BackupSettings(**_section(values, "backup")),
        limits=LimitSettings(**_section(values, "limits")),
        mesh_routes=values["mesh.routes"],
        alerts=_alerts(values),
        shown=shown,
        warnings=warnings,
    )


def _alerts(values: Mapping[str, Any]) -> AlertSettings:
    given = {key: value for key, value in _section(values, "alerts").items() if value is not None}
    console: Address = values["console.listen"]
    for way, needed in ((SLACK, "slack_webhook_url"), (PAGERDUTY, "pagerduty_routing_key")):
        if needed not in given and any(way in person.urls for person in values["staff.people"]):
            names = {setting.key: setting.env for setting in SETTINGS}
            raise SettingError(
                f"staff.people names {way}, but {names[f'alerts.{needed}']} is not set",
                f"set {names[f'alerts.{needed}']}, or take {way} out",
            )
    reachable = not is_loopback(console.host) and console.port > 0 and console.host not in ("0.0.0.0", "::")  # noqa: S104
    return AlertSettings(
        **given,
        people=values["staff.people"],
        console_url=values["console.url"] or (f"http://{console}" if reachable else ""),
    )


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    dotted = f"{name}."
    return {key.removeprefix(dotted): value for key, value in values.items() if key.startswith(dotted)}


def _check_listeners(values: Mapping[str, Any]) -> None:
    used: dict[int, str] = {}
    for key in ("gateway.listen", "console.listen"):
        port = values[key].port
        if port and port in used:
            raise SettingError(
                f"{key} and {used[port]} are both on port {port}", "allowed: a port of its own for each"
            )
        used[port] = key


def _whole(
    section: Mapping[str, Any], channel: str, needed: tuple[str, ...], any_of: tuple[str, ...]
) -> bool:
    """False when the channel is not configured at all; a half-configured one stops the start."""
    if not any(section[name] for name in any_of):
        return False
    names = {setting.key: setting.env for setting in SETTINGS}
    missing = [names[f"{channel}.{name}"] for name in needed if not section[name]]
    if missing:
        given = next(names[f"{channel}.{name}"] for name in any_of if section[name])
        raise SettingError(
            f"{missing[0]} is not set, but {given} is",
            f"set {', '.join(names[f'{channel}.{name}'] for name in needed)} together, or none of them",
        )
    return True


def _whatsapp(section: dict[str, Any]) -> WhatsAppSettings | None:
    needed = ("phone_number_id", "access_token", "app_secret")
    if not _whole(section, "whatsapp", needed, (*needed, "verify_token")):
        return None
    for name in ("verify_token", "business_account_id"):
        section[name] = section[name] or ""
    return WhatsAppSettings(**section)


def _spoki(section: dict[str, Any]) -> SpokiSettings | None:
    needed = ("api_key", "webhook_secrets")
    return SpokiSettings(**section) if _whole(section, "spoki", needed, needed) else None


__all__ = ["CONFIG_FILE", "Address", "Settings", "Shown", "load"]
