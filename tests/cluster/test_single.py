"""The lease of a node that is alone: its epoch only rises, and one that runs out stops everything (LS1, LS2)."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

from tests.rounds.rig import OTHER, Rig, in_house
from tests.store.world import opened

from nightporter.cluster import single
from nightporter.model.lease import Lease

FILES = ("hotel.db", "hotel.db-wal", "hotel.db-shm")


def epoch(folder: Path) -> int:
    async def take() -> Lease:
        store = opened(folder)
        try:
            lease = await single.take(store, "a")
            assert (lease.node, lease.deadline_seconds) == ("a", None)
            assert store.view.one("meta_get", ("epoch",)) == (str(lease.epoch),)
            return lease
        finally:
            store.close()

    return asyncio.run(take()).epoch


def test_the_epoch_rises_with_each_start(tmp_path: Path) -> None:
    assert [epoch(tmp_path) for _ in range(4)] == [1, 2, 3, 4]


def test_an_older_hotel_file_does_not_bring_an_old_epoch_back(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    data.mkdir()
    copy.mkdir()
    epoch(data)
    for name in FILES:
        if (data / name).exists():
            shutil.copy(data / name, copy / name)
    assert [epoch(data) for _ in range(3)] == [2, 3, 4]
    for name in FILES:
        (data / name).unlink(missing_ok=True)
        if (copy / name).exists():
            shutil.copy(copy / name, data / name)
    assert epoch(data) == 5


def test_a_lost_node_file_does_not_bring_an_old_epoch_back(tmp_path: Path) -> None:
    assert [epoch(tmp_path) for _ in range(3)] == [1, 2, 3]
    for name in ("node.db", "node.db-wal", "node.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    assert epoch(tmp_path) == 4


def test_a_lease_that_runs_out_shuts_the_door_and_ends_sending() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.guest_writes("kept, not answered", guest=OTHER)
        rig.node.lease = replace(rig.node.lease, deadline_seconds=rig.clock.elapsed_seconds())
        answer = await rig.parts.door.accept("whatsapp", {}, b"{}")
        assert (answer.status, answer.headers) == (503, {"retry-after": "5"})
        await rig.rest(5)
        assert len(rig.line.sent) == 1
        rig.node.lease = Lease(rig.node.lease.node, rig.node.lease.epoch + 1)
        await rig.until(lambda: rig.states() == ["sent"] * 2)
        assert len(rig.line.sent) == 2

    in_house(story)
