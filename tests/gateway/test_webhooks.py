"""Webhooks over real HTTP: kept before 200, refused with a problem, bounded, never limited when signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
from tests.support.node import VERIFY_TOKEN, RunningNode, on_node

from nightporter.config.settings import LimitSettings
from nightporter.gateway.protocol import HEAD_SECONDS
from nightporter.journal.deliveries import BODY_BYTES_MAX
from nightporter.store import Trouble
from nightporter.testing.providers.wire import Webhook

GUEST = "393331234567"
URGENT = (
    "Help, there is a fire in my room!"  # by rule, so it is answered at once whatever the recogniser learned
)
TIGHT = LimitSettings(keyed_per_minute=5, refused_per_minute=2, trusted_proxies=())
WHATSAPP, SPOKI = "/webhooks/whatsapp", "/webhooks/spoki"


def signed(node: RunningNode, body: bytes) -> dict[str, str]:
    secret = node.meta.account.app_secret.encode()
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}


async def post(node: RunningNode, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes, Any]:
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    async with node.http.post(path, data=data, headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


def kept(node: RunningNode) -> list[bytes]:
    rows = node.node.store.view.all("deliveries_since", ("", 100))
    return [node.parts.intake._bodies.delivery(row).body for row in rows]


def problem(body: bytes) -> dict[str, Any]:
    told = json.loads(body)
    assert {"type", "title", "status", "detail", "code"} <= set(told)
    return told


def test_a_guest_writes_and_is_answered_on_both_channels(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for name, core in (("whatsapp", node.meta), ("spoki", node.spoki)):
            core.guest_sends(GUEST, "text", node.node.clock.now_ms(), {"body": URGENT})
            node.providers[name].poke()
            await node.until(lambda core=core: len(core.ledger.accepted()) == 1)
        await node.idle()
        assert not node.node.store.view.scalar("entries_pending_count")

    on_node(tmp_path, story)


def test_what_is_kept_is_the_raw_bytes(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        bodies = [b'{"object": "x"}', b"not json at all", b"", "grüße".encode(), bytes(range(256))]
        for body in bodies:
            status, told, headers = await post(node, WHATSAPP, body, signed(node, body))
            assert (status, told) == (200, b"")
            assert "server" not in headers
        assert kept(node) == bodies

    on_node(tmp_path, story, rounds=False)


def test_an_unsigned_webhook_leaves_nothing(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for headers in ({}, {"X-Hub-Signature-256": "sha256=00"}, signed(node, b"another body")):
            status, told, answered = await post(node, WHATSAPP, b"{}", headers)
            assert status == 401
            assert answered["content-type"] == "application/problem+json"
            assert problem(told)["code"] == "not_signed"
        assert (await post(node, SPOKI, b"{}", {"X-Spoki-Signature": "t=1,v2=00"}))[0] == 401
        assert kept(node) == []

    on_node(tmp_path, story, rounds=False)


def test_a_channel_that_is_not_configured_has_no_route(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        status, told, _ = await post(node, SPOKI, b"{}", {})
        assert (status, problem(told)["code"]) == (404, "no_channel")
        async with node.http.get(SPOKI) as answer:
            assert (answer.status, answer.headers["allow"]) == (405, "POST")
        async with node.http.put(WHATSAPP) as answer:
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")

    on_node(tmp_path, story, channels=("whatsapp",), rounds=False)


def test_no_channel_at_all(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with node.http.get(WHATSAPP, params={"hub.mode": "subscribe"}) as answer:
            assert answer.status == 404
        async with node.http.get("/health") as answer:
            told = await answer.json()
        assert (told["status"], told["checks"]["channels"]) == ("ok", "none")

    on_node(tmp_path, story, channels=())


def test_the_handshake(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        provider = node.providers["whatsapp"]
        assert await provider.verify_webhook(VERIFY_TOKEN)
        assert not await provider.verify_webhook("another")
        async with node.http.get(WHATSAPP) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (403, "wrong_token")

    on_node(tmp_path, story, channels=("whatsapp",))


def test_a_body_over_the_limit_is_refused_also_when_its_length_lies(tmp_path: Path) -> None:
    async def in_pieces(size: int) -> Any:
        for _ in range(size // 65_536 + 1):
            yield bytes(65_536)

    async def story(node: RunningNode) -> None:
        most = bytes(BODY_BYTES_MAX)
        assert (await post(node, WHATSAPP, most, signed(node, most)))[0] == 200
        status, told, _ = await post(node, WHATSAPP, most + b"x", signed(node, most + b"x"))
        assert (status, problem(told)["code"]) == (413, "body_too_large")
        assert (await post(node, WHATSAPP, in_pieces(BODY_BYTES_MAX), {}))[0] == 413
        assert len(kept(node)) == 1
        assert (await post(node, WHATSAPP, b"{}", signed(node, b"{}")))[
            0
        ] == 200  # the same connection goes on

    on_node(tmp_path, story, rounds=False)


def test_a_head_over_the_limit_is_refused(tmp_path: Path) -> None:
    async def talk(node: RunningNode, *pieces: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        except ConnectionResetError:
            return b"reset"
        finally:
            writer.close()
            with suppress(ConnectionResetError):
                await writer.wait_closed()

    async def story(node: RunningNode) -> None:
        many = b"".join(b"x-%d: y\r\n" % number for number in range(200))
        answer = await talk(node, b"GET /health HTTP/1.1\r\nhost: x\r\n" + many + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ")
        endless = await talk(
            node, b"GET /health HTTP/1.1\r\n", *[b"x-y: " + bytes([97]) * 4096 + b"\r\n"] * 400
        )
        assert endless.startswith(b"HTTP/1.1 431 ") or endless == b"reset"
        assert (await talk(node, b"\x00\x01\r\n\r\n")).startswith(b"HTTP/1.1 400 ")

    on_node(tmp_path, story, rounds=False)


def test_a_head_has_a_time_to_come(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        await node.until(lambda: len(node.connections) == 1)
        [connection] = node.connections

        def seconds_left() -> float:
            timer = connection._head_timer
            return 0.0 if timer is None else timer.when() - asyncio.get_running_loop().time()

        for beginning, end in ((b"", b"GET /health"), (b"GET", b" /health")):
            writer.write(beginning)
            await node.until(lambda: 0 < seconds_left() <= HEAD_SECONDS)
            writer.write(end + b" HTTP/1.1\r\nhost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            assert seconds_left() == 0.0  # from here on uvicorn's own limit for idle connections counts
        connection._await_head()
        connection._head_timer._run()  # the time is over
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    on_node(tmp_path, story, rounds=False)


def test_refused_ones_are_limited_by_address_and_signed_ones_never(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        found = [await post(node, WHATSAPP, b"{}", {"CF-Connecting-IP": f"1.2.3.{n}"}) for n in range(4)]
        assert [status for status, _, _ in found] == [401, 401, 429, 429]  # nobody here is a trusted proxy
        assert 1 <= int(found[3][2]["retry-after"]) <= 61
        assert problem(found[3][1])["code"] == "too_many"
        for _ in range(10):
            assert (await post(node, WHATSAPP, b"{}", signed(node, b"{}")))[0] == 200

    on_node(tmp_path, story, limits=TIGHT, rounds=False)


def test_behind_a_trusted_proxy_each_address_counts_for_itself(tmp_path: Path) -> None:
    from tests.support.node import LOOPBACK

    limits = LimitSettings(keyed_per_minute=5, refused_per_minute=2, trusted_proxies=LOOPBACK)

    async def story(node: RunningNode) -> None:
        async def from_(address: str) -> int:
            return (await post(node, WHATSAPP, b"{}", {"CF-Connecting-IP": address}))[0]

        assert [await from_("1.2.3.4") for _ in range(3)] == [401, 401, 429]
        assert await from_("1.2.3.5") == 401
        six = [await from_(f"2001:db8::{n}") for n in range(1, 4)]
        assert six == [401, 401, 429]  # one line at home

    on_node(tmp_path, story, limits=limits, rounds=False)


def test_a_full_disk_is_told_and_gone_again(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        node.node.store._writer.close_door(Trouble.FULL)
        status, told, headers = await post(node, WHATSAPP, b"{}", signed(node, b"{}"))
        assert (status, problem(told)["code"]) == (503, "not_now")
        assert int(headers["retry-after"]) > 0
        async with node.http.get("/health") as answer:
            assert (answer.status, (await answer.json())["status"]) == (503, "down")
        await node.node.store.look(node.node.lease)
        assert (await post(node, WHATSAPP, b"{}", signed(node, b"{}")))[0] == 200

    on_node(tmp_path, story, rounds=False)


def test_a_caller_that_hangs_up_leaves_nothing(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(b"POST /webhooks/whatsapp HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        del reader
        async with aiohttp.ClientSession(node.url) as other, other.get("/health") as answer:
            assert answer.status == 200
        assert kept(node) == []

    on_node(tmp_path, story, rounds=False)


def test_a_webhook_sent_again_by_the_provider_is_the_same_happening(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        node.meta.behaviour.p_repeat = 0.0
        node.meta.guest_sends(GUEST, "text", node.node.clock.now_ms(), {"body": URGENT})
        hooks: list[Webhook] = node.meta.due(node.node.clock.now_ms() + 60_000)
        assert hooks
        for _ in range(3):
            for hook in hooks:
                assert (await post(node, WHATSAPP, hook.body, dict(hook.headers)))[0] == 200
        await node.idle()
        assert len(node.meta.ledger.accepted()) == 1

    on_node(tmp_path, story, channels=("whatsapp",))
