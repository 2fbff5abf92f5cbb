"""How long a snapshot holds the writer up: the same writes to the same file, with and without one.

.venv/bin/python bench/stall.py --megabytes 200 --seconds 20
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from nightporter.backup.apart import run_apart
from nightporter.backup.packing import silent
from nightporter.clock import SystemClock
from nightporter.model.lease import Lease
from nightporter.store import Store, ThreadStepping

LEASE = Lease("bench", 1)
EVERY_SECONDS = 0.005
BODY_BYTES = 4_096
FILL_ROWS = 200
TAKE_SECONDS = 60.0
SPACE_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class Latencies:
    """From asking for a write to having it on disk, in milliseconds."""

    writes: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Stall:
    """What was measured; `extra_ms`: how much longer the longest write took beside the snapshot."""

    megabytes: int
    without: Latencies
    beside: Latencies
    extra_ms: float
    take_seconds: float
    packed_bytes: int


async def fill(store: Store, megabytes: int) -> None:
    """Bodies that compress as badly as real ones, until hotel.db is that large."""
    rows = megabytes * 1024**2 // (BODY_BYTES * 2)  # each stands in its table and in the log
    for first in range(0, rows, FILL_ROWS):
        bodies = [
            (f"{at:012x}", 0, os.urandom(BODY_BYTES // 2) * 2) for at in range(first, first + FILL_ROWS)
        ]
        await store.write(LEASE, lambda tx, bodies=bodies: [tx.run("body_add", body) for body in bodies])


async def write_for(store: Store, clock: SystemClock, done: asyncio.Event, first: int) -> Latencies:
    """Small writes at an even pace until `done`."""
    taken: list[float] = []

    async def one(number: int) -> None:
        begun = clock.elapsed_seconds()
        await store.write(
            LEASE, lambda tx: tx.run("audit_add", (f"{number:012x}", number, "b", "w", "", "x" * 900))
        )
        taken.append((clock.elapsed_seconds() - begun) * 1000)

    async with asyncio.TaskGroup() as writes:
        number = first
        while not done.is_set():
            writes.create_task(one(number))
            number += 1
            await clock.sleep(EVERY_SECONDS)
    cuts = statistics.quantiles(taken, n=100)
    return Latencies(len(taken), round(cuts[49], 2), round(cuts[98], 2), round(max(taken), 1))


async def measure(folder: Path, megabytes: int, seconds: float) -> Stall:
    """Fill a store, then write to it, first alone and then while snapshots are taken one after the other."""
    clock = SystemClock()
    store = Store.open(folder / "data", clock, ThreadStepping(), reserve_bytes=0, floor_bytes=0)
    try:
        await fill(store, megabytes)
        without = await _alone(store, clock, seconds)
        done, taken, packed_bytes = asyncio.Event(), list[float](), 0
        writes = asyncio.create_task(write_for(store, clock, done, 1 << 32))
        begun = clock.elapsed_seconds()
        while not taken or clock.elapsed_seconds() - begun < seconds:
            given = {
                "data": str(folder / "data"),
                "backups": str(folder / "backups"),
                "node": "bench",
                "space_bytes": SPACE_BYTES,
                "now_ms": clock.now_ms(),
            }
            start = clock.elapsed_seconds()
            made = await run_apart("take", given, silent, TAKE_SECONDS)
            taken.append(clock.elapsed_seconds() - start)
            assert made["faults"] == [], made["faults"]
            packed_bytes = int(made["size"])
        done.set()
        beside = await writes
    finally:
        store.close()
    megabytes = (folder / "data" / "hotel.db").stat().st_size // 1024**2
    extra_ms = round(beside.max_ms - without.max_ms, 1)
    return Stall(megabytes, without, beside, extra_ms, round(statistics.median(taken), 2), packed_bytes)


async def _alone(store: Store, clock: SystemClock, seconds: float) -> Latencies:
    done = asyncio.Event()
    writes = asyncio.create_task(write_for(store, clock, done, 0))
    await clock.sleep(seconds)
    done.set()
    return await writes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        found = asyncio.run(measure(Path(folder), asked.megabytes, asked.seconds))
    json.dump(asdict(found), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
