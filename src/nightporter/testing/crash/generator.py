"""The load: guests who write once, as signed webhooks; a process of its own that outlives every kill of the node.

It reads one JSON object a line on stdin, `{"guests": 20, "within_ms": 300}`, and posts so many guests' messages. What
gets no 200 is posted again, the same bytes, later each time, as Meta does. Before and after each request it writes a
line to its log. When stdin ends it finishes what is left, and goes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp

from nightporter.clock import SystemClock
from nightporter.testing.crash.logs import HTTP_OK
from nightporter.testing.providers import builders
from nightporter.testing.providers.chance import Dice, below, happens, octets, one_of
from nightporter.testing.providers.dispatch import bulky
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta_bodies import (
    MetaAccount,
    compose,
    contact,
    metadata,
    seconds,
    sender,
    sign,
)
from nightporter.testing.providers.server import LedgerFile

POST_SECONDS_MAX = 10.0
AGAIN_FIRST_MS = 50
AGAIN_MOST_MS = 1_000
CONNECTIONS_MAX = 40
TOGETHER_MAX = 3  # messages of several guests in one body
P_TOGETHER = 0.2
P_REPEAT = 0.1  # the same bytes once more although they got their 200
REPEAT_MS = 300
P_BULKY = 0.15  # so large that it is kept first and read later
P_FRAGMENT = 0.12
FIRST_PHONE = 39_330_000_0000
WAMID_BYTES = 24
FINISH_SECONDS_MAX = 120.0

WISHES = (
    "What time is breakfast?",
    "A che ora è la colazione?",
    "Wie lautet das WLAN-Passwort?",
    "Où puis-je garer ma voiture ?",
    "¿A qué hora es el check-in?",
    "Is the pool open today?",
    "Posso portare il cane?",
    "Bis wann müssen wir auschecken?",
    "I would like to talk to a person please",
)
FRAGMENTS = ("camera 204", "Zimmer 12", "room 31")  # the desk waits for more words before it answers


class Generator:
    """Posts webhooks and writes down what became of each."""

    def __init__(self, url: str, account: MetaAccount, log: LedgerFile, seed: int) -> None:
        self._url = url
        self._account = account
        self._log = log
        self._dice = Dice(seed)
        self._clock = SystemClock()
        self._guests = 0
        self._posts = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, commands: asyncio.StreamReader) -> None:
        """Obey until there are no more commands, then finish."""
        connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX)
        timeout = aiohttp.ClientTimeout(total=POST_SECONDS_MAX)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            while line := await commands.readline():
                self._begin(session, json.loads(line))
            async with asyncio.timeout(FINISH_SECONDS_MAX):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    def _begin(self, session: aiohttp.ClientSession, command: dict[str, Any]) -> None:
        left: int = command["guests"]
        while left > 0:
            count = min(left, 1 + below(self._dice, TOGETHER_MAX)) if happens(self._dice, P_TOGETHER) else 1
            left -= count
            after_ms = below(self._dice, command["within_ms"] + 1)
            task = asyncio.get_running_loop().create_task(self._until_told(session, count, after_ms))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        task.result()

    async def _until_told(self, session: aiohttp.ClientSession, count: int, after_ms: int) -> None:
        await self._clock.sleep(after_ms / 1000)
        messages, body = self._body(count)
        self._posts += 1
        post, wait_ms = self._posts, AGAIN_FIRST_MS
        while await self._post(session, post, messages, body) != HTTP_OK:
            await self._clock.sleep((wait_ms / 2 + below(self._dice, wait_ms)) / 1000)
            wait_ms = min(wait_ms * 2, AGAIN_MOST_MS)
        if happens(self._dice, P_REPEAT):
            await self._clock.sleep(below(self._dice, REPEAT_MS) / 1000)
            await self._post(session, post, messages, body)

    async def _post(
        self, session: aiohttp.ClientSession, post: int, messages: list[tuple[str, str]], body: bytes
    ) -> int | None:
        self._note("post", post, messages)
        status: int | None = None
        headers = sign(self._account.app_secret, body)
        try:
            async with session.post(self._url, data=body, headers=headers) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._note("told", post, messages, status=None, error=type(error).__name__)
            return None
        self._note("told", post, messages, status=status)
        return status

    def _note(self, event: str, post: int, messages: list[tuple[str, str]], **more: object) -> None:
        line = {"t_ms": self._clock.now_ms(), "event": event, "post": post, "messages": messages} | more
        self._log(json.dumps(line))

    def _body(self, count: int) -> tuple[list[tuple[str, str]], bytes]:
        """New guests' messages, `count` of them in one body: (guest, id of the message) each, and the bytes."""
        messages: list[tuple[str, str]] = []
        changes: list[JsonObject] = []
        for _ in range(count):
            self._guests += 1
            guest = Guest.of(str(FIRST_PHONE + self._guests))
            wamid = "wamid." + base64.b64encode(octets(self._dice, WAMID_BYTES)).decode()
            words = one_of(self._dice, FRAGMENTS if happens(self._dice, P_FRAGMENT) else WISHES)
            message = sender(guest) | {"id": wamid, "timestamp": seconds(self._clock.now_ms())}
            value: JsonObject = {
                "messaging_product": "whatsapp",
                "metadata": metadata(self._account, self._account.number),
                "contacts": [contact(guest)],
                "messages": [message | builders.text(words)],
            }
            messages.append((guest.key, wamid))
            changes.append({"field": "messages", "value": value})
        body = compose(self._account, self._dice, "mixed", tuple(changes), rewrite=False)
        return messages, bulky(body) if happens(self._dice, P_BULKY) else body


async def _main(options: argparse.Namespace) -> None:
    account = MetaAccount(app_secret=options.app_secret, numbers={options.phone_number_id: "390471100200"})
    log = LedgerFile(options.log)
    commands = asyncio.StreamReader()
    reading = asyncio.StreamReaderProtocol(commands)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    await Generator(options.url, account, log, options.seed).serve(commands)
    log.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nightporter.testing.crash.generator", description=__doc__
    )
    parser.add_argument("--url", required=True, help="the node's webhook route")
    parser.add_argument("--app-secret", required=True, help="signs the webhooks")
    parser.add_argument("--phone-number-id", required=True, help="the number that guests write to")
    parser.add_argument("--log", type=Path, required=True, help="file of JSON lines to append to")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
