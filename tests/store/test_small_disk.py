"""A disk of 8 MB, really full: the door closes, nothing kept is lost, and it goes on when there is room (ST4)."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.store.world import LEASE, check_log, opened

from nightporter.errors import CannotKeep, FolderUnusable
from nightporter.store import Store, ThreadStepping, Trouble

pytestmark = pytest.mark.ci

KIB = 1024
RESERVE_BYTES = 1024 * KIB
FLOOR_BYTES = 512 * KIB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Needs root, as CI has it."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def write(store: Store, number: int, letters: int = 5_000) -> int:
    row = (f"{number:06}", number, "", "", "", "x" * letters)
    return await store.write(LEASE, lambda tx: tx.run("audit_add", row))


async def write_until_refused(store: Store, first: int, *, look: bool) -> int:
    """The number that was refused."""
    for number in range(first, first + 10_000):
        try:
            await write(store, number)
        except CannotKeep:
            return number
        if look:
            await store.look(LEASE)
    raise AssertionError("8 MB took 50 MB")


def fill(place: Path, leave_bytes: int) -> Path:
    """Another program's file, which takes all but so much."""
    junk = place / "junk"
    with junk.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4 * KIB))
        except OSError:
            file.truncate(max(0, file.tell() - leave_bytes))
    return junk


def numbers(store: Store) -> list[int]:
    return sorted(int(row[0]) for row in store.view.all("audit_list", ("~", 100_000)))


def check(place: Path) -> None:
    connection = apsw.Connection(str(place / "hotel.db"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check_log(connection)
    connection.close()


@pytest.mark.parametrize("floor_bytes", [0, FLOOR_BYTES])
def test_a_full_disk_is_waited_out(small_disk: Path, floor_bytes: int) -> None:
    """Without a floor SQLite itself runs into the end; with one the door closes before."""

    async def run() -> None:
        store = opened(small_disk, stepping=ThreadStepping(), floor_bytes=floor_bytes)
        for number in range(5):
            await write(store, number)
        junk = fill(small_disk, leave_bytes=1024 * KIB)
        refused = await write_until_refused(store, 5, look=True)
        for _ in range(3):
            await store.look(LEASE)
        assert store.trouble is (Trouble.FLOOR if floor_bytes else Trouble.FULL)
        assert numbers(store) == list(range(refused))
        junk.unlink()
        for _ in range(3):
            await store.look(LEASE)
        assert str(store.trouble) == Trouble.NONE
        assert await write(store, 5_000) == 1
        assert numbers(store) == [*range(refused), 5_000]
        store.close()
        check(small_disk)

    asyncio.run(run())


def test_the_reserve_lets_deletes_pass_on_a_full_disk(small_disk: Path) -> None:
    async def run() -> None:
        store = opened(small_disk, stepping=ThreadStepping(), reserve_bytes=RESERVE_BYTES)
        for number in range(150):
            await write(store, number, letters=3_000)
        junk = fill(small_disk, leave_bytes=0)
        await write_until_refused(store, 150, look=False)
        assert store.trouble is Trouble.FULL
        assert (small_disk / "reserve").exists()
        await store.look(LEASE)
        assert not (small_disk / "reserve").exists()
        dropped = await store.write(LEASE, lambda tx: tx.run("audit_old", ("000050",)), drops=True)
        assert dropped == 50
        junk.unlink()
        for _ in range(2):
            await store.look(LEASE)
        assert (small_disk / "reserve").stat().st_size == RESERVE_BYTES
        store.close()
        check(small_disk)

    asyncio.run(run())


def test_a_start_on_a_full_disk_is_one_line(small_disk: Path) -> None:
    fill(small_disk, leave_bytes=0)

    async def run() -> None:
        with pytest.raises(FolderUnusable) as caught:
            opened(small_disk / "data")
        assert "\n" not in str(caught.value)

    asyncio.run(run())
