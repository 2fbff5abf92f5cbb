"""A snapshot is whole, checked on the copy, and red when anything is not (G8)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backup.house import (
    PICTURE,
    PICTURE_NAME,
    ROOMY,
    House,
    flip,
    in_house,
    lived_in,
    rewrite_record,
    shelf_of,
    taken,
)
from tests.store.world import HandClock

from nightporter.backup.apart import LEFT_ALONE_CODE, run_apart
from nightporter.backup.drilling import Drill, Drilled, drill
from nightporter.backup.packing import Measured, compress, measure, silent, unpack
from nightporter.backup.shelf import OLD_MS, from_json, ms_of_stamp
from nightporter.errors import FolderUnusable
from nightporter.store.checking import examine


def drilled(folder: Path, now_ms: int) -> Drilled:
    return drill(Drill(backups=folder / "backups", identity=None, now_ms=now_ms), None, silent)


def test_a_snapshot_is_verified_and_holds_everything(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    shelf = shelf_of(tmp_path)
    assert (made.state, made.faults, made.rows["entries"], made.epoch) == ("verified", [], 4, 1)
    assert shelf.all() == [made]
    assert measure(shelf.path(made)) == Measured(made.size, made.hash)
    assert made.media == {PICTURE_NAME: len(PICTURE)}
    assert (shelf.media / PICTURE_NAME).read_bytes() == PICTURE
    assert clock.ms - 10_000 < made.entry_ms <= made.taken_ms < ms_of_stamp(made.stamp) + 1_000
    assert drilled(tmp_path, clock.ms) == Drilled(made.stamp, [], whole=True)
    assert sorted(path.name for path in shelf.folder.iterdir()) == [made.file, f"{made.stamp}.json", "media"]


def test_two_within_a_second_have_two_stamps(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    stamps = [taken(tmp_path, clock.ms).stamp for _ in range(3)]
    assert len(set(stamps)) == 3
    assert [one.stamp for one in shelf_of(tmp_path).all()] == stamps


def test_a_snapshot_ends_while_the_node_writes_all_the_time(tmp_path: Path) -> None:
    """Without a read transaction each write makes the copy begin anew."""

    async def story(house: House) -> None:
        for number in range(300):
            row = (f"{number:04}", 0, "test", "fill", "", "x" * 20_000)
            await house.store.write(house.lease, lambda tx, row=row: tx.run("audit_add", row))
        given = {**given_for(tmp_path), "now_ms": house.clock.ms}
        seen: list[tuple[int, int]] = []
        taking = asyncio.create_task(run_apart("take", given, lambda *told: seen.append(told), 30))
        number = 0
        while not taking.done():
            await house.guest_writes("390009", f"meanwhile {number}")
            number += 1
        made = await taking
        assert made["faults"] == []
        assert made["rows"]["entries"] < number
        assert seen == sorted(seen)
        assert seen[-1][0] == seen[-1][1]

    asyncio.run(in_house(tmp_path, story))


def given_for(folder: Path) -> dict[str, object]:
    paths = {"data": str(folder), "backups": str(folder / "backups")}
    return {**paths, "node": "a", "space_bytes": ROOMY, "now_ms": 0}


def test_what_the_child_refuses_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FolderUnusable, match=r"hotel\.db"):
        asyncio.run(run_apart("take", given_for(tmp_path), silent, 30))


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    """It waits for a file that another program holds; then its standard input ends."""
    holder = apsw.Connection(str(tmp_path / "hotel.db"))
    holder.execute("CREATE TABLE t (x); BEGIN EXCLUSIVE")
    asked = json.dumps({"job": "take", "with": given_for(tmp_path)}) + "\n"
    child = subprocess.Popen(
        [sys.executable, "-m", "nightporter.backup.apart"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    child.stdin.write(asked.encode())
    child.stdin.close()
    assert child.wait(timeout=20) == LEFT_ALONE_CODE
    assert child.stdout is not None
    assert child.stdout.read() == b""
    child.stdout.close()
    holder.close()


def test_the_shelf_is_thinned_and_files_that_nobody_speaks_of_go(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    first = taken(tmp_path, clock.ms)
    (shelf_of(tmp_path).media / ("0" * 64)).write_bytes(b"of a guest who was erased")
    clock.ms += 3_600_000
    second = taken(tmp_path, clock.ms, space_bytes=first.size + len(PICTURE))
    assert shelf_of(tmp_path).all() == [second]
    assert [path.name for path in shelf_of(tmp_path).media.iterdir()] == [PICTURE_NAME]
    assert not (tmp_path / "backups" / first.file).exists()


def test_what_a_cut_off_taking_left_behind_goes(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    made, shelf = taken(tmp_path, clock.ms), shelf_of(tmp_path)
    for name in ("20200101_000000.db.zst", "20200101_000001.db.zst.part", "media/x.part", "work/copy.db"):
        (shelf.folder / name).parent.mkdir(exist_ok=True)
        (shelf.folder / name).write_bytes(b"half")
    newer = taken(tmp_path, clock.ms + 60_000)
    assert shelf.all() == [made, newer]
    assert {path.name for path in shelf.folder.iterdir()} == {
        "media", made.file, newer.file, f"{made.stamp}.json", f"{newer.stamp}.json",
    }  # fmt: skip
    assert [path.name for path in shelf.media.iterdir()] == [PICTURE_NAME]


def test_a_file_that_is_gone_or_damaged_is_named_and_the_snapshot_counts(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    flip(tmp_path / "media" / PICTURE_NAME, 5)
    made = taken(tmp_path, clock.ms)
    assert (made.state, made.media_missing) == ("verified", [PICTURE_NAME])
    assert not (shelf_of(tmp_path).media / PICTURE_NAME).exists()


# --- red --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_byte_flipped_turns_the_drill_red(tmp_path: Path, part: float) -> None:
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    flip(shelf_of(tmp_path).path(made), int(made.size * part))
    assert drilled(tmp_path, clock.ms).faults == [
        f"snapshot {made.stamp} is not the file that its record tells of"
    ]


def test_a_byte_flipped_is_seen_also_when_the_record_was_written_anew(tmp_path: Path) -> None:
    """The hash of the file is no proof when it was taken of the damaged file."""
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    shelf = shelf_of(tmp_path)
    flip(shelf.path(made), made.size // 2)
    now = measure(shelf.path(made))
    rewrite_record(shelf, made.stamp, hash=now.sha256, size=now.size)
    assert drilled(tmp_path, clock.ms).faults != []


def repacked(folder: Path, clock: HandClock, change: str) -> list[str]:
    """The faults of a snapshot whose hotel.db was changed and packed again, with hashes to match."""
    made, shelf = taken(folder, clock.ms), shelf_of(folder)
    raw = folder / "raw.db"
    unpack(shelf.path(made), raw)
    connection = apsw.Connection(str(raw))
    connection.execute(change)
    connection.close()
    whole, packed = compress(raw, shelf.path(made))
    rewrite_record(
        shelf, made.stamp, hash=packed.sha256, size=packed.size, raw_hash=whole.sha256, raw_size=whole.size
    )
    return drilled(folder, clock.ms).faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DROP TABLE tasks", "table tasks is missing"),
        ("DELETE FROM entries WHERE entry_id = (SELECT max(entry_id) FROM entries)", "table entries has 3 rows"),
        ("UPDATE guests SET name = 'somebody else'", "table guests has other content"),
        ("PRAGMA foreign_keys=0; DELETE FROM guests", "rows point to what is not there"),
        ("DELETE FROM replication_log WHERE seq = 3", "the log's chain breaks at 4"),
        ("UPDATE replication_log SET data = x'00' WHERE seq = 3", "the log's chain breaks at 3"),
        ("DELETE FROM replication_log", "the log is empty"),
        ("UPDATE meta SET value = '99' WHERE key = 'schema'", "its schema 99 is none of this release"),
    ],
)  # fmt: skip
def test_what_is_missing_or_changed_turns_the_drill_red(tmp_path: Path, change: str, fault: str) -> None:
    found = repacked(tmp_path, lived_in(tmp_path), change)
    assert any(fault in one for one in found), found


def test_an_old_snapshot_turns_the_drill_red(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    assert drilled(tmp_path, made.taken_ms + OLD_MS).faults == []
    assert drilled(tmp_path, made.taken_ms + 3 * OLD_MS).faults == ["the newest snapshot is 3.0 hours old"]


def test_without_a_snapshot_the_drill_is_red(tmp_path: Path) -> None:
    assert drilled(tmp_path, 0).faults == ["there is no snapshot"]


def test_a_snapshot_of_a_damaged_file_is_kept_and_does_not_count(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    good = taken(tmp_path, clock.ms)
    connection = apsw.Connection(str(tmp_path / "hotel.db"))
    connection.execute("PRAGMA foreign_keys=0")
    connection.execute("DELETE FROM guests")
    connection.close()
    clock.ms += 60_000
    bad = taken(tmp_path, clock.ms)
    assert (bad.state, bad.verified_at) == ("damaged", "")
    assert [one.state for one in shelf_of(tmp_path).all()] == ["verified", "damaged"]
    assert taken(tmp_path, clock.ms + 60_000, space_bytes=1).state == "damaged"
    assert shelf_of(tmp_path).all() == [good], "the newest good one stays, whatever the room"


def test_a_file_of_noise_has_faults_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 5_000)
    assert examine(tmp_path / "noise.db").faults != []
    assert examine(tmp_path / "nothing.db").faults != []


def test_without_room_nothing_is_begun(tmp_path: Path) -> None:
    clock = lived_in(tmp_path)
    with (tmp_path / "hotel.db").open("r+b") as file:
        file.truncate(1 << 42)  # as large as no disk here has room for; it is sparse
    with pytest.raises(FolderUnusable, match="no room for a snapshot"):
        taken(tmp_path, clock.ms)
    assert shelf_of(tmp_path).all() == []


# --- records ----------------------------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_any_json_is_a_record_or_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_json(json.dumps(value))


@pytest.mark.parametrize(
    "changed",
    [
        {"stamp": "../../etc"},
        {"file": "../hotel.db"},
        {"file": "20200101_000000.db.zst"},
        {"media": {"../../x": 1}},
        {"taken_at": "yesterday"},
        {"taken_at": None},
    ],
)  # fmt: skip
def test_a_record_leads_out_of_no_folder(tmp_path: Path, changed: dict[str, object]) -> None:
    clock = lived_in(tmp_path)
    made = taken(tmp_path, clock.ms)
    text = json.dumps({**json.loads(made.to_json()), **changed})
    with pytest.raises(ValueError, match=r"record|isoformat"):
        from_json(text)
