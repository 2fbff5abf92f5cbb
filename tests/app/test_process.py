"""The real process: `nightporter up` from start to exit code, by the signals an operator sends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

STARTS_WITHIN_SECONDS = 30.0  # of a busy machine; docs/performance.md has the figure of a quiet one
ENDS_WITHIN_SECONDS = 10.0
LOOK_SECONDS = 0.02
RESIDENT_BYTES_MAX = 120 * 1024 * 1024
TOKEN = "a-very-secret-token"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Process:
    """`nightporter up` on a folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.output = folder / f"up-{port}.txt"
        own = {
            "NIGHTPORTER_DATA_DIR": str(folder / "data"),
            "NIGHTPORTER_GATEWAY": f"127.0.0.1:{port}",
            "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
            "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
            "WHATSAPP_PHONE_NUMBER_ID": "100",
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_APP_SECRET": "hush",
            "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import sys; from nightporter.cli import main; sys.exit(main())",
                    "up",
                ],
                env={"PATH": os.environ["PATH"], **own},
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def healthy(self) -> dict[str, Any]:
        """Wait for /health; its body."""
        pause = Event()
        for _ in range(int(STARTS_WITHIN_SECONDS / LOOK_SECONDS)):
            assert self.process.poll() is None, self.output.read_text("utf-8")
            with suppress(urllib.error.URLError), urllib.request.urlopen(f"{self.url}/health") as answer:
                return json.load(answer)
            pause.wait(LOOK_SECONDS)
        raise AssertionError(f"not healthy: {self.output.read_text('utf-8')}")

    def end(self, *signals: int) -> int:
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(ENDS_WITHIN_SECONDS)


@contextmanager
def up(folder: Path, port: int) -> Generator[Process]:
    started = Process(folder, port)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_life_with_a_kill_and_a_second_node(tmp_path: Path, port: int) -> None:
    with up(tmp_path, port) as first:
        assert first.healthy()["epoch"] == 1
        with up(tmp_path, free_port()) as second:
            assert second.process.wait(STARTS_WITHIN_SECONDS) == 1
        refusal = second.output.read_text("utf-8").splitlines()[-1]
        assert refusal.startswith("nightporter: NP-020: another node runs on")
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    with up(tmp_path, port) as again:
        assert again.healthy()["epoch"] == 2
        statm = Path(f"/proc/{again.process.pid}/statm")
        if statm.exists():
            assert int(statm.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") < RESIDENT_BYTES_MAX
        assert again.end(signal.SIGTERM) == 0
    told = again.output.read_text("utf-8")
    assert "ready" in told
    assert "stopped" in told
    assert TOKEN not in told + (tmp_path / "data" / "log" / "nightporter.jsonl").read_text("utf-8")


def test_ctrl_c_and_a_second_signal(tmp_path: Path, port: int) -> None:
    with up(tmp_path, port) as node:
        node.healthy()
        assert node.end(signal.SIGINT) == 0
    with up(tmp_path, port) as node:
        node.healthy()
        with socket.create_connection(("127.0.0.1", port)) as slow:
            # A request that never ends: the first signal waits for it a moment, the second does not.
            slow.sendall(b"POST /webhooks/whatsapp HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{")
            assert slow.getpeername()[1] == port
            assert node.end(signal.SIGTERM, signal.SIGTERM) in (0, 128 + signal.SIGTERM)


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from nightporter.cli import main; sys.exit(main())", "up"],
        env={"PATH": os.environ["PATH"], "WHATSAPP_ACCESS_TOKEN": TOKEN},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTS_WITHIN_SECONDS,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("nightporter: NP-010: WHATSAPP_PHONE_NUMBER_ID is not set")
    assert not (tmp_path / "data").exists()
