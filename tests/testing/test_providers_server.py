"""The provider server on real sockets: broken connections, silence, retries, the control API, the process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.ledger import Ledger
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.server import LedgerFile, ProviderServer

PHONE = "393331234567"
TEXT = {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "x"}}
BEARER = {"Authorization": "Bearer fake-access-token"}


class Node:
    """What receives webhooks: answers with the scripted statuses, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []
        self.quiet = asyncio.Event()
        self.expected = 0

    async def hook(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        if len(self.bodies) >= self.expected:
            self.quiet.set()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def challenge(self, request: web.Request) -> web.Response:
        if request.query["hub.verify_token"] != "right":
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    async def got(self, count: int) -> None:
        self.expected = count
        if len(self.bodies) < count:
            self.quiet.clear()
            await asyncio.wait_for(self.quiet.wait(), 10)


def serve(
    act: Callable[[ProviderServer, aiohttp.ClientSession, Node], Awaitable[None]], *statuses: int
) -> MetaProvider:
    core = MetaProvider(Dice(5))

    async def main() -> None:
        node = Node(*statuses)
        app = web.Application()
        app.router.add_post("/webhooks/whatsapp", node.hook)
        app.router.add_get("/webhooks/whatsapp", node.challenge)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        core.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/whatsapp"
        core.behaviour.retry_base_ms = 5
        async with ProviderServer(core) as server, aiohttp.ClientSession() as session:
            core.phones.open_window(PHONE, server.now_ms())
            await act(server, session, node)
        await runner.cleanup()

    asyncio.run(main())
    return core


async def post(server: ProviderServer, session: aiohttp.ClientSession) -> tuple[int, Any]:
    url = f"{server.base_url}/v26.0/106540352242922/messages"
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with session.post(url, json=TEXT, headers=BEARER, timeout=timeout) as response:
        return response.status, await response.read()


def test_webhooks_are_repeated_until_200() -> None:
    async def act(server: ProviderServer, _: aiohttp.ClientSession, node: Node) -> None:
        server.core.guest_sends(PHONE, "text", server.now_ms())
        server.poke()
        await node.got(4)

    core = serve(act, 503, 500, 418)
    assert [record.data["http_status"] for record in core.ledger.webhooks()][:3] == [503, 500, 418]


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("reset_before", aiohttp.ClientConnectionError, 0),
        ("never_before", TimeoutError, 0),
        ("reset_after", aiohttp.ClientConnectionError, 1),
        ("never_after", TimeoutError, 1),
        ("slow_after", TimeoutError, 1),
    ],
)
def test_the_client_sees_the_connection_break(fault: str, error: type[Exception], accepted: int) -> None:
    async def act(server: ProviderServer, session: aiohttp.ClientSession, node: Node) -> None:
        server.core.behaviour.slow_ms = 600
        server.core.fail_next([fault])
        with pytest.raises(error):
            await post(server, session)
        assert (await post(server, session))[0] == 200
        await node.got(3 * (accepted + 1))

    assert len(serve(act).ledger.accepted()) == accepted + 1


def test_the_handshake_of_registration() -> None:
    async def act(server: ProviderServer, _: aiohttp.ClientSession, __: Node) -> None:
        assert await server.verify_webhook("right")
        assert not await server.verify_webhook("wrong")

    serve(act)


def test_the_control_api_drives_everything() -> None:
    async def act(server: ProviderServer, session: aiohttp.ClientSession, node: Node) -> None:
        async def tell(name: str, body: object) -> Any:
            async with session.post(f"{server.base_url}/_fake/{name}", json=body) as response:
                return {"status": response.status, **await response.json()}

        async def ask(name: str) -> Any:
            async with session.get(f"{server.base_url}/_fake/{name}") as response:
                return await response.json()

        burst = [{"guest": {"phone": PHONE}, "kind": kind} for kind in ("text", "image", "sticker")]
        assert len((await tell("guest", {"burst": burst}))["ids"]) == 3
        photo = {"guest": PHONE, "kind": "image", "args": {"content_base64": "aGk=", "caption": "hi"}}
        assert (await tell("guest", photo))["status"] == 200
        await node.got(4)
        assert (await tell("behaviour", {"answer_ms": 1}))["answer_ms"] == 1
        assert (await tell("act", {"action": "staff_sends", "args": {"guest": PHONE}}))["result"]
        assert (
            await tell(
                "act", {"action": "changes_number", "args": {"guest": PHONE, "new_phone": "393400000009"}}
            )
        )["result"]["phone"] == "393400000009"
        await tell("fail_next", {"faults": ["throughput_before"]})
        assert (await post(server, session))[0] == 429
        await tell("token", {"token": "other"})
        assert (await post(server, session))[0] == 401
        await tell("token", {"token": "fake-access-token"})
        await tell("fail_next", {"statuses": [131026]})
        assert (await post(server, session))[0] == 200
        await node.got(7)
        (accepted,) = (await ask(f"accepted?to={PHONE}"))["accepted"]
        assert list(accepted["statuses"]) == ["failed"]
        page = await ask("ledger?after=0&limit=2")
        assert [len(page["records"]), page["next"]] == [2, 2]
        assert len((await ask("ledger?kind=refused&limit=1000"))["records"]) == 2
        for name, wrong in (
            ("guest", {"guest": PHONE, "kind": "telepathy"}),
            ("guest", {"kind": "text"}),
            ("behaviour", {"p_nothing": 1}),
            ("act", {"action": "explode"}),
            ("fail_next", {"faults": ["boredom"]}),
            ("token", []),
        ):
            answer = await tell(name, wrong)
            assert answer["status"] == 400
            assert answer["error"]
        await tell("webhook_url", {"url": None})
        await tell("guest", {"guest": PHONE})
        assert (await ask("state"))["waiting"] == 1

    serve(act)


def test_the_ledger_file_is_readable_while_it_grows(tmp_path: Path) -> None:
    sink = LedgerFile(tmp_path / "ledger.jsonl")
    core = MetaProvider(Dice(1), ledger=Ledger(sink))
    core.guest_sends(PHONE, "text", 1)
    (line,) = (tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["kind"] == "guest"
    sink.close()


def test_it_runs_as_a_process(tmp_path: Path) -> None:
    async def main() -> None:
        arguments = [
            "--token",
            "t",
            "--phone-number-id",
            "42",
            "--ledger",
            str(tmp_path / "l"),
            "--seed",
            "1",
        ]
        program = [sys.executable, "-m", "nightporter.testing.providers", *arguments]
        process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        url = json.loads(await process.stdout.readline())["url"]
        async with aiohttp.ClientSession() as session:
            await session.post(f"{url}/_fake/guest", json={"guest": PHONE})
            headers = {"Authorization": "Bearer t"}
            async with session.post(f"{url}/v26.0/42/messages", json=TEXT, headers=headers) as response:
                assert response.status == 200
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0

    asyncio.run(main())
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "l").read_text("utf-8").splitlines()]
    assert kinds == ["guest", "accepted"]
