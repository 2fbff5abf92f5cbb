"""The demo inside the test's own process: world, node and phone page, and a guest with the page before them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx

from nightporter.app.listeners import bind, bound_to
from nightporter.app.serve import Live, running
from nightporter.clock import SystemClock, system_chance
from nightporter.config.settings import Settings, load
from nightporter.config.settings_values import Address
from nightporter.testing.demo import chat
from nightporter.testing.demo.cast import player
from nightporter.testing.demo.chat import Bubble, Chat
from nightporter.testing.demo.launch import demo_settings, phone_beside
from nightporter.testing.demo.world import World

WAIT_SECONDS = 15.0
LOOK_SECONDS = 0.01
QUICK = {"sent_ms": 5, "delivered_ms": 10, "read_ms": 20}  # nobody watches the ticks come


@dataclass(kw_only=True)
class Play:
    """Everything that is on stage."""

    world: World
    live: Live
    http: httpx.AsyncClient

    async def press(self, what: str, guest: str = "anna", lang: str = "en", **fields: str) -> httpx.Response:
        """Press a button of the phone, or type a text and send it."""
        return await self.http.post("/send", data={"what": what, "guest": guest, "lang": lang, **fields})

    async def turn(self, what: str, guest: str = "anna", **fields: str) -> httpx.Response:
        """Press a switch of the world."""
        return await self.http.post("/world", data={"what": what, "guest": guest, "lang": "en", **fields})

    def chat(self, guest: str = "anna") -> Chat:
        who = player(guest)
        return chat.read(self.world.core(who), who, self.world.now_ms())

    def said(self, guest: str = "anna") -> list[Bubble]:
        """What the hotel wrote, by machine or by hand of the console."""
        return [bubble for bubble in self.chat(guest).bubbles if bubble.who == "hotel"]

    async def read(self, path: str) -> str:
        answer = await self.http.get(path)
        assert answer.status_code == 200, path
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not met():
                await SystemClock().sleep(LOOK_SECONDS)

    async def quiet(self) -> None:
        """Wait until the providers have told everything and the node owes nothing."""
        view = self.live.parts.node.store.view

        def at_rest() -> bool:
            sending = {row[0] for row in view.all("outbox_counts")} & {"waiting", "sending", "unknown"}
            pending = view.scalar("deliveries_new_count") + view.scalar("entries_pending_count")
            return not sending and not pending and not self.world.waiting()

        await self.until(at_rest)


def settings_in(folder: Path, **more: str) -> Settings:
    """Free ports, no room kept on the disk."""
    environ = {
        "NIGHTPORTER_DATA_DIR": str(folder),
        "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
        "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
        "NIGHTPORTER_STORE__FLOOR_BYTES": "0",
        **more,
    }
    return load(environ=environ, folder=folder)


@asynccontextmanager
async def playing(folder: Path, **more: str) -> AsyncGenerator[Play]:
    """Open the stage on that data folder; leaving it is an orderly end."""
    settings = settings_in(folder, **more)
    phone = bind(Address("127.0.0.1", 0), "phone")
    url = f"http://{bound_to(phone)}"
    async with (
        World.opened(folder / "demo" / "world", SystemClock(), system_chance()) as world,
        running(demo_settings(settings, world), clock=world.clock) as live,
        phone_beside(live, world=world, phone=phone),
        httpx.AsyncClient(base_url=url, timeout=WAIT_SECONDS) as http,
    ):
        for core in world.cores.values():
            core.behaviour.change(QUICK)
        yield Play(world=world, live=live, http=http)


def on_stage(folder: Path, story: Callable[[Play], Awaitable[None]], **more: str) -> None:
    """Run the story; no round may have crashed meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)

    async def main() -> None:
        async with playing(folder, **more) as play:
            await story(play)
            crashes = [key for key in play.live.parts.node.counts.of if "crash" in key[0]]
            assert not crashes

    asyncio.run(main())
