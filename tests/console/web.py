"""A node with its real console listener, and people at browsers before it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import aiohttp

from nightporter.app.serve import Live, running
from nightporter.clock import SystemClock
from nightporter.config.settings import load

PASSWORD = "lemon-house-1912"
OWN = "three odd words"


class AheadClock(SystemClock):
    """The machine's time, and so many seconds more."""

    def __init__(self) -> None:
        self.ahead_seconds = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_seconds * 1000

    def elapsed_seconds(self) -> float:
        return super().elapsed_seconds() + self.ahead_seconds


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]  # by names in lower case
    path: str  # where redirects led

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())

    @property
    def made(self) -> str:
        """The first password that the page shows."""
        found = re.search(r'<code id="made">([^<]+)</code>', self.text)
        assert found, self.words
        return found[1]


class Person:
    """Somebody at a browser: keeps cookies, follows redirects, sends forms with the token of their page."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return await self._ask("POST", path, fields, headers)

    async def press(self, page: str, action: str, **fields: str) -> Answer:
        return await self.post(action, {"token": (await self.get(page)).token, **fields})

    async def sign_in(self, name: str, password: str) -> Answer:
        return await self.press("/login", "/login", name=name, password=password)

    async def choose(self, now: str, new: str, again: str | None = None) -> Answer:
        return await self.press(
            "/password", "/password", password=now, new=new, again=new if again is None else again
        )

    async def _ask(
        self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, self.url + path, data=fields, headers=told) as answer:
            named = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, await answer.text(), named, answer.url.path)


@dataclass(frozen=True, slots=True)
class House:
    live: Live
    clock: AheadClock

    @asynccontextmanager
    async def person(self) -> AsyncGenerator[Person]:
        """A browser that nobody has used yet."""
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies({"nightporter_language": "en"})
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Person(http, f"http://{self.live.console}")

    @asynccontextmanager
    async def owner(self) -> AsyncGenerator[Person]:
        """The owner, signed in."""
        async with self.person() as owner:
            assert (await owner.sign_in("owner", self.live.console_password)).path == "/"
            yield owner

    @asynccontextmanager
    async def staff(self, owner: Person, name: str) -> AsyncGenerator[Person]:
        """A member of staff whom the owner adds, with a password of their own, signed in."""
        first = (await owner.press("/accounts", "/accounts", name=name, role="staff")).made
        async with self.person() as one:
            await one.sign_in(name, first)
            assert (await one.choose(first, OWN)).path == "/"
            yield one

    def audit(self) -> list[tuple[str, str]]:
        rows = self.live.parts.node.store.view.all("audit_list", ("~", 50))
        return [(row[2], row[3]) for row in reversed(rows)]


def in_house(folder: Path, story: Callable[[House], Awaitable[None]], **more: str) -> None:
    """Run the story on a node of its own; its data folder stays, for a second start."""
    environ = {
        "NIGHTPORTER_DATA_DIR": str(folder / "data"),
        "HOTEL_FILE": str(folder / "hotel.yaml"),
        "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
        "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
        **more,
    }

    async def main() -> None:
        clock = AheadClock()
        async with running(load(environ=environ, folder=folder), clock=clock) as live:
            await story(House(live, clock))
            crashed = [key for key in live.parts.node.counts.of if "crash" in key[0]]
            assert not crashed

    asyncio.run(main())
