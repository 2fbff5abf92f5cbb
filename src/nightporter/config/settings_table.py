"""The table of settings: every name, what it means, what is allowed, and its default.

Everything else follows from it: reading, `config show`, the example file, the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from nightporter.config.settings_people import PEOPLE
from nightporter.config.settings_values import (
    ADDRESS,
    AGE_KEY,
    FLAG,
    HTTP_URL,
    NETWORK,
    NODE,
    PATH,
    PLACE,
    ROUTES,
    WORD,
    Address,
    Reader,
    list_of,
    number,
    one_of,
    password,
    secret,
    url,
    whole,
)

API_KEY_CHARS_MIN = 16
PEER_SECRET_CHARS_MIN = 24
PASSWORD_CHARS_MIN = 4  # the doctor asks for more
DAYS_MAX = 36_500
BACKUP_MINUTES = 15.0
BACKUP_SPACE_BYTES = 10 * 1024**3
EVERYWHERE = Address("0.0.0.0", 3001)  # noqa: S104 - the gateway is for the world, every route of it is signed or keyed
RETENTION_DAYS = {  # how long each kind is kept; messages, guests and dispositions stay
    "bodies": 30,
    "deliveries": 90,
    "attempts": 180,
    "statuses": 180,
    "event_steps": 90,
    "audit": 730,
    "tasks": 730,
    "notes": 730,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `key`: section.key in nightporter.toml; `short`: its short environment name, "" none."""

    key: str
    read: Reader
    meaning: str
    short: str = ""
    default: Any = None  # None: not set
    shown_default: str = ""  # in words, where the value itself does not tell
    secret: bool = False
    built: bool = True  # False: accepted with a warning, nothing reads it yet

    @property
    def long(self) -> str:
        """`NIGHTPORTER_<SECTION>__<KEY>`."""
        return "NIGHTPORTER_" + self.key.upper().replace(".", "__")

    @property
    def env(self) -> str:
        """The environment name we show: the short one where there is one."""
        return self.short or self.long


_DAYS = whole(1, DAYS_MAX)
_BYTES = whole(0, 1 << 40)

_NODE = (
    Setting(
        key="node.data_dir", short="NIGHTPORTER_DATA_DIR", read=PATH, default=Path("data"),
        meaning="folder of everything kept",
    ),
    Setting(
        key="node.name", short="NIGHTPORTER_NODE", read=NODE, shown_default="host name",
        meaning="this node's name, unique in the cluster",
    ),
    Setting(
        key="gateway.listen", short="NIGHTPORTER_GATEWAY", read=ADDRESS, default=EVERYWHERE,
        meaning="listener for the world, through the tunnel",
    ),
    Setting(
        key="console.listen", short="NIGHTPORTER_CONSOLE", read=ADDRESS, default=Address("127.0.0.1", 3000),
        meaning="listener for staff; never through the tunnel",
    ),
    Setting(
        key="phone.listen", read=ADDRESS, default=Address("127.0.0.1", 3002),
        meaning="phone simulator of the demo",
    ),
    Setting(
        key="node.log", short="NIGHTPORTER_LOG", read=one_of("text", "json"), default="text",
        meaning="how the log looks in the terminal",
    ),
    Setting(
        key="work.concurrency", short="WORKER_CONCURRENCY", read=whole(1, 1_000), default=10,
        meaning="conversations handled, and messages sent, at once",
    ),
    Setting(
        key="hotel.file", short="HOTEL_FILE", read=PATH, default=Path("hotel.yaml"), meaning="the hotel's facts",
    ),
    Setting(
        key="mesh.api_key", short="MESH_API_KEY", read=secret(API_KEY_CHARS_MIN), secret=True,
        meaning="a first API key with all scopes",
    ),
    Setting(
        key="console.password", short="CONSOLE_PASSWORD", read=password(PASSWORD_CHARS_MIN), secret=True,
        meaning="the owner's first password",
    ),
)  # fmt: skip

_CHANNELS = (
    Setting(
        key="whatsapp.phone_number_id", short="WHATSAPP_PHONE_NUMBER_ID", read=WORD,
        meaning="our number's id at the Cloud API",
    ),
    Setting(
        key="whatsapp.access_token", short="WHATSAPP_ACCESS_TOKEN", read=secret(), secret=True,
        meaning="bearer token of the Cloud API",
    ),
    Setting(
        key="whatsapp.app_secret", short="WHATSAPP_APP_SECRET", read=secret(), secret=True,
        meaning="signs the webhooks of the Cloud API",
    ),
    Setting(
        key="whatsapp.verify_token", short="WHATSAPP_VERIFY_TOKEN", read=secret(), secret=True,
        meaning="proves us when the webhook is registered",
    ),
    Setting(
        key="whatsapp.api_url", short="WHATSAPP_API_URL", read=HTTP_URL, default="https://graph.facebook.com/v26.0",
        meaning="address of the Cloud API, with its version",
    ),
    Setting(
        key="whatsapp.business_account_id", short="WHATSAPP_BUSINESS_ACCOUNT_ID", read=WORD,
        meaning="the WhatsApp Business Account (WABA) whose templates the console shows and offers",
    ),
    Setting(
        key="whatsapp.messages_per_second", short="WHATSAPP_MESSAGES_PER_SECOND", read=number(0.1, 1_000_000),
        default=80.0, meaning="the number's rate, in and out together; 20 for a number also used in the phone app",
    ),
    Setting(
        key="spoki.api_key", short="SPOKI_API_KEY", read=secret(), secret=True, meaning="key of the Spoki account",
    ),
    Setting(
        key="spoki.webhook_secrets", short="SPOKI_WEBHOOK_SECRET", read=list_of(secret()), secret=True,
        meaning="signs the webhooks of Spoki; one per subscribed event",
    ),
    Setting(
        key="spoki.api_url", short="SPOKI_API_URL", read=HTTP_URL, default="https://api.spoki.com/api/1",
        meaning="address of Spoki's API",
    ),
    Setting(
        key="spoki.metadata_echo", read=FLAG, default=False,
        meaning="whether Spoki's statuses bring our id back; the first one that does turns it on by itself",
    ),
    Setting(
        key="send.timeout_seconds", short="SEND_TIMEOUT_SECONDS", read=number(0.1, 120), default=5.0,
        meaning="one send to a provider",
    ),
    Setting(
        key="send.settle_seconds", short="SEND_SETTLE_SECONDS", read=number(0, 86_400), default=600.0,
        meaning="how long an unknown outcome waits for a status",
    ),
)  # fmt: skip

_KEEPING = (
    Setting(
        key="store.reserve_bytes", read=_BYTES, default=64 * 1024 * 1024,
        meaning="a file that is given back when the disk is full",
    ),
    Setting(
        key="store.floor_bytes", read=_BYTES, default=16 * 1024 * 1024,
        meaning="free space under which webhooks are answered with 503",
    ),
    *(
        Setting(
            key=f"retention.{kind}_days", read=_DAYS, default=days,
            meaning=f"how many days {kind.replace('_', ' ')} are kept",
        )
        for kind, days in RETENTION_DAYS.items()
    ),
    Setting(
        key="limits.keyed_per_minute", read=whole(1, 1_000_000_000), default=600,
        meaning="requests a minute per API key",
    ),
    Setting(
        key="limits.refused_per_minute", read=whole(1, 1_000_000_000), default=60,
        meaning="refused requests a minute per address, then 429",
    ),
    Setting(
        key="limits.trusted_proxies", read=list_of(NETWORK),
        default=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        meaning="who may tell a caller's address: the tunnel connector in CF-Connecting-IP, and the console's reverse"
        " proxy in X-Forwarded-For",
    ),
    Setting(
        key="mesh.routes", read=ROUTES, default=(), shown_default="flight.** to the desk",
        meaning="where events go, by type: `*` is one word, `**` the rest; the first match wins, unless it says"
        " continue; only the target desk exists yet",
    ),
)  # fmt: skip

_BACKUP = (
    Setting(
        key="backup.every_minutes",
        read=number(1, 1_440),
        default=BACKUP_MINUTES,
        meaning="how often a snapshot is taken",
    ),
    Setting(
        key="backup.space_bytes",
        read=_BYTES,
        default=BACKUP_SPACE_BYTES,
        meaning="room for snapshots and files of guests, in each place; older ones are thinned to fit",
    ),
    Setting(
        key="backup.urls",
        short="BACKUP_URLS",
        read=list_of(PLACE),
        default=(),
        secret=True,
        meaning="where snapshots are shipped besides the data folder",
    ),
    Setting(
        key="backup.age_recipients",
        short="BACKUP_AGE_RECIPIENTS",
        read=list_of(AGE_KEY),
        default=(),
        meaning="age public keys; when set, snapshots that leave the machine are encrypted",
    ),
    Setting(
        key="backup.age_identity",
        read=PATH,
        meaning="file with the age identity: for restore, and for a full drill of encrypted snapshots",
    ),
)

_TELLING = (
    Setting(
        key="alerts.slack_webhook_url", short="SLACK_WEBHOOK_URL", read=HTTP_URL, secret=True,
        meaning="incoming webhook of Slack: staff are told there",
    ),
    Setting(
        key="alerts.pagerduty_routing_key", short="PAGERDUTY_ROUTING_KEY", read=secret(), secret=True,
        meaning="integration key of PagerDuty's Events API v2: told of what cannot wait",
    ),
    Setting(
        key="alerts.pagerduty_url", read=HTTP_URL, default="https://events.pagerduty.com/v2/enqueue",
        meaning="address of PagerDuty's Events API; accounts in the EU: https://events.eu.pagerduty.com/v2/enqueue",
    ),
    Setting(
        key="alerts.urls", short="ALERT_URLS", read=list_of(secret()), default=(), secret=True,
        meaning="told too, by apprise: mailto://.., tgram://.. and others",
    ),
    Setting(
        key="alerts.heartbeat_url", short="HEARTBEAT_URL", read=HTTP_URL, secret=True,
        meaning="called every minute while the node is well: a monitor outside rings when it stops",
    ),
    Setting(
        key="alerts.silence_hours", read=number(0.5, 168), default=6.0,
        meaning="no webhook for so long, by day: staff are told",
    ),
    Setting(
        key="staff.people", read=PEOPLE, default=(), secret=True,
        meaning="who is told first, by department and hours; who is not named here is reached by the ways above",
    ),
    Setting(
        key="console.url", read=HTTP_URL,
        meaning="the console's address as staff open it: it stands in what they are told",
    ),
)  # fmt: skip

_LATER = (
    ("trigger.secret_key", "TRIGGER_SECRET_KEY", secret(), None, "key of Trigger.dev", True),
    (
        "trigger.api_url", "TRIGGER_API_URL", HTTP_URL, "https://api.trigger.dev", "address of Trigger.dev", False,
    ),
    ("trigger.webhook_secret", "TRIGGER_WEBHOOK_SECRET", secret(), None, "signs Trigger.dev's webhooks", True),
    ("redis.url", "REDIS_URL", url("redis", "rediss", "unix"), None, "BullMQ bridge", True),
    ("flightaware.api_key", "FLIGHTAWARE_API_KEY", secret(), None, "key of AeroAPI", True),
    (
        "flightaware.api_url", "FLIGHTAWARE_API_URL", HTTP_URL, "https://aeroapi.flightaware.com/aeroapi",
        "address of AeroAPI", False,
    ),
    ("flightaware.webhook_secret", "FLIGHTAWARE_WEBHOOK_SECRET", secret(), None, "last part of the push address", True),
    ("imap.url", "IMAP_URL", url("imaps", "imap"), None, "imaps://user:password@host:993/INBOX", True),
    ("llm.model", "LLM_MODEL", WORD, None, "agent: openai:.., anthropic:.., ollama:..", False),
    ("llm.base_url", "LLM_BASE_URL", HTTP_URL, None, "address of the model's server", False),
    ("translate.url", "TRANSLATE_URL", WORD, None, "deepl://KEY, libretranslate://host:port or llm", True),
    ("peer.url", "PEER_URL", url("wss", "ws", "https", "http"), None, "the other node's own address", False),
    ("peer.secret", "PEER_SECRET", secret(PEER_SECRET_CHARS_MIN), None, "the secret both nodes share", True),
    ("peer.replication", "REPLICATION", one_of("sync", "async"), "sync", "when a write counts as kept", False),
    (
        "lease.url", "LEASE_URL", url("s3", "postgresql", "file"), None,
        "witness of the lease; not set = a single node", True,
    ),
    ("lease.ttl_seconds", "LEASE_TTL_SECONDS", number(1, 600), 10.0, "how long a lease holds", False),
    ("lease.renew_seconds", "LEASE_RENEW_SECONDS", number(0.1, 600), 3.0, "how often it is renewed", False),
)  # fmt: skip

SETTINGS: tuple[Setting, ...] = (
    *_NODE,
    *_CHANNELS,
    *_KEEPING,
    *_BACKUP,
    *_TELLING,
    *(
        Setting(key=key, short=short, read=read, default=default, meaning=meaning, secret=hidden, built=False)
        for key, short, read, default, meaning, hidden in _LATER
    ),
)
