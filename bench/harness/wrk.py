"""Lets wrk replay prepared webhooks as fast as the system takes them, each once."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass
from typing import Any

from harness.process import Broken
from harness.stage import CORES, OTHERS_SHARE_MAX, Load, Stage
from harness.systems import BENCH, SECRETS
from load.bodies import Wish, guests_needed, wishes, write_slices

ANSWER_TIMEOUT_SECONDS = 20
LOG_TAIL_CHARACTERS = 500
HALVING_CHANGES_MAX = 0.05
"""Void when half of the generator's or the sink's CPU is a greater share of the machine: with all cores busy, giving
that half back cannot win the system more than it."""


@dataclass(frozen=True, slots=True)
class Push:
    """What wrk counted, what it sent, and who used the machine meanwhile."""

    counts: dict[str, Any]
    sent: list[Wish]
    shares: dict[str, float]

    @property
    def acknowledged(self) -> int:
        """How many messages were answered with 200."""
        return self.counts["answered"] - self.counts["refused"]

    @property
    def seconds(self) -> float:
        """How long wrk ran."""
        return self.counts["duration_us"] / 1e6

    def faults(self, load: Load) -> list[str]:
        """Why this does not count, if it does not."""
        faults = [
            f"{self.counts[name]} {name}" for name in ("refused", "errors", "timeouts") if self.counts[name]
        ]
        if self.counts["exhausted"]:
            faults.append(f"the bodies ran out: more than {load.rate_max} messages a second")
        limits = {
            "generator": 2 * HALVING_CHANGES_MAX,
            "sink": 2 * HALVING_CHANGES_MAX,
            "others": OTHERS_SHARE_MAX,
        }
        for name, limit in limits.items():
            if self.shares[name] > limit:
                faults.append(f"{name} took {self.shares[name]:.1%} of the machine (limit {limit:.0%})")
        return faults


def push(on: Stage, load: Load, seconds: int, run: str, *, first_guest: int) -> Push:
    """Writes more bodies than the system can take, then lets wrk replay them for some seconds."""
    count = load.rate_max * seconds
    messages = list(wishes(count, guests_needed(count, load.rate_max), run, first_guest=first_guest))
    write_slices(on.folder, messages, load.threads, SECRETS)
    counts_file, log_file = on.folder / "counts.json", on.folder / "wrk.log"
    settings = (
        f"-t {load.threads} -c {load.connections} -d {seconds}s --timeout {ANSWER_TIMEOUT_SECONDS}s --latency"
    )
    script = ["-s", str(BENCH / "load" / "replay.lua"), f"http://127.0.0.1:{on.system.port}"]
    command = ["wrk", *shlex.split(settings), *script, "--", str(on.folder), str(counts_file)]
    on.mark()
    with log_file.open("wb") as log:
        code = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
    if code:
        raise Broken(f"wrk ended with {code}: {log_file.read_text()[-LOG_TAIL_CHARACTERS:]}")
    shares = on.shares()
    counts = json.loads(counts_file.read_text())
    # Reading the slices came before the first request.
    shares["generator"] = counts["cpu_seconds"] / (counts["duration_us"] / 1e6) / CORES
    return Push(counts, _sent(messages, counts["sent"]), shares)


def _sent(messages: list[Wish], by_thread: list[int]) -> list[Wish]:
    """The messages that the threads took from their slices."""
    threads = len(by_thread)
    return [
        messages[i] for first, n in enumerate(by_thread) for i in range(first, n * threads + first, threads)
    ]
