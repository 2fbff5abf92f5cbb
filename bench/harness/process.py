"""Starts and stops programs and reads what they cost from /proc: CPU seconds, resident and proportional memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moments import monotonic, sleep

STOP_SECONDS = 15.0
CONNECT_SECONDS = 30.0
SAMPLE_EVERY_SECONDS = 0.5
KIB = 1024
MIB = 1024 * KIB
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """A program of the benchmark did not do what the round needs."""


@dataclass(slots=True)
class Program:
    """A running program under a name, its output in a file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Asks it to end, and ends it if it does not."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def alive(self) -> None:
        """Raises Broken with the end of its output when it has ended."""
        if self.process.poll() is not None:
            tail = self.log.read_text("utf-8", "replace")[-1000:]
            raise Broken(f"{self.name} ended with {self.process.returncode}: {tail}")


def start(name: str, command: Sequence[str], folder: Path, env: Mapping[str, str], cwd: Path) -> Program:
    """Starts `command` with nothing of our environment but PATH, HOME and `env`."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**inherited, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Program(name, process, log)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for_port(program: Program, port: int) -> None:
    """Waits until somebody listens on `port`; raises Broken when the program ends or takes too long."""
    until = monotonic() + CONNECT_SECONDS
    while monotonic() < until:
        program.alive()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        sleep(0.02)
    raise Broken(f"{program.name} does not listen on port {port}")


def family(pid: int) -> list[int]:
    """The process and all its living descendants."""
    found = [pid]
    for member in found:
        for task in Path(f"/proc/{member}/task").glob("*/children"):
            with suppress(OSError):
                found.extend(int(child) for child in task.read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its descendants, ended children that were waited for included."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(ticks) for ticks in fields[11:15])
    return total / TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    """Resident memory of the process and its descendants (shared pages counted in each)."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            total += int(Path(f"/proc/{member}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE")


def proportional_bytes(pid: int) -> int:
    """Proportional memory (PSS) of the process and its descendants: shared pages divided by their users."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * KIB
    return total


class MemoryWatch:
    """Samples the memory of some processes together and remembers the greatest sum."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.pids = pids
        self.resident_max = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_SECONDS):
            self.resident_max = max(self.resident_max, sum(resident_bytes(pid) for pid in self.pids))

    def end(self) -> int:
        """Stops sampling; the greatest sum of resident bytes."""
        self._over.set()
        self._thread.join()
        return self.resident_max
