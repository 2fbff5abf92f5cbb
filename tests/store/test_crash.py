"""Power cuts: no acknowledged unit is lost, none is there in part, the file always opens (ST5, G1)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest
from tests.store.world import LEASE, check_log, opened, planned, ram_folder, settled, units_in

from nightporter.errors import NightporterError, StoreBroken
from nightporter.store.file import open_writer
from nightporter.testing.crashfs import CrashDisk, sync_error
from nightporter.testing.providers.chance import Dice, below

RUNS = 8
UNITS = 40
IMAGES = 24


@dataclass
class Course:
    """What a run was told: which units were acknowledged, and after how many events of the disk."""

    disk: CrashDisk
    acknowledged: dict[int, int] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)  # raised, and were undone

    def due(self, moment: int) -> set[int]:
        return {number for number, at in self.acknowledged.items() if at <= moment}


async def run_units(
    course: Course, folder: Path, seed: int, numbers: Iterator[int], **options: object
) -> None:
    """Random bursts of units, with pauses in which the writer moves the log into the file."""
    dice = Dice(seed)
    store = opened(folder, vfs=course.disk.vfs, **options)
    done = 0
    while done < UNITS:
        burst = [planned(dice, next(numbers)) for _ in range(1 + below(dice, 6))]
        done += len(burst)
        for unit, result in zip(
            burst, await settled([store.write(LEASE, unit) for unit in burst]), strict=True
        ):
            if unit.fails:
                assert isinstance(result, ValueError)
                course.refused.add(unit.number)
            else:
                course.acknowledged[result] = course.disk.moment
    if below(dice, 2):
        store.close()
    else:  # the process dies: whatever closing would do is not done, the next one finds the log
        store._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        store.close()


def judge(folder: Path, course: Course, moment: int) -> None:
    """Raises when a crash image breaks the promise."""
    try:
        connection = open_writer(folder / "hotel.db")  # runs quick_check, and moves the log into the file
    except NightporterError as error:
        raise AssertionError(f"the file does not open: {error}") from error
    try:
        due = course.due(moment)
        if not connection.table_exists("main", "audit"):
            assert not due, f"lost: all of {len(due)} acknowledged units"
            return
        there = units_in(connection)
        assert not due - there, f"lost: {sorted(due - there)}"
        assert not there & course.refused, "an undone unit is there"
        check_log(connection)
    finally:
        connection.close()


def images(course: Course, seed: int, count: int = IMAGES) -> Iterator[tuple[Path, int]]:
    """Power cuts at random moments, and one at the very end."""
    dice = Dice(seed)
    moments = [below(dice, course.disk.moment + 1) for _ in range(count - 1)] + [course.disk.moment]
    for number, moment in enumerate(moments):
        with ram_folder() as folder:
            course.disk.image(folder, moment, Dice(seed * 1_000 + number))
            yield folder, moment


@pytest.mark.parametrize("seed", range(RUNS))
def test_power_cut_loses_nothing_acknowledged(seed: int) -> None:
    with ram_folder() as folder, CrashDisk() as disk:
        course = Course(disk)
        asyncio.run(run_units(course, folder, seed, itertools.count(1)))
        for image, moment in images(course, seed):
            judge(image, course, moment)


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_judge_finds_what_is_lost_without_sync(synchronous: str) -> None:
    """The same judge over the same runs, had the pragma been another one."""
    found: list[str] = []
    for seed in range(3):
        with ram_folder() as folder, CrashDisk() as disk:
            course = Course(disk)
            asyncio.run(run_units(course, folder, seed, itertools.count(1), synchronous=synchronous))
            for image, moment in images(course, seed):
                try:
                    judge(image, course, moment)
                except AssertionError as error:
                    found.append(str(error))
    assert [loss for loss in found if "lost" in loss], "no acknowledged unit was missed"


@pytest.mark.parametrize("seed", range(4))
def test_second_power_cut_while_recovering(seed: int) -> None:
    """An image is opened, written on and cut again; what was acknowledged before either cut is there."""
    with ram_folder() as first, ram_folder() as second, CrashDisk() as disk, CrashDisk() as later_disk:
        course, numbers = Course(disk), itertools.count(1)
        asyncio.run(run_units(course, first, seed, numbers))
        disk.image(second, disk.moment, Dice(seed))
        later = Course(later_disk, refused=course.refused)
        later.acknowledged = dict.fromkeys(course.acknowledged, 0)
        asyncio.run(run_units(later, second, seed + 100, numbers))
        for image, moment in images(later, seed):
            judge(image, later, moment)


async def until_sync_fails(course: Course, folder: Path, numbers: Iterator[int], name: str) -> None:
    store = opened(folder, vfs=course.disk.vfs)
    dice = Dice(1)
    course.disk.fault = sync_error(name, after=5)
    while True:
        unit = planned(dice, next(numbers), fails=0)
        (result,) = await settled([store.write(LEASE, unit)])
        if isinstance(result, StoreBroken):
            break
        course.acknowledged[result] = course.disk.moment
    assert course.disk.fault.hits == 1
    course.disk.fault = None
    events = course.disk.moments_of("hotel.db")
    store.close()
    assert course.disk.moments_of("hotel.db") == events, "closing wrote or synced a broken file"


@pytest.mark.parametrize("seed", range(6))
def test_restart_after_failed_sync_builds_on_nothing_unsynced(seed: int) -> None:
    """The kernel still shows what the failed sync has dropped; what is acknowledged later must not lean on it."""
    with ram_folder() as folder, CrashDisk() as disk:
        course, numbers = Course(disk), itertools.count(1)
        asyncio.run(until_sync_fails(course, folder, numbers, "hotel.db-wal"))
        restart = disk.moment
        asyncio.run(run_units(course, folder, seed, numbers))
        dice = Dice(seed)
        for number in range(IMAGES):
            moment = restart + below(dice, disk.moment - restart + 1)
            with ram_folder() as image:
                disk.image(image, moment, Dice(seed * 1_000 + number))
                judge(image, course, moment)


def test_images_differ() -> None:
    """The disk does lose things: among the images of one moment are several different ones."""
    with ram_folder() as folder, CrashDisk() as disk:
        course = Course(disk)
        asyncio.run(run_units(course, folder, 3, itertools.count(1), synchronous="NORMAL"))
        middle = disk.moment * 2 // 3
        kept: set[tuple[bytes, ...]] = set()
        for seed in range(20):
            with ram_folder() as image:
                disk.image(image, middle, Dice(seed))
                kept.add(tuple(path.read_bytes() for path in sorted(image.iterdir())))
        assert len(kept) >= 8
