"""Units and groups: a unit fails alone, a broken group fails whole, nobody waits for ever (ST2, ST3, LS2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import apsw
import pytest
from tests.store.world import LEASE, HandClock, check_log, opened, ram_folder, settled

from nightporter.errors import CannotKeep, StoreBroken
from nightporter.model.lease import Lease
from nightporter.store import Store, ThreadStepping, Tx
from nightporter.store.writer import CROWDED_UNITS, GROUP_BYTES_MAX, GROUP_UNITS_MAX, WAITING_UNITS_MAX

Work = Callable[[Store], Coroutine[Any, Any, Any]]


def in_store(work: Work, **options: Any) -> Any:
    """Run the work in a new store."""

    async def run() -> Any:
        with ram_folder() as folder:
            store = opened(folder, **options)
            try:
                return await work(store)
            finally:
                store.close()

    return asyncio.run(run())


def put(key: str, value: str = "v") -> Callable[[Tx], int]:
    return lambda tx: tx.run("meta_put", (key, value))


def put_and_raise(key: str, error: BaseException) -> Callable[[Tx], None]:
    def unit(tx: Tx) -> None:
        tx.run("meta_put", (key, "v"))
        raise error

    return unit


def keys(store: Store) -> set[str]:
    found = {key for key in "abcdefgh" if store.view.one("meta_get", (key,))}
    connection = apsw.Connection(str(store.folder / "hotel.db"))
    check_log(connection)
    connection.close()
    return found


def test_a_unit_that_raises_is_undone_alone() -> None:
    async def work(store: Store) -> None:
        one, two, three = await settled(
            [
                store.write(LEASE, put("a")),
                store.write(LEASE, put_and_raise("b", ValueError("b"))),
                store.write(LEASE, put("c")),
            ]
        )
        assert (one, three) == (1, 1)
        assert isinstance(two, ValueError)
        assert store.groups == 1
        assert keys(store) == {"a", "c"}

    in_store(work)


@pytest.mark.parametrize(
    "error", [StopIteration(3), SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()]
)
def test_whatever_a_unit_raises_the_others_get_their_answer(error: BaseException) -> None:
    """A future takes no StopIteration; and a unit may not end the writer, its thread or the task that waits."""

    async def work(store: Store) -> None:
        units = [put("a"), put_and_raise("b", error), put("c")]
        one, two, three = await settled([store.write(LEASE, unit) for unit in units])
        assert (one, three) == (1, 1)
        assert isinstance(two, RuntimeError)
        assert type(error).__name__ in str(two)
        assert await store.write(LEASE, put("d")) == 1
        assert keys(store) == {"a", "c", "d"}

    in_store(work)
    in_store_with_thread(work)


def in_store_with_thread(work: Work) -> None:
    async def run() -> None:
        with ram_folder() as folder:
            store = opened(folder, stepping=ThreadStepping())
            try:
                await work(store)
            finally:
                store.close()

    asyncio.run(run())


def full(tx: Tx) -> None:
    """Meets a full disk, as `max_page_count` shows it."""
    for part in range(100):
        tx.run("audit_add", (f"full {part}", 1, "", "", "", "x" * 20_000))


def full_and_silent(tx: Tx) -> None:
    """Meets a full disk, and goes on as if nothing had been."""
    with pytest.raises(apsw.FullError):
        full(tx)
    try:
        tx.run("meta_put", ("b", "outside of any transaction"))
    except apsw.Error:
        tx.all("key_list")


@pytest.mark.parametrize("unit", [full, full_and_silent])
def test_a_full_disk_in_the_middle_fails_the_whole_group(unit: Callable[[Tx], None]) -> None:
    async def work(store: Store) -> None:
        pages = store._connection.pragma("page_count")
        store._connection.pragma("max_page_count", pages + 20)
        troubles: list[str] = []
        store.on_trouble = lambda trouble: troubles.append(str(trouble))
        results = await settled([store.write(LEASE, each) for each in (put("a"), unit, put("c"))])
        assert all(isinstance(result, CannotKeep) for result in results[:2]), results
        assert troubles == ["disk is full"]
        # What stood behind it in the queue was a group of its own.
        assert keys(store) == ({"c"} if results[2] == 1 else set())
        with pytest.raises(CannotKeep, match="disk is full"):
            store.write(LEASE, put("d"))
        await store.look(LEASE)
        assert store.trouble != "none", "the probe needs room as well"
        store._connection.pragma("max_page_count", 1_000_000)
        await store.look(LEASE)
        assert store.trouble == "none"
        assert await store.write(LEASE, put("e")) == 1
        assert keys(store) - {"c"} == {"e"}
        assert troubles == ["disk is full", "none"]

    in_store(work)


def test_a_statement_that_runs_out_of_a_limit_fails_its_unit_alone() -> None:
    """Not every error of SQLite is the disk's."""

    async def work(store: Store) -> None:
        def twice(tx: Tx) -> None:
            tx.run("key_add", ("k", "n", b"h", "s", 1))
            tx.run("key_add", ("k", "n", b"h", "s", 1))

        one, two = await settled([store.write(LEASE, put("a")), store.write(LEASE, twice)])
        assert one == 1
        assert isinstance(two, apsw.ConstraintError)
        assert store.trouble == "none"
        assert store.view.all("key_list") == []

    in_store(work)


def test_no_memory_in_a_unit_closes_the_door_until_a_probe_passes() -> None:
    async def work(store: Store) -> None:
        one, two = await settled(
            [store.write(LEASE, put("a")), store.write(LEASE, put_and_raise("b", MemoryError()))]
        )
        assert one == 1
        assert isinstance(two, CannotKeep)
        assert store.trouble == "no memory"
        await store.look(LEASE)
        assert store.trouble == "none"
        assert keys(store) == {"a"}

    in_store(work)


def test_groups_are_bounded_in_units_and_bytes() -> None:
    async def work(store: Store) -> None:
        await settled([store.write(LEASE, put("a")) for _ in range(GROUP_UNITS_MAX + 1)])
        assert store.groups == 2
        half = GROUP_BYTES_MAX // 2
        sizes = (half, half, 1, GROUP_BYTES_MAX + 1, 1)
        await settled([store.write(LEASE, put("a"), size) for size in sizes])
        assert store.groups == 2 + 4

    in_store(work)


def test_after_a_large_group_the_next_one_waits_for_more() -> None:
    async def turns(loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(5):
            turn = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn

    async def work(store: Store) -> None:
        loop = asyncio.get_running_loop()
        await settled([store.write(LEASE, put("a")) for _ in range(CROWDED_UNITS)])
        assert store.groups == 1
        first = store.write(LEASE, put("b"))
        await turns(loop)
        await settled([first, store.write(LEASE, put("c"))])
        assert store.groups == 2, "one that waited, and one that came meanwhile"
        await store.write(LEASE, put("d"))
        assert keys(store) == {"a", "b", "c", "d"}

    async def run() -> None:
        with ram_folder() as folder:
            store = opened(folder, stepping=ThreadStepping(gather_seconds=0.3))
            try:
                await work(store)
            finally:
                store.close()

    asyncio.run(run())


def test_a_slow_unit_ends_its_group() -> None:
    async def work(store: Store) -> None:
        def slow(_: Tx) -> None:
            clock.ms += 60

        await settled([store.write(LEASE, unit) for unit in (slow, put("a"), put("b"))])
        assert store.groups == 2

    clock = HandClock()
    in_store(work, clock=clock)


def test_too_much_waiting_is_refused() -> None:
    async def work(store: Store) -> None:
        waiting = [store.write(LEASE, lambda _: None) for _ in range(WAITING_UNITS_MAX)]
        assert store.waiting == WAITING_UNITS_MAX
        with pytest.raises(CannotKeep, match="too much waits"):
            store.write(LEASE, put("a"))
        assert set(await settled(waiting)) == {None}
        assert await store.write(LEASE, put("a")) == 1

    in_store(work)


# --- the lease (LS2) ----------------------------------------------------------------------------------------


def test_a_lease_that_ran_out_keeps_nothing() -> None:
    clock = HandClock()
    short = Lease("a", 1, clock.elapsed_seconds() + 1)

    async def work(store: Store) -> None:
        def outlasts(tx: Tx) -> None:
            tx.run("meta_put", ("b", "v"))
            clock.ms += 2_000

        futures = [store.write(short, put("a")), store.write(short, outlasts), store.write(short, put("c"))]
        results = await settled(futures)
        assert [type(result) for result in results] == [CannotKeep] * 3
        assert "while this was written" in str(results[1])
        assert store.view.one("meta_get", ("c",)) is None, "a unit behind the lease's end does not even run"
        with pytest.raises(CannotKeep, match="lease"):
            store.write(short, put("d"))

    in_store(work, clock=clock)


# --- those who wait -----------------------------------------------------------------------------------------


def test_a_waiter_that_gave_up_leaves_the_others_alone() -> None:
    async def work(store: Store) -> None:
        futures = [store.write(LEASE, put(key)) for key in "abc"]
        futures[1].cancel()
        one, two, three = await settled(futures)
        assert (one, three) == (1, 1)
        assert isinstance(two, asyncio.CancelledError)
        assert keys(store) == {"a", "b", "c"}

    in_store(work)


@pytest.mark.parametrize("threaded", [False, True])
def test_closing_commits_what_waits_and_takes_no_more(threaded: bool) -> None:
    async def run() -> None:
        with ram_folder() as folder:
            store = opened(folder, stepping=ThreadStepping() if threaded else None)
            futures = [store.write(LEASE, put(key)) for key in "abc"]
            store.close()
            store.close()
            assert await settled(futures) == [1, 1, 1]
            with pytest.raises(CannotKeep, match="closed"):
                store.write(LEASE, put("d"))
            again = opened(folder)
            assert keys(again) == {"a", "b", "c"}
            again.close()

    asyncio.run(run())


def test_a_writer_that_meets_the_unexpected_breaks_the_store() -> None:
    """Nobody may wait for a writer that is dead."""

    class BrokenClock(HandClock):
        broken = False

        def now_ms(self) -> int:
            if self.broken:
                raise OverflowError("clock")
            return super().now_ms()

    clock = BrokenClock()

    async def work(store: Store) -> None:
        broken: list[StoreBroken] = []
        store.on_broken = broken.append
        clock.broken = True
        results = await asyncio.wait_for(settled([store.write(LEASE, put(key)) for key in "abc"]), 5)
        assert [type(result) for result in results] == [StoreBroken] * 3
        assert len(broken) == 1
        with pytest.raises(StoreBroken):
            store.write(LEASE, put("d"))

    in_store(work, clock=clock)
    clock.broken = False
    in_store_with_thread_and(clock, work)


def in_store_with_thread_and(clock: HandClock, work: Work) -> None:
    async def run() -> None:
        with ram_folder() as folder:
            store = opened(folder, clock=clock, stepping=ThreadStepping())
            try:
                await work(store)
            finally:
                store.close()

    asyncio.run(run())


def test_each_waiter_gets_an_exception_of_its_own() -> None:
    """One that many raise grows by a traceback each time."""

    async def work(store: Store) -> None:
        store._connection.pragma("max_page_count", store._connection.pragma("page_count"))
        lost = [error for error in await settled([store.write(LEASE, full) for _ in range(5)]) if error]
        assert len({id(error) for error in lost}) == len(lost) == 5
        store._writer.fail("a test")
        raised: list[BaseException] = []
        for _ in range(2):
            with pytest.raises(StoreBroken) as caught:
                store.write(LEASE, put("a"))
            raised.append(caught.value)
        assert raised[0] is not raised[1]

    in_store(work)


# --- threads ------------------------------------------------------------------------------------------------


def test_many_tasks_and_the_writers_thread() -> None:
    """Acknowledged means readable at once, from the loop, while the writer goes on."""

    async def run() -> None:
        with ram_folder() as folder:
            store = opened(folder, stepping=ThreadStepping())

            async def task(name: int) -> None:
                for step in range(25):
                    await store.write(LEASE, put(f"task {name}", str(step)))
                    row = store.view.one("meta_get", (f"task {name}",))
                    assert row == (str(step),)
                    await store.look(LEASE)

            await asyncio.gather(*(task(name) for name in range(12)))
            assert store.groups < 12 * 25, "units share their commits"
            store.close()
            connection = apsw.Connection(str(folder / "hotel.db"))
            check_log(connection)
            connection.close()

    asyncio.run(run())


def test_a_loop_that_is_gone_ends_nothing() -> None:
    """A group may be filled, sealed or told after the loop has been closed."""
    with ram_folder() as folder:

        async def start() -> Store:
            store = opened(folder, stepping=ThreadStepping())
            store.write(LEASE, lambda tx: tx.run("meta_put", ("a", "v")))
            return store

        store = asyncio.run(start())
        store.close()
        assert store.groups == 1
        assert store.broken is None

        async def look() -> set[str]:
            again = opened(folder)
            found = keys(again)
            again.close()
            return found

        assert asyncio.run(look()) == {"a"}
