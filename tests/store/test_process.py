"""Real processes: killed ones lose nothing they have said, hold no lock, and children inherit nothing (ST1, ST7)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from tests.store.world import LEASE, check_log, opened, units_in

from nightporter.errors import FolderInUse

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
SAID_BEFORE_KILL = 120
LIST_DESCRIPTORS = """
import os
for name in os.listdir('/dev/fd'):
    try:
        status = os.fstat(int(name))
    except OSError:
        continue
    print(status.st_dev, status.st_ino)
"""


def start_node(folder: Path, first: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.writing_node", str(folder), str(first)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def said_until_killed(node: subprocess.Popen[str]) -> set[int]:
    """What the node said up to its end; the kill comes at whatever it is doing then."""
    assert node.stdout is not None
    with node:
        said = [node.stdout.readline() for _ in range(SAID_BEFORE_KILL)]
        node.kill()
        said += node.stdout.readlines()
    assert node.returncode == -9, "it must have died of the kill"
    return {int(line) for line in said if line.endswith("\n")}


def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    said: set[int] = set()
    for kill in range(KILLS):
        said |= said_until_killed(start_node(tmp_path, 100_000 * kill + 1))
        connection = apsw.Connection(str(tmp_path / "hotel.db"))
        assert said <= units_in(connection)
        check_log(connection)
        connection.close()
    assert len(said) >= KILLS * SAID_BEFORE_KILL


def test_a_second_node_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    node = start_node(tmp_path, 1)
    assert node.stdout is not None
    assert node.stdout.readline()

    async def start() -> None:
        with pytest.raises(FolderInUse) as caught:
            opened(tmp_path)
        assert "another node runs" in str(caught.value)
        said_until_killed(node)
        opened(tmp_path).close()

    asyncio.run(start())


def identities(folder: Path) -> set[tuple[int, ...]]:
    return {(path.stat().st_dev, path.stat().st_ino) for path in folder.iterdir()}


def descriptors_of_a_child() -> set[tuple[int, ...]]:
    listed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LIST_DESCRIPTORS],
        check=True,
        capture_output=True,
        close_fds=False,
        text=True,
    ).stdout
    return {tuple(map(int, line.split())) for line in listed.splitlines()}


def test_children_inherit_no_descriptor(tmp_path: Path) -> None:
    async def look() -> None:
        store = opened(tmp_path)
        await store.write(LEASE, lambda tx: tx.run("meta_put", ("k", "v")))
        inherited = descriptors_of_a_child()
        assert inherited
        assert not inherited & identities(tmp_path)
        store.close()

    asyncio.run(look())
