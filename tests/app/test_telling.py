"""A whole node that tells its staff: from a guest's webhook to Slack, PagerDuty and mail, and over a kill."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from tests.support.mail import post_office

from nightporter.app.serve import Live, running
from nightporter.clock import SystemClock
from nightporter.config.settings import load
from nightporter.outbox import tasks
from nightporter.testing.alarms import ROUTING_KEY, AlarmServers
from nightporter.testing.demo import HOTEL_FILE

SECRET = "hush"
NUMBER = "100"
GUEST = "393331234567"
WORDS = "Help, there is a fire in my room! I am Maria Rossi, card 4111 1111 1111 1111"
WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.05


def environ(folder: Path, servers: AlarmServers, **more: str) -> dict[str, str]:
    return {
        "NIGHTPORTER_DATA_DIR": str(folder / "data"),
        "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
        "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
        "HOTEL_FILE": str(HOTEL_FILE),
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_ACCESS_TOKEN": "token",
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
        "SLACK_WEBHOOK_URL": servers.slack_url,
        "PAGERDUTY_ROUTING_KEY": ROUTING_KEY,
        "NIGHTPORTER_ALERTS__PAGERDUTY_URL": servers.pagerduty_url,
        "HEARTBEAT_URL": f"{servers.url}/beat",
        "NIGHTPORTER_CONSOLE__URL": "https://console.example",
        **more,
    }


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not met():
            await SystemClock().sleep(LOOK_SECONDS)


async def guest_writes(gateway: str, text: str = WORDS) -> None:
    now = SystemClock().now_ms() // 1000
    message = {
        "from": GUEST,
        "id": f"wamid.{now}",
        "timestamp": str(now),
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Maria Rossi"}, "wa_id": GUEST}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    body = json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    ).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={signature}"}
    async with aiohttp.ClientSession() as http:
        url = f"http://{gateway}/webhooks/whatsapp"
        async with http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200


def on_node(
    folder: Path,
    story: Callable[[Live, AlarmServers], Awaitable[None]],
    prepare: dict[str, str] | None = None,
) -> None:
    async def main() -> None:
        async with AlarmServers() as servers:
            settings = load(environ=environ(folder, servers, **(prepare or {})), folder=folder)
            async with running(settings) as live:
                await live.desk.ready()
                await story(live, servers)
                assert servers.refused == []

    asyncio.run(main())


async def press_the_link(console: str, said: str) -> None:
    """As somebody does who has only the message, without an account."""
    found = re.search(r"https://console\.example(/told/[A-Za-z0-9_-]+)", said)
    assert found, said
    class_of_button = '<button class="main">'
    async with aiohttp.ClientSession() as http:
        async with http.get(console + found[1]) as page:
            text = await page.text()
            assert (page.status, class_of_button in text) == (200, True)
            assert not any(secret in text for secret in ("Maria", "Rossi", "4111", GUEST, "fire in my room"))
        async with http.post(console + found[1]) as page:
            text = await page.text()
            assert (page.status, class_of_button in text) == (200, False), (
                "there is one button, and it was pressed"
            )


def test_an_emergency_rings_at_once_and_says_nothing_of_the_guest(tmp_path: Path) -> None:
    async def story(live: Live, servers: AlarmServers) -> None:
        await guest_writes(str(live.gateway))
        await until(lambda: bool(servers.said) and bool(servers.incidents))
        everything = "\n".join([*servers.said, json.dumps(servers.events)])
        for secret in ("Maria", "Rossi", "4111", GUEST, "fire in my room"):
            assert secret not in everything
        assert servers.said[0].startswith("*EMERGENZA in hotel: ")
        assert "<https://console.example/conversations/" in servers.said[0]
        node = live.parts.node
        (task,) = [one for one in tasks.open_tasks(node.store.view) if one.urgency == "emergency"]
        assert servers.incidents == {task.task_id: "triggered"}
        now_ms = node.clock.now_ms()
        await press_the_link(f"http://{live.console}", servers.said[0])
        await until(lambda: servers.incidents[task.task_id] == "acknowledged")
        (row,) = node.store.view.all("audit_list", ("~", 1))
        assert row[2:4] == ("house", "task taken")
        await node.write(lambda tx: tasks.done(tx, task.task_id, "Anna", now_ms))
        await until(lambda: servers.incidents[task.task_id] == "resolved" and len(servers.said) == 2)
        assert servers.beats == 1

    on_node(tmp_path, story)


def test_mail_comes_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with post_office() as post, AlarmServers() as servers:
            known = environ(tmp_path, servers, ALERT_URLS=post.url)
            async with running(load(environ=known, folder=tmp_path)) as live:
                await live.desk.ready()
                await guest_writes(str(live.gateway))
                await until(lambda: bool(post.letters))
                assert "Rossi" not in post.text()

    asyncio.run(main())


def test_people_have_hours_and_departments(tmp_path: Path) -> None:
    (tmp_path / "nightporter.toml").write_text(
        '[[staff.people]]\nname = "Night"\nurls = ["slack"]\ndepartments = ["on_call"]\nhours = "24h"\n',
        "utf-8",
    )

    async def story(live: Live, servers: AlarmServers) -> None:
        await guest_writes(str(live.gateway))
        await until(lambda: bool(servers.said))
        rows = live.parts.node.store.view.all("tellings_of_state", ("", "told", 9))
        assert {row[2] for row in rows} <= {"Night", "house"}

    on_node(tmp_path, story)


@pytest.mark.ci
def test_a_kill_between_the_task_and_the_telling_loses_nothing(tmp_path: Path) -> None:
    program = "import sys; from nightporter.cli import main; sys.exit(main())"

    async def started(known: dict[str, str]) -> asyncio.subprocess.Process:
        lock = tmp_path / "data" / "lock"
        lock.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, "up", env={"PATH": os.environ["PATH"], **known}, cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        await until(lambda: lock.exists() and b"gateway" in lock.read_bytes())
        return process

    async def main() -> None:
        async with AlarmServers() as servers:
            servers.down = 1_000_000
            known = environ(tmp_path, servers)
            if path := os.environ.get("PYTHONPATH"):
                known["PYTHONPATH"] = path
            process = await started(known)
            gateway = json.loads((tmp_path / "data" / "lock").read_bytes())["gateway"]
            await guest_writes(gateway)
            tries = servers.tries
            await until(lambda: servers.tries > tries + 2)
            process.kill()
            await process.wait()
            assert servers.said == []
            servers.down = 0
            process = await started(known)
            await until(lambda: bool(servers.said) and bool(servers.incidents))
            process.kill()
            await process.wait()
            assert len(servers.incidents) == 1

    asyncio.run(main())
