"""A whole node in this process: what it listens on, what it says when it cannot start, how it ends."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nightporter.app.listeners import bind, bound_to
from nightporter.app.serve import Live, running
from nightporter.clock import SystemClock
from nightporter.config.settings import Settings, load
from nightporter.config.settings_values import Address
from nightporter.errors import FolderInUse, FolderUnusable, HotelFileError, PortBusy, StoreBroken
from nightporter.store import Trouble

ANY_PORT = {
    "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
    "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
    "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
    "NIGHTPORTER_NODE": "tested",
}
STOPS_WITHIN_SECONDS = 3.0


def settings(folder: Path, **more: str) -> Settings:
    own = {"NIGHTPORTER_DATA_DIR": str(folder / "data"), "HOTEL_FILE": str(folder / "hotel.yaml")}
    return load(environ={**ANY_PORT, **own, **more}, folder=folder)


def on_node(folder: Path, story: Callable[[Live], Awaitable[None]], **more: str) -> Live:
    async def main() -> Live:
        async with running(settings(folder, **more)) as live:
            await story(live)
        return live

    return asyncio.run(main())


async def never(live: Live) -> None:
    raise AssertionError(f"{live.settings.node} must not start")


def web() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def health(http: aiohttp.ClientSession, address: Address) -> tuple[int, dict[str, Any]]:
    async with http.get(f"http://{address}/health") as answer:
        assert "server" not in answer.headers
        return answer.status, await answer.json()


def test_health_on_both_listeners(tmp_path: Path) -> None:
    checks = {"store": "ok", "disk": "ok", "rounds": "ok", "channels": "none", "lease": "ok"}

    async def story(live: Live) -> None:
        async with web() as http:
            for address in (live.gateway, live.console):
                status, told = await health(http, address)
                assert (status, told["status"], told["checks"]) == (200, "ok", checks)
                assert (told["node"], told["role"], told["epoch"]) == ("tested", "single", 1)

    on_node(tmp_path, story)


def test_the_epoch_rises_with_each_start(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        epochs.append(live.parts.node.lease.epoch)

    epochs: list[int] = []
    on_node(tmp_path, story)
    on_node(tmp_path, story)
    assert epochs == [1, 2]


def test_a_closed_door_is_down_and_opens_again(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        store = live.parts.node.store
        async with web() as http:
            store._writer.close_door(Trouble.FULL)
            status, told = await health(http, live.gateway)
            assert (status, told["status"], told["checks"]["disk"]) == (503, "down", "down")
            await store.look(live.parts.node.lease)
            assert (await health(http, live.gateway))[0] == 200
        assert live.parts.node.counts.of["alerts", "store_trouble"] == 1

    on_node(tmp_path, story)


def test_a_broken_store_ends_the_node_with_code_1(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        live.parts.node.store.on_broken(StoreBroken("a page is damaged"))
        async with asyncio.timeout(1):
            await live.stopping.wait()

    assert on_node(tmp_path, story).exit_code == 1


async def signed_in(http: aiohttp.ClientSession, url: str, password: str) -> None:
    async with http.get(f"{url}/login") as page:
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', await page.text()))
    async with http.post(f"{url}/login", data={**hidden, "password": password}) as answer:
        assert answer.status == 200


def test_an_open_stream_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def main() -> float:
        clock = SystemClock()
        async with web() as http:
            async with running(settings(tmp_path, CONSOLE_PASSWORD="open sesame")) as live:
                url = f"http://{live.console}"
                await signed_in(http, url, "open sesame")
                stream = await http.get(f"{url}/changes")
                assert stream.headers["content-type"].startswith("text/event-stream")
                await stream.content.readline()
                begun = clock.elapsed_seconds()
            return clock.elapsed_seconds() - begun

    assert asyncio.run(main()) < STOPS_WITHIN_SECONDS


def test_a_busy_port_is_one_line_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=rf"gateway cannot listen on 127\.0\.0\.1:{port}"):
            on_node(tmp_path, never, NIGHTPORTER_GATEWAY=f"127.0.0.1:{port}")
        with pytest.raises(PortBusy, match="NIGHTPORTER_CONSOLE"):
            on_node(tmp_path, never, NIGHTPORTER_CONSOLE=f"127.0.0.1:{port}")
    assert not (tmp_path / "data").exists()


def test_a_second_node_on_the_folder_is_told_so_also_on_the_same_port(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        with pytest.raises(FolderInUse):
            async with running(settings(tmp_path)):
                pass
        with pytest.raises(FolderInUse):
            async with running(settings(tmp_path, NIGHTPORTER_GATEWAY=str(live.gateway))):
                pass

    on_node(tmp_path, story)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", "utf-8")

    with pytest.raises(FolderUnusable):
        on_node(tmp_path, never)


def test_a_refused_hotel_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "hotel.yaml").write_text("pool: {depht: 3}\n", "utf-8")

    with pytest.raises(HotelFileError, match=r"hotel\.yaml"):
        on_node(tmp_path, never)


def test_a_changed_hotel_file_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "hotel.yaml"
    file.write_text("hotel: {name: One}\n", "utf-8")

    async def story(live: Live) -> None:
        file.write_text("hotel: {name: Another}\n", "utf-8")
        async with asyncio.timeout(8):
            while live.parts.hotel().house.name != "Another":
                await SystemClock().sleep(0.05)

    on_node(tmp_path, story)


def test_a_signed_webhook_is_kept(tmp_path: Path) -> None:
    whatsapp = {
        "WHATSAPP_PHONE_NUMBER_ID": "100",
        "WHATSAPP_ACCESS_TOKEN": "token",
        "WHATSAPP_APP_SECRET": "hush",
        "WHATSAPP_VERIFY_TOKEN": "verify",
        "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
    }

    async def story(live: Live) -> None:
        url = f"http://{live.gateway}/webhooks/whatsapp"
        query = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "42"}
        body = b'{"object": "whatsapp_business_account", "entry": []}'
        signature = "sha256=" + hmac.digest(b"hush", body, "sha256").hex()
        async with web() as http:
            async with http.get(url, params=query) as answer:
                assert (answer.status, await answer.text()) == (200, "42")
            async with http.post(url, data=body, headers={"X-Hub-Signature-256": "sha256=0"}) as answer:
                assert answer.status == 401
            assert live.parts.node.store.view.one("delivery_last") is None
            async with http.post(url, data=body, headers={"X-Hub-Signature-256": signature}) as answer:
                assert answer.status == 200
            assert live.parts.node.store.view.one("delivery_last") is not None
            assert (await health(http, live.gateway))[1]["checks"]["channels"] == "ok"

    on_node(tmp_path, story, **whatsapp)


def test_the_lock_says_where_the_node_is(tmp_path: Path) -> None:
    lock, control = tmp_path / "data" / "lock", tmp_path / "data" / "control.sock"

    async def story(live: Live) -> None:
        told = json.loads(lock.read_text("utf-8"))
        assert (told["gateway"], told["control"]) == (str(live.gateway), str(control))
        assert control.stat().st_mode & 0o777 == 0o600

    on_node(tmp_path, story)
    assert not control.exists()


def test_binding_names_what_it_cannot_resolve() -> None:
    with pytest.raises(PortBusy, match="gateway cannot listen on"):
        bind(Address("no-such-host.invalid", 1), "gateway")
    with bind(Address("127.0.0.1", 0), "gateway") as sock:
        assert bound_to(sock).port > 0
