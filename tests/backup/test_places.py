"""One suite over every kind of place: what is shipped there is whole, comes back, and is not sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.backup.house import (
    PICTURE,
    PICTURE_NAME,
    ROOMY,
    at,
    flip,
    lived_in,
    restored,
    shelf_of,
    taken,
)

from nightporter.backup.apart import run_apart
from nightporter.backup.drilling import Drill, Drilled, drill
from nightporter.backup.packing import silent
from nightporter.backup.places import Place, place_of
from nightporter.backup.places.place import shown
from nightporter.backup.shelf import Snapshot
from nightporter.backup.shipping import Shipped, Shipping, ship, stamps_at
from nightporter.errors import NotFound, PlaceUnreachable, SettingError, SnapshotDamaged

DAY_MS = 86_400_000
RECIPIENT_FILE = "identity.txt"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def shipping(data: Path, now_ms: int, recipients: Sequence[str] = (), space_bytes: int = ROOMY) -> Shipping:
    return Shipping(
        backups=data / "backups", recipients=tuple(recipients), space_bytes=space_bytes, now_ms=now_ms
    )


def drilled(data: Path, place: Place, now_ms: int, identity: Path | None = None) -> Drilled:
    return drill(Drill(backups=data / "backups", identity=identity, now_ms=now_ms), place, silent)


def key_pair(folder: Path) -> tuple[str, Path]:
    """A new age recipient, and the file with its identity."""
    age: Any = import_module("pyrage")  # it tells no types
    identity = age.x25519.Identity.generate()
    path = folder / RECIPIENT_FILE
    path.write_text(f"# made for a test\n{identity}\n")
    return str(identity.to_public()), path


def test_there_and_back(data: Path, tmp_path: Path, url: str) -> None:
    clock = lived_in(data)
    made = taken(data, clock.ms)
    place = place_of(url)
    assert place.names() == {}
    told: list[tuple[int, int]] = []
    first = ship(shipping(data, clock.ms), place, lambda *now: told.append(now))
    assert (first.stamp, first.files, first.dropped) == (made.stamp, 3, 0)
    total = made.size + len(PICTURE)
    assert told[-1] == (total, total)
    assert place.names()[made.file] == made.size
    assert place.names()[f"media/{PICTURE_NAME}"] == len(PICTURE)
    assert ship(shipping(data, clock.ms), place, silent) == Shipped(made.stamp, 0, 0, 0)
    assert drilled(data, place, clock.ms) == Drilled(made.stamp, [], whole=True)

    new = tmp_path / "new machine"
    done = restored(new, at(place, new), clock)
    assert (done.snapshot, done.rows["entries"], done.media_missing) == (made.stamp, 4, 0)
    assert (new / "media" / PICTURE_NAME).read_bytes() == PICTURE
    assert not (new / "backups" / "fetched").exists()


def test_only_what_is_new_travels(data: Path, url: str) -> None:
    clock = lived_in(data)
    place = place_of(url)
    taken(data, clock.ms)
    ship(shipping(data, clock.ms), place, silent)
    clock.ms += 900_000
    second = taken(data, clock.ms)
    shipped = ship(shipping(data, clock.ms), place, silent)
    assert (shipped.stamp, shipped.files) == (second.stamp, 2)
    assert len(stamps_at(place.names())) == 2


def test_an_interrupted_shipping_goes_on(data: Path, url: str) -> None:
    """The file is there, its record is not: only that is sent."""
    clock = lived_in(data)
    made, place = taken(data, clock.ms), place_of(url)
    ship(shipping(data, clock.ms), place, silent)
    place.drop([f"{made.stamp}.json"])
    assert stamps_at(place.names()) == {}
    assert ship(shipping(data, clock.ms), place, silent).files == 1
    assert list(stamps_at(place.names())) == [made.stamp]


def test_encrypted_it_leaves_the_machine(data: Path, tmp_path: Path, url: str) -> None:
    recipient, identity = key_pair(tmp_path)
    clock = lived_in(data)
    made, place = taken(data, clock.ms), place_of(url)
    ship(shipping(data, clock.ms, [recipient]), place, silent)
    names = place.names()
    assert set(names) == {f"{made.file}.age", f"{made.stamp}.json", f"media/{PICTURE_NAME}.age"}
    assert not list((data / "backups").glob("*.age")), "the sealed copy does not stay"
    assert ship(shipping(data, clock.ms, [recipient]), place, silent).files == 0
    assert drilled(data, place, clock.ms) == Drilled(made.stamp, [], whole=False)
    assert drilled(data, place, clock.ms, identity) == Drilled(made.stamp, [], whole=True)

    new = tmp_path / "new"
    with pytest.raises(SettingError, match="BACKUP__AGE_IDENTITY"):
        restored(new, at(place, new), clock)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(SnapshotDamaged, match="cannot be decrypted"):
        restored(new, at(place, new), clock, identity=key_pair(other)[1])
    assert restored(new, at(place, new), clock, identity=identity).rows["entries"] == 4
    assert (new / "media" / PICTURE_NAME).read_bytes() == PICTURE


def test_a_byte_flipped_in_the_shipped_copy_turns_the_drill_red(data: Path, tmp_path: Path, url: str) -> None:
    clock = lived_in(data)
    made, place = taken(data, clock.ms), place_of(url)
    ship(shipping(data, clock.ms), place, silent)
    fetched = tmp_path / "fetched"
    place.get(made.file, fetched, lambda done: None)
    flip(fetched, made.size // 3)
    place.put(fetched, made.file, lambda done: None)
    assert drilled(data, place, clock.ms).faults == [
        f"snapshot {made.stamp} is not the file that its record tells of"
    ]
    with pytest.raises(SnapshotDamaged):
        restored(tmp_path / "new", at(place, tmp_path / "new"), clock)


def test_an_old_snapshot_there_turns_the_drill_red(data: Path, url: str) -> None:
    clock = lived_in(data)
    place = place_of(url)
    assert drilled(data, place, clock.ms).faults == [f"{place.shown} has no snapshot"]
    taken(data, clock.ms)
    ship(shipping(data, clock.ms), place, silent)
    assert drilled(data, place, clock.ms + DAY_MS).faults == ["the newest snapshot is 24.0 hours old"]


def test_it_is_thinned_there_too(data: Path, url: str) -> None:
    clock = lived_in(data)
    place = place_of(url)
    stamps: list[str] = []
    for _ in range(3):
        made: Snapshot = taken(data, clock.ms)
        stamps.append(made.stamp)
        ship(shipping(data, clock.ms), place, silent)
        clock.ms += 40 * DAY_MS
    assert list(stamps_at(place.names())) == stamps[-1:]
    assert f"media/{PICTURE_NAME}" in place.names()


def test_what_is_not_there(tmp_path: Path, url: str) -> None:
    place = place_of(url)
    with pytest.raises(NotFound):
        place.get("20200101_000000.json", tmp_path / "x", lambda done: None)
    assert not (tmp_path / "x").exists()
    place.drop(["20200101_000000.json"])


# --- places that do not answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "file:///nowhere/at/all",
        "s3://key:secret@backups/x?endpoint=http://127.0.0.1:9",
        pytest.param("sftp://nobody@127.0.0.1:9/x", marks=pytest.mark.ci),
    ],
)
def test_a_place_that_does_not_answer_is_told_and_the_local_one_stays(data: Path, url: str) -> None:
    clock = lived_in(data)
    made = taken(data, clock.ms)
    given = {
        "backups": str(data / "backups"), "recipients": [], "space_bytes": ROOMY, "url": url, "now_ms": clock.ms,
    }  # fmt: skip
    with pytest.raises(PlaceUnreachable) as caught:
        asyncio.run(run_apart("ship", given, silent, 50))
    assert "secret" not in str(caught.value)
    assert shelf_of(data).all() == [made]


def test_without_a_verified_snapshot_nothing_is_shipped(data: Path, file_url: str) -> None:
    clock = lived_in(data)
    made = taken(data, clock.ms)
    shelf_of(data).put(replace(made, faults=["not whole"]))
    with pytest.raises(NotFound, match="no verified snapshot"):
        ship(shipping(data, clock.ms), place_of(file_url), silent)


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/x?end=https://a",
        "s3://bucket/x?endpoint=http://example.org",
        "sftp://a:b@host/x",
        "ftp://x",
    ],
)
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingError):
        place_of(url)


def test_addresses_are_shown_without_secrets() -> None:
    assert shown("s3://key:secret@bucket/x?endpoint=https://h") == "s3://bucket/x"


@pytest.mark.ci
def test_a_send_by_sftp_goes_on_where_it_ended(data: Path, tmp_path: Path, sftp_url: str) -> None:
    clock = lived_in(data)
    made, place = taken(data, clock.ms), place_of(sftp_url)
    whole = shelf_of(data).path(made).read_bytes()
    far = tmp_path / "far" / "away"
    far.mkdir(parents=True)
    (far / f"{made.file}.part").write_bytes(whole[: len(whole) // 2])
    told: list[int] = []
    place.put(shelf_of(data).path(made), made.file, told.append)
    assert told == [len(whole) // 2, len(whole)]
    assert (far / made.file).read_bytes() == whole
