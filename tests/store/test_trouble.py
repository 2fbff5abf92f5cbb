"""A disk that fails at run time: what passes is waited out, what does not stops the node (ST3, ST4, ST6)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.store.world import LEASE, check_log, opened, ram_folder, settled

from nightporter.errors import CannotKeep, StoreBroken, StoreCorrupt
from nightporter.store import Store, ThreadStepping, Trouble, Tx, log
from nightporter.store.file import open_writer
from nightporter.store.node import LOG_PAGES_MAX
from nightporter.testing.crashfs import Call, CrashDisk, Fault, full, io_error, read_only, sync_error

PAGE_BYTES = 4096
Work = Callable[[Store, CrashDisk], Coroutine[Any, Any, Any]]


def on_disk(work: Work, *, threaded: bool = False, **options: Any) -> None:
    """Run the work in a new store on a disk that can fail; afterwards the file must be whole."""

    async def run(folder: Path, disk: CrashDisk) -> None:
        if threaded:
            options["stepping"] = ThreadStepping()
        store = opened(folder, vfs=disk.vfs, **options)
        try:
            await asyncio.wait_for(work(store, disk), 10)
        finally:
            store.close()

    with ram_folder() as folder, CrashDisk() as disk:
        asyncio.run(run(folder, disk))
        disk.fault = None
        connection = open_writer(folder / "hotel.db")
        check_log(connection)
        connection.close()


async def turn() -> None:
    """Let the loop, and another thread, go on."""
    await asyncio.get_running_loop().run_in_executor(None, int)


def add(number: int, letters: int = 100) -> Callable[[Tx], int]:
    return lambda tx: tx.run("audit_add", (f"{number:06}", number, "", "", "", "x" * letters))


def numbers(store: Store) -> list[int]:
    return sorted(int(row[0]) for row in store.view.all("audit_list", ("~", 1_000_000)))


# --- what passes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threaded", [False, True])
@pytest.mark.parametrize(
    ("fault", "trouble"),
    [(full, Trouble.FULL), (io_error, Trouble.IO), (read_only, Trouble.READ_ONLY)],
)
def test_it_goes_on_by_itself(fault: Callable[[], Fault], trouble: Trouble, threaded: bool) -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        heard: list[Trouble] = []
        store.on_trouble = heard.append
        assert await store.write(LEASE, add(1)) == 1
        disk.fault = fault()
        lost = await settled([store.write(LEASE, add(number)) for number in (2, 3, 4)])
        assert [type(error) for error in lost] == [CannotKeep] * 3
        assert store.trouble is trouble
        with pytest.raises(CannotKeep, match=str(trouble)):
            store.write(LEASE, add(5))
        await store.look(LEASE)
        assert store.trouble is trouble
        assert str(trouble) in store.probe_error
        assert numbers(store) == [1], "a reader goes on"
        disk.fault = None
        await store.look(LEASE)
        assert store.trouble is Trouble.NONE
        assert await store.write(LEASE, add(6)) == 1
        assert numbers(store) == [1, 6]
        assert heard == [trouble, Trouble.NONE]

    on_disk(work, threaded=threaded)


@pytest.mark.parametrize("after", range(12))
def test_a_disk_that_fails_at_any_write_of_a_group(after: int) -> None:
    """At the k-th write, once: the group is there whole or not at all, and its waiters were told which."""

    async def work(store: Store, disk: CrashDisk) -> None:
        disk.fault = Fault("write", apsw.SQLITE_FULL, after=after, times=1)
        results = await settled([store.write(LEASE, add(number, 3_000)) for number in range(3)])
        struck = disk.fault.hits == 1
        disk.fault = None
        await store.look(LEASE)
        assert numbers(store) == [number for number in range(3) if results[number] == 1]
        assert all(result == 1 or isinstance(result, CannotKeep) for result in results)
        assert struck == (CannotKeep in map(type, results))

    on_disk(work)


def test_room_runs_out_and_comes_back() -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        disk.room_bytes = 200_000
        kept: list[int] = []
        for number in range(200):
            (result,) = await settled([store.write(LEASE, add(number, 3_000))])
            if result != 1:
                assert isinstance(result, CannotKeep)
                break
            kept.append(number)
        assert 5 < len(kept) < 60
        await store.look(LEASE)
        assert store.trouble is Trouble.FULL
        disk.room_bytes = None
        await store.look(LEASE)
        assert await store.write(LEASE, add(999)) == 1
        assert numbers(store) == [*kept, 999]

    on_disk(work)


def test_deletes_are_tried_behind_a_closed_door() -> None:
    """ST4: what makes room may pass when nothing else does."""

    async def work(store: Store, _: CrashDisk) -> None:
        await store.write(LEASE, add(1))
        store.disk._floor_bytes = 1 << 60
        await store.look(LEASE)
        assert store.trouble is Trouble.FLOOR
        with pytest.raises(CannotKeep, match="nearly full"):
            store.write(LEASE, add(2))
        assert await store.write(LEASE, lambda tx: tx.run("audit_old", ("9",)), drops=True) == 1
        await store.look(LEASE)
        assert store.trouble is Trouble.FLOOR
        store.disk._floor_bytes = 0
        await store.look(LEASE)
        assert await store.write(LEASE, add(2)) == 1

    on_disk(work)


def test_another_program_that_holds_the_file_is_named() -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        store._connection.set_busy_timeout(0)
        other = apsw.Connection(str(store.folder / "hotel.db"), vfs=disk.vfs)
        other.execute("BEGIN IMMEDIATE")
        (lost,) = await settled([store.write(LEASE, add(1))])
        assert isinstance(lost, CannotKeep)
        assert store.trouble is Trouble.BUSY
        other.execute("ROLLBACK")
        other.close()
        await store.look(LEASE)
        assert await store.write(LEASE, add(2)) == 1

    on_disk(work)


def test_a_checkpoint_without_room_closes_the_door() -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        disk.fault = Fault("write", apsw.SQLITE_FULL, name="hotel.db")
        number = 0
        while store.trouble is Trouble.NONE:
            await store.write(LEASE, add(number, 300_000))
            number += 1
        assert store.trouble is Trouble.FULL
        assert numbers(store) == list(range(number)), "they are in the log"
        disk.fault = None
        await store.look(LEASE)
        assert store.trouble is Trouble.NONE

    on_disk(work)


class Watching(Fault):
    """Never strikes; notes who writes: two threads on one connection get errors that no disk made."""

    def __init__(self) -> None:
        super().__init__("write", apsw.SQLITE_OK, name="hotel.db")
        self.threads: set[str] = set()

    def strikes(self, call: Call, name: str) -> bool:
        if call == self.on and name.endswith(self.name):
            self.threads.add(threading.current_thread().name)
        return False


@pytest.mark.parametrize("threaded", [False, True])
def test_a_log_that_a_reader_keeps_long_closes_the_door(threaded: bool) -> None:
    """ST6: a forgotten cursor keeps the write-ahead log from being moved; the door answers before the disk is full."""

    async def work(store: Store, disk: CrashDisk) -> None:
        disk.fault = watching = Watching()
        reader = apsw.Connection(
            str(store.folder / "hotel.db"), vfs=disk.vfs, flags=apsw.SQLITE_OPEN_READONLY
        )
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        number = 0
        while store.trouble is Trouble.NONE:
            await store.write(LEASE, add(number, 100_000))
            number += 1
        assert str(store.trouble) == Trouble.LOG
        assert 2_000_000 <= store.log_bytes < 3_000_000
        await store.look(LEASE)
        assert store.trouble is Trouble.LOG, "the reader is still there"
        reader.execute("COMMIT")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        for _ in range(5):
            await store.look(LEASE)
            await turn()
            assert store.trouble is Trouble.LOG, "all of the log can be moved, but it cannot begin anew"
        reader.close()
        for _ in range(1_000):
            await store.look(LEASE)
            if str(store.trouble) == Trouble.NONE:
                break
            await turn()
        assert await store.write(LEASE, add(number)) == 1
        assert numbers(store) == list(range(number + 1))
        assert watching.threads == {"store-writer" if threaded else "MainThread"}

    on_disk(work, threaded=threaded, log_bytes_max=2_000_000)


def test_idle_moments_keep_the_log_short() -> None:
    async def work(store: Store, _: CrashDisk) -> None:
        for number in range(40):
            await store.write(LEASE, add(number, 100_000))
        assert store.log_bytes < 3_000_000
        assert (store.folder / "hotel.db-wal").stat().st_size < 3_000_000

    on_disk(work)


# --- what does not pass -------------------------------------------------------------------------------------


@pytest.mark.parametrize("threaded", [False, True])
def test_nothing_is_acknowledged_after_a_failed_sync(threaded: bool) -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        broken: list[StoreBroken] = []
        store.on_broken = broken.append
        await store.write(LEASE, add(1))
        disk.fault = sync_error("hotel.db-wal")
        tasks = [asyncio.ensure_future(kept(store, number)) for number in range(2, 600)]
        lost = await settled(tasks)
        assert {type(error) for error in lost} == {StoreBroken}
        assert len(broken) == 1
        assert disk.fault.hits == 1
        assert disk.fault.times == 0, "the next sync would succeed"
        before = disk.moments_of("hotel.db")
        with pytest.raises(StoreBroken):
            store.write(LEASE, add(600))
        with pytest.raises(StoreBroken):
            store.write(LEASE, add(600), drops=True)
        await store.look(LEASE)
        assert disk.moments_of("hotel.db") == before, "the sync was tried again"

    on_disk(work, threaded=threaded)


def test_a_sync_that_fails_in_a_checkpoint_breaks_the_store() -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        disk.fault = sync_error("hotel.db")
        results = await settled([store.write(LEASE, add(number, 500_000)) for number in range(4)])
        assert results == [1] * 4, "they were on disk before"
        (late,) = await settled([asyncio.ensure_future(kept(store, 9))])
        assert isinstance(late, StoreBroken)

    on_disk(work)


def damage(folder: Path) -> None:
    """Overwrite a page in the middle of a table, as a dying disk does."""
    connection = apsw.Connection(str(folder / "hotel.db"))
    pages: Any = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'audit' AND pagetype = 'leaf' ORDER BY path"
    ).fetchall()
    connection.close()
    with (folder / "hotel.db").open("r+b") as file:
        file.seek((pages[len(pages) // 2][0] - 1) * PAGE_BYTES)
        file.write(b"\xa5" * PAGE_BYTES)


async def filled(folder: Path, count: int = 400) -> None:
    store = opened(folder)
    await settled([store.write(LEASE, add(number, 900)) for number in range(count)])
    store.close()


async def kept(store: Store, number: int) -> int:
    return await store.write(LEASE, add(number))


def test_a_damaged_page_is_found_at_the_start() -> None:
    with ram_folder() as folder:
        asyncio.run(filled(folder))
        damage(folder)

        async def start() -> None:
            with pytest.raises(StoreCorrupt) as caught:
                opened(folder)
            line = str(caught.value)
            assert line.count("\n") == 0
            assert "hotel.db is damaged" in line
            assert "runbook" in line

        asyncio.run(start())
        asyncio.run(start())  # the lock was given back


@pytest.mark.parametrize("finder", ["reader", "unit", "swallowing unit"])
def test_a_damaged_page_is_found_at_run_time(finder: str) -> None:
    """By whoever meets it: nothing is acknowledged from then on, not even the rest of that group."""

    async def work(folder: Path) -> None:
        store = opened(folder)
        broken: list[StoreBroken] = []
        store.on_broken = broken.append
        damage(folder)
        store._connection.execute("PRAGMA shrink_memory")
        everything = ("~", 1_000_000)

        def elsewhere(tx: Tx) -> int:
            return tx.run("meta_put", ("k", "v"))

        def meets(tx: Tx) -> None:
            tx.all("audit_list", everything)

        def swallows(tx: Tx) -> None:
            with pytest.raises(apsw.CorruptError):
                tx.all("audit_list", everything)

        if finder == "reader":
            with pytest.raises(StoreBroken):
                store.view.all("audit_list", everything)
        else:
            unit = meets if finder == "unit" else swallows
            lost = await settled([store.write(LEASE, each) for each in (elsewhere, elsewhere, unit)])
            assert [type(error) for error in lost] == [StoreBroken] * 3
        await turn()
        assert len(broken) == 1
        with pytest.raises(StoreBroken):
            store.write(LEASE, add(1_002))
        store.close()

    with ram_folder() as folder:
        asyncio.run(filled(folder))
        asyncio.run(work(folder))


def test_nothing_of_a_group_is_acknowledged_when_damage_is_found_meanwhile() -> None:
    """A reader may meet it while the writer commits."""

    async def work(store: Store, _: CrashDisk) -> None:
        def while_this_runs(_: Tx) -> None:
            store._writer.fail("a reader met damage")

        results = await settled([store.write(LEASE, unit) for unit in (add(1), while_this_runs, add(2))])
        assert [type(result) for result in results] == [StoreBroken] * 3

    on_disk(work)


def test_a_row_that_another_program_put_into_the_log_is_gone_over() -> None:
    """The head in memory is wrong then, once."""

    async def work(store: Store, disk: CrashDisk) -> None:
        await store.write(LEASE, add(1))
        other = apsw.Connection(str(store.folder / "hotel.db"), vfs=disk.vfs)
        newest = log.head(other)
        with other:
            log.append(other, newest, 1, 0, "changes", b"")
        other.close()
        (lost,) = await settled([store.write(LEASE, add(2))])
        assert isinstance(lost, CannotKeep)
        await store.look(LEASE)
        assert await store.write(LEASE, add(3)) == 1
        assert store.view.scalar("log_head") == newest.seq + 2

    on_disk(work)


@pytest.mark.parametrize("victim", ["hotel.db", "lock"])
def test_a_file_that_was_taken_away_breaks_the_store(victim: str) -> None:
    """What is written into a file without a name is gone at the next start; without the lock a second node starts."""

    async def work(folder: Path) -> None:
        store = opened(folder)
        await store.write(LEASE, add(1))
        await store.look(LEASE)
        assert store.broken is None
        (folder / victim).rename(folder / "elsewhere")
        await store.look(LEASE)
        assert isinstance(store.broken, StoreBroken)
        store.close()

    with ram_folder() as folder:
        asyncio.run(work(folder))


# --- node.db ------------------------------------------------------------------------------------------------


def test_node_file_keeps_its_values_and_its_log_short() -> None:
    async def work(store: Store, _: CrashDisk) -> None:
        for number in range(3 * LOG_PAGES_MAX):
            store.node.put("epoch", str(number))
        assert store.node.get("epoch") == str(3 * LOG_PAGES_MAX - 1)
        assert store.node.get("none", "default") == "default"
        assert (store.folder / "node.db-wal").stat().st_size < 3 * LOG_PAGES_MAX * PAGE_BYTES

    on_disk(work)


def test_node_file_says_what_the_store_would_say() -> None:
    async def work(store: Store, disk: CrashDisk) -> None:
        disk.fault = full()
        with pytest.raises(CannotKeep):
            store.node.put("epoch", "1")
        disk.fault = sync_error("node.db-wal")
        with pytest.raises(StoreBroken):
            store.node.put("epoch", "2")
        assert store.broken is not None

    on_disk(work)
