"""Blocks marked `sh` run as they stand, in an empty folder with the example of a hotel's file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.docs.pages import ROOT, Page, page, pages

WITH_A_NODE = "docs/how-to/connect-whatsapp.md"
RUNS = [one for one in pages() if one.name != WITH_A_NODE and any(block[0] == "sh" for block in one.blocks())]
RUN_SECONDS = 50.0
ANSWER_SECONDS = 20.0
LOOK_SECONDS = 0.05
GUEST = "393330000999"
SECRETS = {"token": "T", "app-secret": "hush", "phone-number-id": "100"}


def run_blocks(one: Page, folder: Path, **more: str) -> str:
    """What the page's `sh` blocks print, one after the other in one shell."""
    shutil.copy(ROOT / "hotel.example.yaml", folder)
    script = "set -eu\n" + "\n".join(text for language, text in one.blocks() if language == "sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("one", RUNS, ids=lambda one: one.name)
def test_blocks_run(one: Page, tmp_path: Path) -> None:
    assert run_blocks(one, tmp_path)


@contextmanager
def process(*arguments: str, folder: Path, **more: str) -> Generator[subprocess.Popen[str]]:
    """A process whose lines are read."""
    environment = {"PATH": os.environ["PATH"], **more}
    started = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield started
    finally:
        started.terminate()
        started.communicate(timeout=ANSWER_SECONDS)


def line_with(started: subprocess.Popen[str], key: str) -> Mapping[str, Any]:
    """The first JSON line that has the key."""
    assert started.stdout is not None
    seen: list[str] = []
    for line in started.stdout:
        seen.append(line)
        if line.startswith("{") and key in (told := json.loads(line)):
            return told
    raise AssertionError("".join(seen))


def answer_to(guest: str, fake: str) -> Mapping[str, Any]:
    pause = Event()
    for _ in range(int(ANSWER_SECONDS / LOOK_SECONDS)):
        with urllib.request.urlopen(f"{fake}/_fake/accepted?to={guest}") as answer:
            found = json.load(answer)
        if found["accepted"]:
            return found["accepted"][0]
        pause.wait(LOOK_SECONDS)
    raise AssertionError("nobody answered")


@pytest.mark.ci  # needs curl and openssl
def test_a_webhook_posted_with_curl_is_answered(tmp_path: Path) -> None:
    options = [word for name, value in SECRETS.items() for word in (f"--{name}", value)]
    node = {
        "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
        "NIGHTPORTER_LOG": "json",
        "HOTEL_FILE": "hotel.example.yaml",
        "WHATSAPP_PHONE_NUMBER_ID": SECRETS["phone-number-id"],
        "WHATSAPP_ACCESS_TOKEN": SECRETS["token"],
        "WHATSAPP_APP_SECRET": SECRETS["app-secret"],
    }
    shutil.copy(ROOT / "hotel.example.yaml", tmp_path)
    up = "import sys; from nightporter.cli import main; sys.exit(main())"
    with process("-m", "nightporter.testing.providers", "--port", "0", *options, folder=tmp_path) as provider:
        fake = line_with(provider, "url")["url"]
        with process("-c", up, "up", folder=tmp_path, WHATSAPP_API_URL=f"{fake}/v26.0", **node) as running:
            gateway = f"http://{line_with(running, 'gateway')['gateway']}"
            run_blocks(page(WITH_A_NODE), tmp_path, GATEWAY=gateway, FAKE=fake, WHATSAPP_APP_SECRET="hush")
            assert "07:30" in json.dumps(answer_to(GUEST, fake))
