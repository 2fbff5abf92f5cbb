"""The log is pruned to 24 hours or 256 MB, in small units, and its chain goes on (RL5)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.store.world import LEASE, HandClock, opened, ram_folder

from nightporter.store import Store, log
from nightporter.store.pruning import KEEP_BYTES, KEEP_MS, ROWS_MAX, prune_unit
from nightporter.store.sql import migrations

HOUR_MS = 3_600_000
STEPS = len(migrations())  # the log begins with a row for each
Work = Callable[[Store, HandClock], Coroutine[Any, Any, Any]]


def in_store(work: Work) -> None:
    async def run() -> None:
        with ram_folder() as folder:
            clock = HandClock()
            store = opened(folder, clock=clock)
            await work(store, clock)
            store.close()

    asyncio.run(run())


async def write_rows(store: Store, count: int, letters: int = 10) -> None:
    for number in range(count):
        await store.write(LEASE, lambda tx, at=number: tx.run("meta_put", ("k", f"{at}" + "x" * letters)))


async def prune(store: Store, now_ms: int, **bounds: int) -> list[int]:
    """Prune until nothing goes; how many rows each unit removed."""
    removed: list[int] = []
    while count := await store.write(LEASE, prune_unit(now_ms, **bounds), drops=True):
        removed.append(count)
    return removed


def kept(store: Store) -> list[int]:
    rows = store.view.all("log_rows", (0, 1_000_000))
    for before, row in itertools.pairwise(rows):
        assert row[4] == log.chained(before[4], row[0], row[1], row[3], row[5])
    return [row[0] for row in rows]


def test_bounds() -> None:
    assert (KEEP_MS, KEEP_BYTES, ROWS_MAX) == (24 * HOUR_MS, 256 * 1024 * 1024, 500)


def test_rows_older_than_a_day_go() -> None:
    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 10 - STEPS)
        clock.ms += 20 * HOUR_MS
        await write_rows(store, 10)
        assert await prune(store, clock.ms) == []
        clock.ms += 5 * HOUR_MS
        assert await prune(store, clock.ms) == [10]
        assert kept(store) == list(range(11, 21))
        await write_rows(store, 2)
        assert kept(store) == list(range(11, 23))

    in_store(work)


def test_the_newest_row_stays_however_old_and_large() -> None:
    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 3, letters=5_000)
        newest = STEPS + 3
        clock.ms += 1_000 * HOUR_MS
        assert await prune(store, clock.ms) == [newest - 1]
        assert await prune(store, clock.ms, keep_bytes=0) == []
        assert kept(store) == [newest]
        await write_rows(store, 1)
        assert kept(store) == [newest, newest + 1]

    in_store(work)


def test_no_more_bytes_are_kept_than_allowed() -> None:
    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 50, letters=3_000)
        for keep_bytes in (100_000, 40_000, 10_000):
            await prune(store, clock.ms, keep_bytes=keep_bytes)
            sizes = [len(row[5]) for row in store.view.all("log_rows", (0, 1_000))]
            assert sum(sizes) <= keep_bytes < sum(sizes) + max(sizes)

    in_store(work)


@pytest.mark.parametrize("hours", [0, 25])
def test_at_most_500_rows_go_at_once(hours: int) -> None:
    """By age, or, with all rows of the same moment, by size."""

    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 1_201 - STEPS)
        clock.ms += hours * HOUR_MS
        before = store.view.scalar("log_head")
        removed = await prune(store, clock.ms) if hours else await prune(store, clock.ms, keep_bytes=0)
        assert removed == [ROWS_MAX, ROWS_MAX, 200]
        assert store.view.scalar("log_head") == before, "pruning makes no row of its own"
        assert kept(store) == [before]

    in_store(work)


def test_a_row_from_the_future_keeps_nothing_older() -> None:
    """The clock was wrong for a while, years ahead."""

    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 6)
        clock.ms += 100_000 * HOUR_MS
        await write_rows(store, 5)
        clock.ms -= 100_000 * HOUR_MS
        await write_rows(store, 5)
        clock.ms += 25 * HOUR_MS
        await write_rows(store, 1)
        assert await prune(store, clock.ms) == [STEPS + 16]

    in_store(work)


def test_what_a_verified_snapshot_has_goes_after_two_hours() -> None:
    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 9)  # and the schema's
        covered = store.view.scalar("log_head")
        clock.ms += HOUR_MS
        await write_rows(store, 10)
        assert await store.write(LEASE, prune_unit(clock.ms, covered), drops=True) == 0
        clock.ms += HOUR_MS + 1
        assert await store.write(LEASE, prune_unit(clock.ms, 0), drops=True) == 0, "there is no snapshot"
        assert await store.write(LEASE, prune_unit(clock.ms, covered - 4), drops=True) == covered - 4
        clock.ms += 10 * HOUR_MS
        assert await store.write(LEASE, prune_unit(clock.ms, covered), drops=True) == 4
        assert kept(store) == list(range(covered + 1, covered + 11)), "what it has not, stays"

    in_store(work)


def test_a_snapshot_keeps_nothing_that_is_older_than_a_day() -> None:
    async def work(store: Store, clock: HandClock) -> None:
        await write_rows(store, 9)
        clock.ms += 25 * HOUR_MS
        await write_rows(store, 1)
        assert await store.write(LEASE, prune_unit(clock.ms, 1), drops=True) == STEPS + 9

    in_store(work)
