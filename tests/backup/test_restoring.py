"""A snapshot comes back: after damage, onto an empty folder, to a moment between two. Nothing changes in vain."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.backup.house import (
    GUESTS,
    PICTURE,
    PICTURE_NAME,
    House,
    flip,
    in_house,
    lived_in,
    restored,
    rewrite_record,
    shelf_of,
    taken,
    texts_in,
)
from tests.store.world import HandClock, check_chain, opened

from nightporter.backup.restoring import NOW_MS, WORK
from nightporter.backup.shelf import ms_of
from nightporter.backup.sources import Source
from nightporter.cluster import single
from nightporter.errors import FolderInUse, NotAllowed, NotFound, SnapshotDamaged, StoreCorrupt
from nightporter.store import ThreadStepping
from nightporter.store.file import FolderLock

HELLOS = ["hello 0", "hello 1", "hello 2", "look"]


def texts(folder: Path) -> list[str]:
    async def look() -> list[str]:
        store = opened(folder, stepping=ThreadStepping())
        try:
            return texts_in(store)
        finally:
            store.close()

    return asyncio.run(look())


def epoch(folder: Path) -> int:
    async def take() -> int:
        store = opened(folder, stepping=ThreadStepping())
        try:
            return (await single.take(store, "a")).epoch
        finally:
            store.close()

    return asyncio.run(take())


def write(folder: Path, clock: HandClock, *said: str) -> None:
    async def story(house: House) -> None:
        for text in said:
            await house.guest_writes("390000", text)

    asyncio.run(in_house(folder, story, clock))


def damage(folder: Path) -> None:
    """Overwrite the first page: SQLite refuses the file."""
    with (folder / "hotel.db").open("r+b") as file:
        file.write(b"\0" * 4096)
    with pytest.raises(StoreCorrupt):
        texts(folder)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_after_damage_the_hotel_is_there_again(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    write(tmp_path, clock, "lost")
    damage(tmp_path)
    before = (tmp_path / "hotel.db").read_bytes()
    done = restored(tmp_path, clock=clock)
    assert (done.snapshot, done.rows["guests"], done.in_doubt["entries"]) == (made.stamp, GUESTS, 4)
    assert texts(tmp_path) == HELLOS
    assert (tmp_path / done.replaced).read_bytes() == before
    assert WORK not in names(tmp_path)


def test_a_deleted_file_comes_back_beside_what_was_left_of_it(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    taken(tmp_path, clock.ms)
    (tmp_path / "hotel.db").unlink()
    (tmp_path / "hotel.db-wal").write_bytes(b"left behind")
    restored(tmp_path, clock=clock)
    assert texts(tmp_path) == HELLOS
    assert {"hotel.db", "node.db", "backups", "media"} <= names(tmp_path)
    [wal] = tmp_path.glob("hotel.replaced_*.db-wal")
    assert wal.read_bytes() == b"left behind"


def test_onto_another_machine_with_the_files_of_guests(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    clock = lived_in(old)
    taken(old, clock.ms)
    done = restored(new, Source("local", old / "backups", None), clock)
    assert texts(new) == HELLOS
    assert (new / "media" / PICTURE_NAME).read_bytes() == PICTURE
    assert (done.media, done.media_missing, done.replaced) == (1, 0, "")
    assert done.unknown_until == "2027-01-15T08:00:04.000Z", "nobody knows when the old machine ended: now"


@pytest.mark.parametrize(("alive_for_ms", "known"), [(100_000, True), (-100_000, False)])
@pytest.mark.parametrize("deleted", [True, False])
def test_until_when_nothing_is_known(tmp_path: Path, deleted: bool, alive_for_ms: int, known: bool) -> None:
    """Until the last sign of a node in the folder, which a deletion leaves too; without one after it, until now."""
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    if deleted:
        (tmp_path / "hotel.db").unlink()
    ended_ms = made.taken_ms + alive_for_ms
    for path in [*tmp_path.iterdir(), tmp_path]:
        os.utime(path, ns=(ended_ms * 1_000_000, ended_ms * 1_000_000))
    clock.ms += 1_000_000
    done = restored(tmp_path, clock=clock)
    assert ms_of(done.unknown_until) == (ended_ms if known else clock.ms)
    assert ms_of(done.knows_until) == made.taken_ms


def test_a_file_of_a_guest_that_nobody_has_is_counted(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    taken(tmp_path, clock.ms)
    (tmp_path / "media" / PICTURE_NAME).unlink()
    flip(shelf_of(tmp_path).media / PICTURE_NAME, 3)
    done = restored(tmp_path, clock=clock)
    assert (done.media, done.media_missing) == (0, 1)
    assert not (tmp_path / "media" / PICTURE_NAME).exists()


def test_the_epoch_is_above_all_that_may_have_been_used(tmp_path: Path) -> None:
    """Also on another machine, where nobody knows how often the old one has started since."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    clock = lived_in(old)
    taken(old, clock.ms)
    later = [epoch(old) for _ in range(20)][-1]
    done = restored(new, Source("local", old / "backups", None), clock)
    assert epoch(new) > done.epoch > later
    again = restored(old, clock=clock)
    assert epoch(old) > again.epoch > later
    assert restored(old, clock=clock).epoch > again.epoch + 1


def test_the_log_goes_on_from_the_snapshot(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    taken(tmp_path, clock.ms)
    restored(tmp_path, clock=clock)
    write(tmp_path, clock, "after")
    connection = apsw.Connection(str(tmp_path / "hotel.db"))
    check_chain(connection)
    connection.close()
    assert taken(tmp_path, clock.ms + 60_000).state == "verified"


def test_an_older_one_by_its_stamp(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    first = taken(tmp_path, clock.ms)
    write(tmp_path, clock, "later")
    taken(tmp_path, clock.ms)
    assert restored(tmp_path, clock=clock, stamp=first.stamp).snapshot == first.stamp
    assert texts(tmp_path) == HELLOS


# --- refused: nothing is changed ------------------------------------------------------------------------------


def refused(folder: Path, kind: type[Exception], match: str, **wish: Any) -> None:
    before = (folder / "hotel.db").read_bytes()
    with pytest.raises(kind, match=match):
        restored(folder, **wish)
    assert (folder / "hotel.db").read_bytes() == before
    assert not list(folder.glob("hotel.replaced*"))
    assert WORK not in names(folder)


def test_while_a_node_runs(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    taken(tmp_path, clock.ms)
    lock = FolderLock(tmp_path)
    refused(tmp_path, FolderInUse, "another node runs")
    lock.close()


@pytest.mark.parametrize("stamp", ["20200101_000000", "yesterday", "../../etc/passwd"])
def test_a_stamp_that_is_not_there(tmp_path: Path, stamp: str) -> None:
    clock = lived_in(tmp_path)
    taken(tmp_path, clock.ms)
    refused(tmp_path, NotFound, "stamp|snapshot", stamp=stamp)


def test_a_damaged_snapshot(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    first = taken(tmp_path, clock.ms)
    clock.ms += 60_000
    second = taken(tmp_path, clock.ms)
    flip(shelf_of(tmp_path).path(second), second.size // 2)
    refused(tmp_path, SnapshotDamaged, "is not the file")
    assert restored(tmp_path, clock=clock, stamp=first.stamp).snapshot == first.stamp


def test_one_that_was_found_damaged_is_passed_over(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    first = taken(tmp_path, clock.ms)
    clock.ms += 60_000
    second = taken(tmp_path, clock.ms)
    rewrite_record(shelf_of(tmp_path), second.stamp, faults=["a table is missing"])
    refused(tmp_path, SnapshotDamaged, "a table is missing", stamp=second.stamp)
    assert restored(tmp_path, clock=clock).snapshot == first.stamp


# --- until ------------------------------------------------------------------------------------------------------


def between(folder: Path) -> tuple[HandClock, list[int], list[str]]:
    """Three messages between two snapshots, and one after: the moments after each, and the stamps."""
    clock = lived_in(folder)
    stamps = [taken(folder, clock.ms).stamp]
    moments: list[int] = []
    for number in range(3):
        clock.ms += 60_000
        write(folder, clock, f"between {number}")
        moments.append(clock.ms)
    clock.ms += 60_000
    stamps.append(taken(folder, clock.ms).stamp)
    clock.ms += 60_000
    write(folder, clock, "after")
    moments.append(clock.ms)
    return clock, moments, stamps


@pytest.mark.parametrize("readable", [True, False])
def test_to_any_moment_between_two_snapshots(tmp_path: Path, readable: bool) -> None:
    """By the log that the next snapshot brings along, also when the replaced file cannot be read."""
    clock, moments, stamps = between(tmp_path)
    if not readable:
        damage(tmp_path)
    done = restored(tmp_path, clock=clock, until_ms=moments[1] + 1)
    assert done.snapshot == stamps[0]
    assert done.log_rows > 0
    assert texts(tmp_path) == ["between 0", "between 1", *HELLOS]


def test_to_the_end_of_the_log_of_the_replaced_file(tmp_path: Path) -> None:
    clock, _, stamps = between(tmp_path)
    done = restored(tmp_path, clock=clock, until_ms=NOW_MS)
    assert done.snapshot == stamps[1]
    assert texts(tmp_path) == ["after", "between 0", "between 1", "between 2", *HELLOS]


def test_to_a_moment_after_the_newest_snapshot(tmp_path: Path) -> None:
    clock, moments, _ = between(tmp_path)
    restored(tmp_path, clock=clock, until_ms=moments[3] - 30_000)
    assert texts(tmp_path) == ["between 0", "between 1", "between 2", *HELLOS]


def test_from_an_older_one_by_its_stamp_as_far_as_possible(tmp_path: Path) -> None:
    clock, _, stamps = between(tmp_path)
    done = restored(tmp_path, clock=clock, stamp=stamps[0], until_ms=NOW_MS)
    assert done.snapshot == stamps[0]
    assert texts(tmp_path) == ["after", "between 0", "between 1", "between 2", *HELLOS]


def test_where_the_log_does_not_reach(tmp_path: Path) -> None:
    clock, moments, _ = between(tmp_path)
    damage(tmp_path)
    refused(tmp_path, NotAllowed, "goes only to", until_ms=moments[3])
    refused(tmp_path, NotFound, "before", until_ms=moments[0] - 1_000_000)
    done = restored(tmp_path, clock=clock, until_ms=NOW_MS)
    assert done.log_rows == 0
    assert texts(tmp_path) == ["between 0", "between 1", "between 2", *HELLOS]


def test_a_row_of_the_log_that_is_damaged_ends_it(tmp_path: Path) -> None:
    clock, _, _ = between(tmp_path)
    connection = apsw.Connection(str(tmp_path / "hotel.db"))
    newest = connection.execute("SELECT max(seq) FROM replication_log").fetchall()[0][0]
    connection.execute("UPDATE replication_log SET data = zeroblob(length(data)) WHERE seq = ?", (newest,))
    connection.close()
    restored(tmp_path, clock=clock, until_ms=NOW_MS)
    assert "after" not in texts(tmp_path)
