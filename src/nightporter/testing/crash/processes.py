"""The processes of a crash run: the node that is killed, the provider fake and the generator that live on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from nightporter.clock import Clock
from nightporter.testing.crash.judge import MaybeSent
from nightporter.testing.crash.logs import HTTP_OK
from nightporter.testing.crash.plan import SETTLE_SECONDS, Plan
from nightporter.testing.demo import HOTEL_FILE

NODE = (str(Path(sys.executable).with_name("nightporter")),)
"""The command as it was installed beside this Python."""
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 15.0
FINISH_SECONDS_MAX = 30.0
ASK_SECONDS_MAX = 5.0
HEALTH_LOOK_SECONDS = 0.02
PHONE_NUMBER_ID = "106540352242922"
APP_SECRET = "crash-app-secret"
TOKEN = "crash-access-token"
API_KEY = "crash-run-api-key"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")


class NodeFailed(Exception):
    """The node did something that no kill explains: it ended by itself, did not start, or did not answer."""


class Void(Exception):
    """A process that must outlive the node did not: the stretch proves nothing, either way."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one stretch keeps its files."""

    top: Path

    @property
    def data(self) -> Path:
        """The node's data folder."""
        return self.top / "data"

    @property
    def posts(self) -> Path:
        """The generator's log."""
        return self.top / "posts.jsonl"

    @property
    def ledger(self) -> Path:
        """The provider fake's ledger."""
        return self.top / "ledger.jsonl"

    @property
    def node_log(self) -> Path:
        """What the node printed, all its lives."""
        return self.top / "node.log"


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Fake:
    """The provider fake."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"

    @staticmethod
    async def start(folders: Folders, plan: Plan, webhook_url: str) -> Fake:
        """Start it; it listens a moment later."""
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nightporter.testing.providers", "--port", str(port),
            "--webhook-url", webhook_url, "--app-secret", APP_SECRET, "--token", TOKEN,
            "--phone-number-id", PHONE_NUMBER_ID, "--ledger", str(folders.ledger),
            "--behaviour", json.dumps(plan.behaviour()), "--seed", str(plan.seed),
            stdin=DEVNULL, stdout=PIPE,
        )  # fmt: skip
        return Fake(process, port)

    async def ready(self) -> None:
        """Wait until it listens: it tells its address."""
        assert self._process.stdout is not None, "its output is a pipe"
        if not await self._process.stdout.readline():
            raise Void(f"the provider fake ended with {await self._process.wait()}")

    async def waiting(self, session: aiohttp.ClientSession) -> int:
        """Webhooks that the node has not taken yet."""
        try:
            async with session.get(f"{self.url}/_fake/state") as response:
                state: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            code = self._process.returncode
            raise Void(f"the provider fake does not answer (exit code {code})") from error
        return int(state["waiting"])

    async def stop(self) -> None:
        """End it."""
        await end(self._process)


class Load:
    """The generator."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @staticmethod
    async def start(folders: Folders, plan: Plan, webhook_url: str) -> Load:
        """Start it; it posts nothing yet."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nightporter.testing.crash.generator",
            "--url", webhook_url, "--app-secret", APP_SECRET, "--phone-number-id", PHONE_NUMBER_ID,
            "--log", str(folders.posts), "--seed", str(plan.seed),
            stdin=PIPE,
        )  # fmt: skip
        return Load(process)

    def send(self, guests: int, within_ms: int) -> None:
        """Let so many guests write."""
        assert self._process.stdin is not None, "its input is a pipe"
        self._process.stdin.write(json.dumps({"guests": guests, "within_ms": within_ms}).encode() + b"\n")

    async def finish(self) -> bool:
        """No more guests; True when each has got its 200."""
        assert self._process.stdin is not None, "its input is a pipe"
        self._process.stdin.close()
        try:
            async with asyncio.timeout(FINISH_SECONDS_MAX):
                return await self._process.wait() == 0
        except TimeoutError:
            return False

    async def stop(self) -> None:
        """End it."""
        await end(self._process)


class NodeProcess:
    """`nightporter up`, again and again on the same folder and ports."""

    def __init__(
        self, folders: Folders, plan: Plan, api_url: str, port: int, clock: Clock, command: Sequence[str]
    ) -> None:
        self._folders = folders
        self._clock = clock
        self._command = command
        self._port = port
        self._environment = environment(folders, plan, api_url, port)
        self._process: Process | None = None
        self._started_seconds = 0.0
        self.started_ms = 0

    async def start(self) -> None:
        """Start the next life."""
        self.started_ms, self._started_seconds = self._clock.now_ms(), self._clock.elapsed_seconds()
        with self._folders.node_log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, "up",
                cwd=self._folders.top, env=self._environment, stdin=DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    async def healthy(self, session: aiohttp.ClientSession) -> float:
        """Wait until it says that it is well; how many seconds after its start that was."""
        while (seconds := self._clock.elapsed_seconds() - self._started_seconds) < START_SECONDS_MAX:
            if (code := self._running().returncode) is not None:
                raise self._ended(code)
            if await self._is_well(session):
                return seconds
            await self._clock.sleep(HEALTH_LOOK_SECONDS)
        raise NodeFailed(f"the node did not start within {START_SECONDS_MAX:.0f} s")

    def _ended(self, code: int) -> NodeFailed:
        """The node ended although nobody told it to; its last line says why."""
        lines = self._folders.node_log.read_text(encoding="utf-8", errors="replace").splitlines()
        return NodeFailed(f"the node ended by itself with {code}: {lines[-1] if lines else ''}")

    async def _is_well(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self._port}/health") as response:
                return response.status == HTTP_OK
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def kill(self) -> int:
        """SIGKILL, and wait until it is gone; when that was."""
        process = self._running()
        if process.returncode is not None:
            raise self._ended(process.returncode)
        at_ms = self._clock.now_ms()
        process.send_signal(signal.SIGKILL)
        if (code := await process.wait()) != -signal.SIGKILL:
            raise self._ended(code)
        return at_ms

    async def outbox(self, session: aiohttp.ClientSession) -> dict[str, int]:
        """How many outbox messages it counts in each open state."""
        url, key = f"http://127.0.0.1:{self._port}/api/mesh/status", {"X-API-Key": API_KEY}
        try:
            async with session.get(url, headers=key) as response:
                if response.status != HTTP_OK:
                    raise NodeFailed(f"/api/mesh/status answered {response.status}")
                status: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NodeFailed(f"/api/mesh/status did not answer: {type(error).__name__}") from error
        return status["outbox"]

    async def maybe_sent(self) -> list[MaybeSent]:
        """`nightporter outbox list --state maybe_sent --json`."""
        process = await asyncio.create_subprocess_exec(
            *self._command, "outbox", "list", "--state", "maybe_sent", "--json",
            cwd=self._folders.top, env=self._environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()
        if process.returncode != 0:
            raise NodeFailed(f"nightporter outbox list ended with {process.returncode}: {errors.decode()}")
        return [MaybeSent.of(row) for row in json.loads(out)]

    async def stop(self) -> int:
        """SIGTERM, as an operator ends it; its exit code."""
        return 0 if self._process is None else await end(self._process)

    def _running(self) -> Process:
        assert self._process is not None, "it was never started"
        return self._process


async def end(process: Process) -> int:
    """SIGTERM, and after a while SIGKILL; the exit code."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                return await process.wait()
        except TimeoutError:
            process.kill()
    return await process.wait()


def environment(folders: Folders, plan: Plan, api_url: str, port: int) -> Mapping[str, str]:
    """The node's settings, by the names of the contract; nothing else of ours reaches it."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        "NIGHTPORTER_DATA_DIR": str(folders.data),
        "NIGHTPORTER_NODE": "crash-run",
        "NIGHTPORTER_GATEWAY": f"127.0.0.1:{port}",
        "NIGHTPORTER_CONSOLE": f"127.0.0.1:{free_port()}",
        "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
        "HOTEL_FILE": str(HOTEL_FILE),
        "MESH_API_KEY": API_KEY,
        "CONSOLE_PASSWORD": "crash-run-password",
        "WORKER_CONCURRENCY": str(plan.workers),
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_APP_SECRET": APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": "crash-verify-token",
        "WHATSAPP_API_URL": f"{api_url}/v26.0",
        "WHATSAPP_MESSAGES_PER_SECOND": "100000",
        "SEND_SETTLE_SECONDS": str(SETTLE_SECONDS),
    }
