"""Retention: each kind goes when it is old, and only then; the log of changes is pruned (RL5)."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.rounds.rig import Rig, in_house

from nightporter.gateway.pauses import audit
from nightporter.journal import events, people, timers
from nightporter.journal.deliveries import Bodies, Delivery, keep
from nightporter.journal.events import NewEvent
from nightporter.journal.remarks import Note, add_note
from nightporter.model.decision import NewTask
from nightporter.outbox import tasks
from nightporter.rounds.housekeeping import DAY_MS, TIMER, Retention

KINDS = ("bodies", "deliveries", "attempts", "statuses", "event_steps", "audit", "tasks", "notes")


def counts(rig: Rig) -> dict[str, int]:
    ask: Any = rig.node.store._connection.execute
    return {kind: ask(f"SELECT count(*) FROM {kind}").fetchone()[0] for kind in KINDS}


def later(days: float) -> None:
    loop = asyncio.get_running_loop()
    loop.start_at(loop.time() + days * DAY_MS / 1000)  # type: ignore[attr-defined]


async def a_day_s_work(rig: Rig) -> None:
    """One row of every kind that is deleted, and one of what stays."""
    await rig.guest_writes()
    await rig.until(lambda: rig.states() == ["sent"])
    which = rig.line.sent[0].outbox_id
    await rig.tell("read", echo=which, provider_id=f"p:{which}")
    await rig.until(lambda: rig.states() == ["read"])
    now_ms, ids = rig.clock.now_ms(), rig.node.ids
    new = NewEvent(event_id=f"e{now_ms}", type="flight.delayed", source="test", payload={})
    await rig.write(events.accept(new, now_ms, "test"))
    rig.parts.events.bell.ring()
    await rig.write(audit(rig.node, "test", "looked", ""))
    task = NewTask(key=f"t{now_ms}", department="reception", reason="x", summary="")

    def unit(tx: object) -> None:
        assert tasks.done(tx, tasks.add(tx, ids.new(), task, None, now_ms), "desk", now_ms)  # type: ignore[arg-type]

    await rig.write(unit)
    guest_id = people.conversation(rig.node.store.view, rig.line.sent[0].conversation_id).guest_id
    note = Note(note_id=ids.new(), author="Marta", text="x", at_ms=now_ms)
    await rig.write(add_note(guest_id, note))
    await rig.until(lambda: rig.rows("events_waiting_count") == [(0,)])


def test_each_kind_goes_in_its_own_time_and_not_before() -> None:
    retention = Retention(
        bodies=10, deliveries=20, attempts=30, statuses=40, event_steps=50, audit=60, tasks=70, notes=80
    )

    async def story(rig: Rig) -> None:
        await a_day_s_work(rig)
        whole = counts(rig)
        assert min(whole.values()) >= 1
        expected = dict(whole)
        for kind, days in zip(KINDS, range(10, 90, 10), strict=True):
            later(9.5 if days == 10 else 9.4)
            await rig.parts.housekeeping.nightly(())
            assert counts(rig) == expected, f"{kind} went too early"
            later(0.6)
            await rig.parts.housekeeping.nightly(())
            expected[kind] = 0
            assert counts(rig) == expected, kind
        assert rig.rows("dispositions_count") == [("answered", 1)]
        assert rig.rows("outbox_get", rig.line.sent[0].outbox_id)
        assert rig.count("retention", "bodies_old") == whole["bodies"]

    async def without_housekeeping(rig: Rig) -> None:
        rounds = [
            asyncio.ensure_future(round_())
            for name, round_ in rig.parts.rounds()
            if name in {"intake", "turns", "events", "delivery-whatsapp"}
        ]
        await story(rig)
        for one in rounds:
            one.cancel()

    in_house(without_housekeeping, begin=False, retention=retention)


def test_what_is_not_settled_stays() -> None:
    async def story(rig: Rig) -> None:
        rig.line.split = lambda body, received_ms: ()  # type: ignore[method-assign]
        await rig.deliver(b"{}")
        await rig.until(lambda: not rig.rows("deliveries_new", "", 1))
        task = NewTask(key="open", department="reception", reason="x", summary="")
        await rig.write(lambda tx: tasks.add(tx, rig.node.ids.new(), task, None, rig.clock.now_ms()))
        later(4_000)
        await rig.parts.housekeeping.nightly(())
        left = counts(rig)
        assert (left["deliveries"], left["tasks"], left["bodies"]) == (1, 1, 0)

    async def intake(rig: Rig) -> None:
        reading = asyncio.ensure_future(rig.parts.intake.run())
        await story(rig)
        reading.cancel()

    in_house(intake, begin=False)


def test_a_status_that_is_nobody_s_goes_like_any_other() -> None:
    async def story(rig: Rig) -> None:
        await rig.tell("read", provider_id="p-nobody-s")
        await rig.until(lambda: counts(rig)["statuses"] == 1)
        later(9.5)
        await rig.parts.housekeeping.nightly(())
        assert counts(rig)["statuses"] == 1
        later(0.6)
        await rig.parts.housekeeping.nightly(())
        assert (counts(rig)["statuses"], rig.count("retention", "statuses_parked_old")) == (0, 1)

    in_house(story, retention=Retention(statuses=10))


def test_bytes_that_nobody_has_read_yet_stay() -> None:
    async def story(rig: Rig) -> None:
        delivery = Delivery(rig.node.ids.new(), "whatsapp", rig.clock.now_ms(), b"{}")
        await rig.node.write(keep(delivery, Bodies(rig.node.store.view).pack(delivery.body)))
        later(4_000)
        await rig.parts.housekeeping.nightly(())
        assert len(rig.rows("deliveries_new", "", 10)) == 1
        assert await rig.parts.intake.read_new()
        await rig.parts.housekeeping.nightly(())
        assert counts(rig)["bodies"] == 0

    in_house(story, begin=False)


def test_the_timer_is_set_and_moves_on() -> None:
    async def story(rig: Rig) -> None:
        [(kind, due_ms, *_)] = rig.rows("timer_get", TIMER)
        assert (kind, due_ms) == (
            TIMER,
            timers.next_ms("30 4 * * *", rig.parts.hotel().timezone, rig.clock.now_ms()),
        )
        later((due_ms - rig.clock.now_ms()) / DAY_MS)
        await rig.until(lambda: rig.rows("timer_get", TIMER)[0][1] > due_ms)

    in_house(story)


def test_the_log_of_changes_is_pruned_and_its_head_stays() -> None:
    async def story(rig: Rig) -> None:
        for _ in range(1_200):
            await rig.node.write(audit(rig.node, "test", "looked", ""))
        later(2)
        head = rig.rows("log_head")[0][0]
        assert await rig.parts.housekeeping.prune_log() >= 1_199
        assert rig.rows("log_rows", 0, 9)[0][0] >= head
        assert await rig.parts.housekeeping.prune_log() == 0

    in_house(story, begin=False)
