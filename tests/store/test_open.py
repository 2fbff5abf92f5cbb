"""The start: one clear line when it cannot be, and every pragma as it must be (ST1, ST4, ST5, RL4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from tests.store.world import LEASE, HandClock, check_chain, check_log, opened, ram_folder

from nightporter.errors import (
    FolderInUse,
    FolderUnusable,
    NightporterError,
    StoreBroken,
    StoreCorrupt,
    StoreTooNew,
)
from nightporter.store import Trouble
from nightporter.store.disk import Disk
from nightporter.store.file import open_writer
from nightporter.testing.crashfs import CrashDisk, Fault, full, io_error, read_only, sync_error

KIB = 1024
HUGE = 1 << 60


def refusal(folder: Path, kind: type[NightporterError], vfs: str | None = None) -> str:
    """The one line with which a start is refused; a second start hears the same, so the lock was given back."""

    async def start() -> str:
        with pytest.raises(kind) as caught:
            opened(folder, vfs=vfs)
        return str(caught.value)

    line = asyncio.run(start())
    assert asyncio.run(start()) == line
    assert "\n" not in line
    assert " — " in line, "it must say what to do"
    return line


def close_new(folder: Path) -> None:
    async def start() -> None:
        opened(folder).close()

    asyncio.run(start())


# --- what makes a start impossible ---------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be written" in refusal(tmp_path / "file" / "data", FolderUnusable)


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "hotel.db").mkdir()
    assert "hotel.db cannot be written" in refusal(tmp_path, FolderUnusable)


@pytest.mark.parametrize("name", ["hotel.db", "node.db"])
def test_a_file_that_is_no_database(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not a database" * 500)
    assert f"{name} is damaged" in refusal(tmp_path, StoreCorrupt)


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    close_new(tmp_path)
    file = tmp_path / "hotel.db"
    file.write_bytes(file.read_bytes()[: 3 * 4096])
    assert "hotel.db is damaged" in refusal(tmp_path, StoreCorrupt)


@pytest.mark.parametrize("what_is_left", [None, b"", b"x"])
def test_a_file_that_was_lost_is_not_begun_anew(tmp_path: Path, what_is_left: bytes | None) -> None:
    """A blank hotel would answer every guest a second time."""
    close_new(tmp_path)
    file = tmp_path / "hotel.db"
    file.unlink()
    if what_is_left is not None:
        file.write_bytes(what_is_left)
    assert "hotel.db is empty or gone" in refusal(tmp_path, StoreCorrupt)
    (tmp_path / "node.db").unlink()
    close_new(tmp_path)


def test_a_file_of_a_later_release(tmp_path: Path) -> None:
    close_new(tmp_path)
    connection = apsw.Connection(str(tmp_path / "hotel.db"))
    connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    connection.close()
    assert "schema 999" in refusal(tmp_path, StoreTooNew)


@pytest.mark.parametrize("fault", [full, io_error, read_only])
def test_a_disk_that_cannot_be_written(fault: Callable[[], Fault]) -> None:
    with ram_folder() as folder, CrashDisk() as disk:
        disk.fault = fault()
        assert "cannot be written" in refusal(folder, FolderUnusable, disk.vfs)
        disk.fault = None
        close_new(folder)


def test_a_sync_that_fails_at_the_start() -> None:
    """It stops that start; the next one finds a whole file or a new one."""

    async def start(folder: Path, disk: CrashDisk, after: int) -> bool:
        disk.fault = sync_error("", after=after)
        try:
            opened(folder, vfs=disk.vfs).close()
        except (StoreCorrupt, StoreBroken, apsw.IOError):  # the last comes from closing
            return True
        finally:
            disk.fault = None
        return False

    stopped = 0
    for after in range(12):
        with ram_folder() as folder, CrashDisk() as disk:
            stopped += asyncio.run(start(folder, disk, after))
            close_new(folder)
            connection = apsw.Connection(str(folder / "hotel.db"))
            check_log(connection)
            connection.close()
    assert stopped >= 5


def test_a_second_node_on_the_same_folder(tmp_path: Path) -> None:
    async def start() -> None:
        first = opened(tmp_path)
        with pytest.raises(FolderInUse, match="another node runs"):
            opened(tmp_path)
        assert await first.write(LEASE, lambda tx: tx.run("meta_put", ("k", "v"))) == 1
        first.close()
        opened(tmp_path).close()

    asyncio.run(start())


def test_another_program_that_holds_the_file(tmp_path: Path) -> None:
    close_new(tmp_path)
    file = tmp_path / "hotel.db"
    other = apsw.Connection(str(file))
    other.pragma("locking_mode", "EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(FolderInUse, match="another program holds"):
        open_writer(file, busy_ms=0)
    other.close()
    close_new(tmp_path)


def test_a_reader_of_another_program_does_not_stop_a_start(tmp_path: Path) -> None:
    close_new(tmp_path)
    file = tmp_path / "hotel.db"
    other = apsw.Connection(str(file))
    other.execute("BEGIN")
    other.execute("SELECT * FROM meta").fetchall()
    open_writer(file, busy_ms=0).close()
    other.close()


# --- what an open store is like ------------------------------------------------------------------------------


def test_pragmas(tmp_path: Path) -> None:
    async def start() -> None:
        store = opened(tmp_path)
        writer, reader = store._connection, store.view._execute("SELECT 1").connection
        assert [writer.pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys")] == [
            "wal",
            2,
            1,
        ]
        assert writer.pragma("journal_size_limit") == 64 * KIB * KIB
        assert writer.pragma("wal_autocheckpoint") == 0
        assert store.node._connection.pragma("synchronous") == 2
        with pytest.raises(apsw.ReadOnlyError):
            reader.execute("DELETE FROM meta")
        store.close()

    asyncio.run(start())


def test_migrations_are_rows_of_the_log(tmp_path: Path) -> None:
    close_new(tmp_path)
    close_new(tmp_path)
    connection = apsw.Connection(str(tmp_path / "hotel.db"))
    assert {row[3] for row in check_chain(connection)} == {"migration"}
    connection.close()


def test_a_start_empties_the_write_ahead_log(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await store.write(LEASE, lambda tx: tx.run("meta_put", ("k", "v")))
        store._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        store.close()
        log = tmp_path / "hotel.db-wal"
        assert log.stat().st_size > 0
        store = opened(tmp_path)
        assert log.stat().st_size == 0
        assert store.view.scalar("meta_get", ("k",)) == "v"
        store.close()

    asyncio.run(run())


# --- room (ST4) ---------------------------------------------------------------------------------------------


def test_reserve_takes_real_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, reserve_bytes=100 * KIB, floor_bytes=0)
    disk.take_reserve()
    reserve = tmp_path / "reserve"
    assert reserve.stat().st_size == 100 * KIB
    assert reserve.stat().st_blocks * 512 >= 100 * KIB, "a sparse file holds nothing free"
    assert not disk.lacks_reserve()
    disk.release_reserve()
    assert not reserve.exists()
    disk.release_reserve()
    assert disk.lacks_reserve()


def test_reserve_is_not_taken_where_it_would_close_the_door(tmp_path: Path) -> None:
    disk = Disk(tmp_path, reserve_bytes=100 * KIB, floor_bytes=HUGE)
    disk.take_reserve()
    assert list(tmp_path.iterdir()) == []


def test_reserve_of_a_folder_that_is_gone(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "gone", reserve_bytes=100 * KIB, floor_bytes=1)
    disk.take_reserve()
    disk.release_reserve()
    assert disk.free_bytes() == 0
    assert disk.below_floor()


def test_reserve_comes_back_when_there_is_room_again(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path, reserve_bytes=100 * KIB, floor_bytes=1)
        reserve = tmp_path / "reserve"
        assert reserve.exists()
        store.disk._floor_bytes = HUGE
        await store.look(LEASE)
        assert store.trouble is Trouble.FLOOR
        await store.look(LEASE)
        assert not reserve.exists(), "given back for checkpoints and deletes"
        store.disk._floor_bytes = 1
        await store.look(LEASE)
        assert str(store.trouble) == Trouble.NONE
        await store.look(LEASE)
        assert reserve.stat().st_size == 100 * KIB
        store.close()

    asyncio.run(run())


def test_watch_looks_each_second(tmp_path: Path) -> None:
    async def run() -> None:
        clock = HandClock()
        store = opened(tmp_path, floor_bytes=HUGE, clock=clock)
        watch = asyncio.ensure_future(store.watch(lambda: LEASE))
        while store.trouble is Trouble.NONE:
            await clock.sleep(0)
        store.disk._floor_bytes = 0
        began = clock.ms
        while str(store.trouble) == Trouble.FLOOR:
            await clock.sleep(0)
        assert clock.ms - began <= 3_000
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        store.close()

    asyncio.run(run())


def test_a_note_is_left_in_the_lock(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        store.note("a longer note")
        store.note("socket")
        assert (tmp_path / "lock").read_text() == "socket"
        await store.look(LEASE)
        assert store.broken is None
        store.close()

    asyncio.run(run())
