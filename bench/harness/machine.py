"""What machine it is: cores, kernel, versions, and how long its disk takes to keep 4 KiB."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from moments import monotonic

APPEND_BYTES = 4096
APPENDS = 500
VERSION_COMMANDS = {
    "node": ["node", "--version"],
    "redis": ["redis-server", "--version"],
    "wrk": ["wrk", "--version"],
}


def facts(folder: Path) -> dict[str, str | int | float]:
    """The machine in a dozen values; the disk is the one that holds `folder`."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu_model(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        **{name: _version(command) for name, command in VERSION_COMMANDS.items()},
        **fdatasync_ms(folder),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(command: list[str]) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "not installed"
    return output.splitlines()[0].split("Copyright")[0].strip() if output else "unknown"


def busy_seconds() -> float:
    """CPU seconds all cores together have not been idle since the machine started, time stolen by its host included."""
    user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    interrupts_and_steal = sum(int(ticks) for ticks in rest[:3])
    return (int(user) + int(nice) + int(system) + interrupts_and_steal) / os.sysconf("SC_CLK_TCK")


def fdatasync_ms(folder: Path) -> dict[str, float]:
    """Appends 4 KiB and syncs, again and again: the median and the 99th percentile in milliseconds."""
    took: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(APPENDS):
            os.write(file.fileno(), b"\xa5" * APPEND_BYTES)
            before = monotonic()
            os.fdatasync(file.fileno())
            took.append((monotonic() - before) * 1000)
    took.sort()
    return {
        "fdatasync_p50_ms": round(took[APPENDS // 2], 3),
        "fdatasync_p99_ms": round(took[APPENDS * 99 // 100], 3),
    }
