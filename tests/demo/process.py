"""The demo as an operator starts it: a process of its own, ended by a signal; what it prints tells where it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nightporter.clock import SystemClock

PROGRAM = Path(sys.executable).with_name("nightporter")
PASSWORD = "lemon-house-1912"
START_SECONDS = 60.0
END_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that runs."""

    process: subprocess.Popen[str]
    phone: str
    console: str

    def stop(self) -> float:
        """Ctrl-C; how many seconds it took."""
        clock = SystemClock()
        begun = clock.elapsed_seconds()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(END_SECONDS) == 0
        return clock.elapsed_seconds() - begun

    def kill(self) -> None:
        """As if the power had gone."""
        self.process.kill()
        self.process.wait(END_SECONDS)


@contextmanager
def demo(folder: Path, **more: str) -> Generator[Demo]:
    """Start the demo on that data folder and wait until it is open."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("WHATSAPP", "SPOKI"))
    }
    environ |= {
        "NIGHTPORTER_DATA_DIR": str(folder / "data"),
        "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
        "NIGHTPORTER_PHONE__LISTEN": "127.0.0.1:0",
        "NIGHTPORTER_STORE__RESERVE_BYTES": "0",
        "NIGHTPORTER_STORE__FLOOR_BYTES": "0",
        "CONSOLE_PASSWORD": PASSWORD,
        **more,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("a") as log:
        process = subprocess.Popen(
            [PROGRAM, "demo"], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            found = _addresses(process)
            yield Demo(process=process, phone=found["phone"], console=found["console"])
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(END_SECONDS)
            if process.stdout:
                process.stdout.close()


def _addresses(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    found: dict[str, str] = {}
    for line in process.stdout:
        told = re.match(r"\s+(phone|console|gateway)\s+(http://\S+)", line)
        if told:
            found[told[1]] = told[2]
        if "Ctrl-C" in line:
            return found
    raise AssertionError(f"the demo ended with {process.wait()}")
