"""A stage for one round: a system on a fresh folder, its sink, and an account of who uses the machine."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.machine import busy_seconds
from harness.process import cpu_seconds, free_port
from harness.sink_control import SinkControl
from harness.systems import BENCH, Conditions, System
from moments import monotonic

RESULTS = BENCH / "results"
OTHERS_SHARE_MAX = 0.05
"""A round is void when programs that are no part of it took a greater share of the machine."""
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a round pushes, and how the sink behaves in it."""

    seconds: int
    warm_seconds: int
    connections: int
    threads: int
    rate_max: int
    concurrency: int
    hotel_file: Path
    statuses: bool = True
    sink_work: int = 1


@dataclass(slots=True)
class Stage:
    """A running system with its sink and its folder."""

    system: System
    sink: SinkControl
    folder: Path
    marked_at: float = 0.0
    spent_before: dict[str, float] = field(default_factory=dict[str, float])

    def mark(self) -> None:
        """Remembers what everybody has spent so far."""
        self.marked_at, self.spent_before = monotonic(), self._spent()

    def shares(self) -> dict[str, float]:
        """Each party's share of the machine since the mark; `others` are strangers to the round."""
        total = (monotonic() - self.marked_at) * CORES
        spent = {name: (value - self.spent_before[name]) / total for name, value in self._spent().items()}
        machine = spent.pop("machine")
        return {**spent, "others": max(0.0, machine - sum(spent.values()))}

    def _spent(self) -> dict[str, float]:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "machine": busy_seconds(),
            "system": sum(self.system.cpu().values()),
            "sink": cpu_seconds(self.sink.program.process.pid),
            "generator": children.ru_utime + children.ru_stime,
            "orchestrator": own.ru_utime + own.ru_stime,
        }


@contextmanager
def stage(
    system: System, load: Load, *, default_limits: bool = False, data: Path | None = None
) -> Generator[Stage, None, None]:
    """Starts sink and system on a fresh folder in results/, so on the repository's disk, and removes all of it.

    `data`: what the system kept before; it goes on with that folder, which stays.
    """
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="round-", dir=RESULTS) as name:
        folder, port = Path(name), free_port()
        if data is not None:
            (folder / system.data).symlink_to(data)
        sink = SinkControl(folder, system.port, port=port, statuses=load.statuses, work=load.sink_work)
        try:
            system.up(folder, Conditions(port, load.concurrency, load.hotel_file, default_limits))
            yield Stage(system, sink, folder)
        finally:
            system.down()
            sink.program.stop()
