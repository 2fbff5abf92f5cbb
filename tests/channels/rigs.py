"""Both channels, each before its provider fake: what the conformance suite drives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nightporter.channels.http import HttpWire
from nightporter.channels.port import Channel
from nightporter.channels.spoki import Spoki
from nightporter.channels.whatsapp import WhatsApp
from nightporter.clock import SystemClock
from nightporter.model.message import Entry
from nightporter.model.outbox import Content, OutboxMessage
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.server import ProviderServer
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.providers.wire import Webhook

Core = MetaProvider | SpokiProvider
GUEST = "393331234567"
VERIFY_TOKEN = "verify-me"
AHEAD_MS = 3_600_000


@dataclass
class Rig:
    """A channel and the fake it speaks to."""

    channel: Channel
    core: Core
    now_ms: int

    @property
    def is_meta(self) -> bool:
        return isinstance(self.core, MetaProvider)

    def webhooks(self) -> list[Webhook]:
        """Everything that the provider has to tell, also what it delays."""
        found: list[Webhook] = []
        while (due_ms := self.core.next_due_ms()) is not None and due_ms <= self.now_ms + AHEAD_MS:
            for webhook in self.core.due(due_ms):
                self.core.webhook_result(webhook.id, 200, due_ms)
                found.append(webhook)
        return found

    def receive(self) -> list[Entry]:
        """Verifies and splits all of it."""
        entries: list[Entry] = []
        for webhook in self.webhooks():
            assert self.channel.verify(webhook.body, lower(webhook.headers), self.now_ms)
            entries += self.channel.split(webhook.body, self.now_ms)
        return entries

    def message(self, content: Content, ordinal: int = 0, **more: Any) -> OutboxMessage:
        """An outbox message to the guest."""
        basic: dict[str, Any] = {"to_phone": GUEST, "content": content, **more}
        return OutboxMessage(
            outbox_id=f"019a8b-{ordinal}",
            channel=self.channel.name,
            number=self.channel.number,
            conversation_id="c1",
            **basic,
        )


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): said for name, said in headers.items()}


def fake(kind: str, now_ms: int, **behaviour: Any) -> Core:
    """A fresh fake; the guest's window is open."""
    if kind == "whatsapp":
        meta = MetaProvider(Dice(1), behaviour=Behaviour(**behaviour))
        meta.phones.open_window(GUEST, now_ms)
        return meta
    spoki = SpokiProvider(Dice(1), behaviour=Behaviour(**behaviour))
    spoki.open_window(GUEST, now_ms)
    return spoki


def channel_to(core: Core, base_url: str, token: str = "") -> Channel:
    """The channel with the fake's own secrets; `token` replaces the right one."""
    if isinstance(core, MetaProvider):
        return WhatsApp(
            HttpWire(),
            phone_number_id=core.account.number,
            access_token=token or core.account.token,
            app_secret=core.account.app_secret,
            verify_token=VERIFY_TOKEN,
            api_url=f"{base_url}/v26.0",
        )
    secrets = [*core.account.secrets.values()]
    key = token or core.account.api_key
    return Spoki(HttpWire(), api_key=key, secrets=secrets, api_url=f"{base_url}/api/1")


def offline(kind: str, **behaviour: Any) -> Rig:
    """Without a server: for what comes in."""
    now_ms = SystemClock().now_ms()
    core = fake(kind, now_ms, **behaviour)
    return Rig(channel_to(core, "http://127.0.0.1:1"), core, now_ms)


def online(kind: str, test: Callable[[Rig], Awaitable[None]], token: str = "", **behaviour: Any) -> None:
    """Runs the test with the fake as a real server on loopback."""

    async def main() -> None:
        now_ms = SystemClock().now_ms()
        core = fake(kind, now_ms, **behaviour)
        async with ProviderServer(core) as server:
            rig = Rig(channel_to(core, server.base_url, token), core, now_ms)
            try:
                await test(rig)
            finally:
                await rig.channel.close()

    asyncio.run(main())
