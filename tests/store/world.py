"""What the store's tests share: a clock and a stepping by hand, folders in RAM, units that can be judged, a replay."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from nightporter.model.lease import Lease
from nightporter.store import Store, Tx, log
from nightporter.store.sql import migrations, queries
from nightporter.store.stepping import Steps
from nightporter.testing.providers.chance import Dice

RAM = Path("/dev/shm")
FKNOACTION = apsw.SQLITE_CHANGESETAPPLY_FKNOACTION
LEASE = Lease("a", 1)
NOON_MS = 1_800_000_000_000


class HandClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.ms = NOON_MS

    def now_ms(self) -> int:
        return self.ms

    def elapsed_seconds(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Moves the clock, and lets the others run."""
        self.ms += int(seconds * 1000)
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


class LoopStepping:
    """Steps the writer on the event loop itself, so that a run has one course."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = False
        self._stopped = False

    def start(self, steps: Steps) -> None:
        self._steps = steps

    def wake(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._run)

    def post(self, callback: Callable[[], None]) -> None:
        self._loop.call_soon(callback)

    def stop(self) -> None:
        self._stopped = True

    def _run(self) -> None:
        self._due = False
        if not self._stopped:
            self._steps.step()
            self._steps.idle()


@contextlib.contextmanager
def ram_folder() -> Generator[Path]:
    """A new folder, in RAM where there is such a place: crash images are many, and their syncs prove nothing."""
    with tempfile.TemporaryDirectory(dir=RAM if RAM.is_dir() else None) as name:
        yield Path(name)


def opened(folder: Path, **options: Any) -> Store:
    """A store as the tests want it: stepped on the loop, without a reserve and a floor."""
    clock, stepping = options.pop("clock", None) or HandClock(), options.pop("stepping", None)
    options = {"reserve_bytes": 0, "floor_bytes": 0} | options
    return Store.open(folder, clock, stepping or LoopStepping(), **options)


async def settled(futures: Sequence[asyncio.Future[Any]]) -> list[Any]:
    """What became of each: its value, or its exception."""
    return await asyncio.gather(*futures, return_exceptions=True)


# --- units whose wholeness can be seen in the file ----------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """Unit number `k` writes `parts` audit rows of `size` letters and one row that says so; `fails`: then raises."""

    number: int
    parts: int
    size: int
    fails: bool

    def __call__(self, tx: Tx) -> int:
        tx.run("meta_put", (f"unit {self.number:06}", str(self.parts)))
        for part in range(self.parts):
            name = f"{self.number:06}-{part:03}"
            tx.run("audit_add", (name, self.number, "test", "part", "", chr(65 + part % 26) * self.size))
        tx.run("meta_put", ("newest", str(self.number)))
        if self.fails:
            raise ValueError(self.number)
        return self.number


def planned(dice: Dice, number: int, fails: float = 0.25) -> Planned:
    """A random unit: mostly small, now and then several pages."""
    large = dice.random() < 0.15
    return Planned(
        number,
        parts=1 + int(dice.random() * 4),
        size=int(dice.random() * (9_000 if large else 200)),
        fails=dice.random() < fails,
    )


def units_in(connection: apsw.Connection) -> set[int]:
    """The numbers of the units in the file; each must be whole (G1)."""
    rows: Any = connection.execute("SELECT key, value FROM meta WHERE key LIKE 'unit %'").fetchall()
    said = {int(key.split()[1]): int(value) for key, value in rows}
    counts: Any = connection.execute("SELECT at_ms, count(*) FROM audit GROUP BY at_ms").fetchall()
    assert dict(counts) == said, "a unit is there in part"
    return set(said)


# --- the log ------------------------------------------------------------------------------------------------


def check_chain(connection: apsw.Connection) -> list[tuple[Any, ...]]:
    """The rows of an unpruned log, whose numbers, hashes and sizes follow from each other (RL1)."""
    rows: Any = connection.execute(queries()["log_rows"], (0, 1_000_000)).fetchall()
    before = log.START
    for expected, (seq, epoch, _, kind, digest, data) in enumerate(rows, 1):
        assert seq == expected, "the log has a gap"
        before = log.chained(before, seq, epoch, kind, data)
        assert digest == before, f"the chain breaks at {seq}"
    at = log.head(connection)
    assert (at.seq, at.hash) == (len(rows), before)
    assert at.total_bytes == sum(len(row[5]) for row in rows)
    return rows


def replayed(rows: Sequence[tuple[Any, ...]]) -> apsw.Connection:
    """A file that a follower would have, made from the log alone (RL1, RL4)."""
    follower = apsw.Connection(":memory:")
    follower.pragma("foreign_keys", True)
    steps = iter(migrations())
    for seq, _, _, kind, _, data in rows:
        if kind == "migration":
            step, text = next(steps)
            assert data.decode() == text
            follower.execute(text)
            follower.execute(queries()["meta_put"], ("schema", str(step)))
            continue

        def stop(reason: int, change: apsw.TableChange, seq: int = seq) -> int:
            raise AssertionError(f"conflict {reason} in row {seq}: {change}")

        apsw.Changeset.apply(data, follower, conflict=stop, flags=FKNOACTION)
    assert follower.execute("PRAGMA foreign_key_check").fetchall() == []
    return follower


def recorded_tables(connection: apsw.Connection) -> list[str]:
    rows: Any = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    ).fetchall()
    return [name for (name,) in rows if name not in log.NOT_RECORDED and not name.startswith("sqlite_")]


def content(connection: apsw.Connection) -> dict[str, list[Any]]:
    """Every row of every recorded table."""
    return {
        table: sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
        for table in recorded_tables(connection)
    }


def check_log(connection: apsw.Connection) -> None:
    """The log is whole and says what the file holds."""
    follower = replayed(check_chain(connection))
    assert content(follower) == content(connection)
    follower.close()
