"""A member of staff at the console of a running node: signs in, reads pages, presses buttons."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from tests.support.node import RunningNode, demo_ears, on_node

from nightporter.console import Start, application, bring_owner
from nightporter.console.passwords import Passwords
from nightporter.desk.flow import Desk
from nightporter.journal import accounts, duty
from nightporter.journal.accounts import Role
from nightporter.rounds.roster import Contact, Roster
from nightporter.testing.demo import HOTEL_FILE

PASSWORD = "lemon-house-1912"
START_PASSWORD = "the one of this start"
GUEST = "393331234567"
PERSON = "I would like to talk to a person please"
PEOPLE = (Contact(name="Marta", ways=("tgram://marta",), week=((),) * 7),)  # by her hours never there
FIRE = "Help, there is a fire in my room!"


@dataclass(kw_only=True)
class Staff:
    """`http` has the cookies of whoever signed in."""

    node: RunningNode
    http: httpx.AsyncClient

    async def sign_in(self, name: str = "Marta", password: str = PASSWORD) -> httpx.Response:
        return await self.press("/login", "/login", name=name, password=password)

    async def answer(self, conversation: str, text: str, form: str = "f1", **fields: str) -> httpx.Response:
        """Write into the conversation's page as it is now, and send it."""
        path = f"/conversations/{conversation}"
        page = (await self.http.get(path)).text
        fields = {"token": token_of(page), "seen": seen_of(page), "form": form, "text": text} | fields
        return await self.http.post(f"{path}/answer", data=fields)

    async def press(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Send a form of `page` with the token that stands there."""
        text = (await self.http.get(page)).text
        return await self.http.post(action, data={"token": token_of(text), **fields})

    async def read(self, path: str) -> str:
        answer = await self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def guest_writes(self, text: str, guest: str = GUEST, **args: Any) -> str:
        """A guest writes, the machine does what it does; the conversation's id."""
        self.node.meta.guest_sends(guest, "text", self.node.node.clock.now_ms(), {"body": text, **args})
        self.node.providers["whatsapp"].poke()
        return await self.conversation(guest)

    async def conversation(self, guest: str = GUEST) -> str:
        view = self.node.node.store.view
        await self.node.until(lambda: view.one("identity_find", (f"phone:{guest}",)) is not None)
        await self.node.idle()
        (guest_id,) = view.one("identity_find", (f"phone:{guest}",)) or ("",)
        return str(view.all("conversations_of", (guest_id,))[0][0])

    def sent(self, guest: str = GUEST) -> list[str]:
        """What the provider took for that guest, in order."""
        return [message.body["text"]["body"] for message in self.node.meta.ledger.accepted(to=guest)]


def token_of(text: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', text)
    assert found, "the page has a form"
    return found[1]


def seen_of(text: str) -> str:
    found = re.search(r'name="seen" form="answer" value="([0-9.]+)"', text)
    assert found, "the page says how the conversation was"
    return found[1]


def words(text: str) -> str:
    """What a page says, without its tags."""
    body = text[text.find("<main") :] if "<main" in text else text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@cache
def hashed() -> str:
    """PASSWORD as it is kept."""
    return asyncio.run(Passwords().hash(PASSWORD))


async def known(node: RunningNode, *names: str, role: Role = Role.STAFF) -> None:
    """Accounts that came in before and chose PASSWORD."""
    for name in names:
        hash_ = await asyncio.to_thread(hashed)
        add = accounts.add(node.node.ids.new(), name, role, hash_, node.node.clock.now_ms())
        assert await node.node.write(add)
        await node.node.write(accounts.give_password(name, hash_, 0))


def _pages(node: RunningNode, start: Start) -> Starlette:
    desk = Desk(node.parts.hotel, demo_ears())
    roster = Roster(PEOPLE, (), node.parts.hotel, duty=partial(duty.said, node.node.store.view))
    return application(
        node.parts, desk=desk, hotel_file=HOTEL_FILE, roster=roster, password=START_PASSWORD, start=start
    )


@asynccontextmanager
async def at_console(node: RunningNode, start: Start = Start.PRINTED) -> AsyncGenerator[Staff]:
    """Somebody before the page that asks for a password. There are two accounts besides the owner's."""
    await bring_owner(node.node)
    await known(node, *(name for name in ("Marta", "Paul") if not accounts.named(node.node.store.view, name)))
    transport = httpx.ASGITransport(_pages(node, start))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as http:
        yield Staff(node=node, http=http)


@asynccontextmanager
async def colleague(staff: Staff, name: str = "Paul") -> AsyncGenerator[Staff]:
    """Somebody else at another browser, signed in."""
    transport = staff.http._transport
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as http:
        other = Staff(node=staff.node, http=http)
        http.cookies.set("nightporter_language", "en")
        assert (await other.sign_in(name)).status_code == 303
        yield other


def with_staff(folder: Path, story: Callable[[Staff], Awaitable[None]], **options: Any) -> None:
    """Run the story with somebody who has signed in, in English."""

    async def on_running(node: RunningNode) -> None:
        async with at_console(node) as staff:
            staff.http.cookies.set("nightporter_language", "en")
            assert (await staff.sign_in()).status_code == 303
            await story(staff)

    on_node(folder, on_running, **options)
