"""A process that keeps units and says so on its standard output, until it is killed: `writing_node FOLDER FIRST`."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from tests.store.world import LEASE, planned

from nightporter.clock import SystemClock
from nightporter.store import Store, ThreadStepping
from nightporter.testing.providers.chance import Dice

WRITERS = 8


async def write(store: Store, numbers: itertools.count[int], dice: Dice) -> None:
    while True:
        number = await store.write(LEASE, planned(dice, next(numbers), fails=0))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


async def run(folder: Path, first: int) -> None:
    store = Store.open(folder, SystemClock(), ThreadStepping(), reserve_bytes=0, floor_bytes=0)
    numbers = itertools.count(first)
    await asyncio.gather(*(write(store, numbers, Dice(first + each)) for each in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))
