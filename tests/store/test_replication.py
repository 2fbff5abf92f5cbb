"""The log alone makes the same file: replayed over random groups, rolled back units and deletes (RL1, RL2, RL5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.store.world import LEASE, check_chain, check_log, content, opened, ram_folder, replayed, settled

from nightporter.store import Store, Tx
from nightporter.store.sql import migrations
from nightporter.testing.providers.chance import Dice, below

RUNS = 10
GROUPS = 40
ROLLED_BACK = 0.4

Change = Callable[[Tx, Dice, int], None]


def conversation(tx: Tx, dice: Dice, number: int) -> None:
    guest = f"g{below(dice, 12)}"
    if tx.one("guest_get", (guest,)) is None:
        tx.run("guest_add", (guest, "", "en", "none", number))
    tx.run("identity_add", (f"phone {below(dice, 40)}", guest, number))
    if tx.one("conversation_find", (guest, "whatsapp", "1")) is None:
        tx.run("conversation_add", (f"c{guest}", guest, "whatsapp", "1"))
    tx.run("conversation_heard", (number, number, f"c{guest}"))


def outbox(tx: Tx, dice: Dice, number: int) -> None:
    conversation(tx, dice, number)
    chosen = tx.all("conversations_recent", (1 << 60, 50))
    target = chosen[below(dice, len(chosen))][0]
    name = f"o{number:05}"
    values = (
        name,
        "whatsapp",
        "1",
        target,
        "",
        "",
        "é" * below(dice, 300),
        "",
        "desk",
        "[]",
        0,
        "waiting",
        0,
    )
    tx.run("outbox_add", (*values, number, number, 0, number, 1))
    if below(dice, 2):
        tx.run("outbox_claim", (1, number, name))
        tx.run("attempt_add", (name, 1, 1, number))
        tx.run("outbox_accepted", (f"p{number}", name))


def forget(tx: Tx, dice: Dice, number: int) -> None:
    tx.run("audit_add", (f"{number:06}", number, "who", "what", "", "x" * below(dice, 5_000)))
    if below(dice, 4) == 0:
        tx.run("audit_old", (f"{below(dice, number + 1):06}",))


def settings(tx: Tx, dice: Dice, number: int) -> None:
    tx.run("meta_put", (f"k{below(dice, 6)}", str(number)))
    tx.run("dictionary_add", (below(dice, 20), bytes(below(dice, 50))))
    tx.run("timer_put", (f"t{below(dice, 5)}", "kind", number, "", "", "{}"))
    tx.run("timer_drop", (f"t{below(dice, 5)}", number - 1))


def breaks_a_rule(tx: Tx, dice: Dice, number: int) -> None:
    """One statement fails and the unit goes on: only that statement is undone."""
    settings(tx, dice, number)
    with pytest.raises(apsw.ConstraintError):
        tx.run("conversation_add", (f"c{number}", "nobody", "whatsapp", "1"))


CHANGES: tuple[Change, ...] = (conversation, outbox, forget, settings, breaks_a_rule)


class Undone(Exception):
    """A unit that changes its mind."""


async def run_groups(folder: Path, seed: int) -> int:
    """Random groups; how many units were undone."""
    dice, undone = Dice(seed), 0
    store = opened(folder)

    def unit(number: int, change: Change, chance: Dice) -> Callable[[Tx], None]:
        def run(tx: Tx) -> None:
            change(tx, chance, number)
            if chance.random() < ROLLED_BACK:
                raise Undone

        return run

    for group in range(GROUPS):
        units = [
            unit(group * 10 + place, CHANGES[below(dice, len(CHANGES))], Dice(dice.getrandbits(64)))
            for place in range(1 + below(dice, 8))
        ]
        results = await settled([store.write(LEASE, each) for each in units])
        assert all(result is None or isinstance(result, Undone) for result in results), results
        undone += sum(isinstance(result, Undone) for result in results)
        if below(dice, 8) == 0:
            await store.write(LEASE, lambda tx, at=group: tx.run("audit_old", (f"{at * 10:06}",)), drops=True)
    store.close()
    return undone


@pytest.mark.parametrize("seed", range(RUNS))
def test_replay_gives_the_same_rows(seed: int) -> None:
    with ram_folder() as folder:
        undone = asyncio.run(run_groups(folder, seed))
        assert undone > GROUPS / 2
        connection = apsw.Connection(str(folder / "hotel.db"))
        check_log(connection)
        assert content(connection)["outbox"]
        assert content(connection)["attempts"]
        connection.close()


def test_replay_stops_at_a_conflict() -> None:
    """What the replay of these tests would say of a log that does not fit."""
    with ram_folder() as folder:
        asyncio.run(run_groups(folder, 1))
        connection = apsw.Connection(str(folder / "hotel.db"))
        rows = check_chain(connection)
        connection.close()
        with pytest.raises(AssertionError, match="conflict"):
            replayed([*rows, rows[-1]])


async def in_store(work: Callable[[Store], Any]) -> Any:
    with ram_folder() as folder:
        store = opened(folder)
        try:
            return await work(store)
        finally:
            store.close()


def test_a_unit_that_changed_nothing_makes_no_log_row() -> None:
    async def work(store: Store) -> None:
        before = store.view.scalar("log_head")
        await store.write(LEASE, lambda tx: tx.run("key_revoke", (1, "none")))
        await store.write(LEASE, lambda tx: tx.all("key_list"))
        assert store.view.scalar("log_head") == before
        await store.write(LEASE, lambda tx: tx.run("meta_put", ("k", "v")))
        assert store.view.scalar("log_head") == before + 1

    asyncio.run(in_store(work))


def test_deletes_are_logged_by_key_alone() -> None:
    """RL5: a patchset, because what is dropped needs no copy in the log."""

    async def work(store: Store) -> tuple[int, int]:
        sizes: list[int] = []
        for drops in (False, True):
            for number in range(20):
                row = (f"{number:06}", 0, "", "", "", "x" * 2_000)
                await store.write(LEASE, lambda tx, row=row: tx.run("audit_add", row))
            before = store.view.all("log_head")[0][2]
            dropped = await store.write(LEASE, lambda tx: tx.run("audit_old", ("9",)), drops=drops)
            assert dropped == 20
            sizes.append(store.view.all("log_head")[0][2] - before)
        connection = apsw.Connection(str(store.folder / "hotel.db"))
        check_log(connection)
        connection.close()
        return sizes[0], sizes[1]

    changeset, patchset = asyncio.run(in_store(work))
    assert patchset * 10 < changeset


def test_log_rows_carry_the_epoch_of_their_lease() -> None:
    async def work(store: Store) -> list[int]:
        later = type(LEASE)("a", 2)
        await settled(
            [
                store.write(lease, lambda tx, key=key: tx.run("meta_put", (key, "v")))
                for key, lease in (("a", LEASE), ("b", LEASE), ("c", later))
            ]
        )
        return [row[1] for row in store.view.all("log_rows", (len(migrations()), 10))]

    assert asyncio.run(in_store(work)) == [1, 2]


def test_a_changed_row_of_the_log_breaks_the_chain() -> None:
    async def work(store: Store) -> None:
        await store.write(LEASE, lambda tx: tx.run("meta_put", ("k", "v")))

    async def run(folder: Path) -> None:
        store = opened(folder)
        await work(store)
        store.close()

    with ram_folder() as folder:
        asyncio.run(run(folder))
        connection = apsw.Connection(str(folder / "hotel.db"))
        connection.execute("UPDATE replication_log SET epoch = 9 WHERE seq = 2")
        with pytest.raises(AssertionError, match="chain breaks at 2"):
            check_chain(connection)
        connection.close()
