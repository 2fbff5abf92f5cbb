"""While nothing can be kept every round waits and goes on by itself: that is no crash (ST3, ST4)."""

from __future__ import annotations

from typing import Any

from tests.rounds.rig import Rig, in_house

from nightporter.channels.outcome import Action, Refused, Unknown
from nightporter.journal import timers

FULL_SECONDS = 8.0
STEP_SECONDS = 0.01


async def full(rig: Rig) -> None:
    """The disk is full for a while; it frees itself at the end."""
    store = rig.node.store
    for _ in range(int(FULL_SECONDS / STEP_SECONDS)):
        store._writer.close_door(store.trouble.FULL)
        await rig.clock.sleep(STEP_SECONDS)


async def unknown(rig: Rig) -> None:
    rig.line.says(Unknown("timeout"))
    await rig.guest_writes()
    await rig.until(lambda: rig.states() == ["unknown"])


def test_settling_waits() -> None:
    async def story(rig: Rig) -> None:
        await unknown(rig)
        await rig.rest(4)
        await full(rig)
        assert rig.states() == ["unknown"]
        await rig.until(lambda: rig.states() == ["maybe_sent"])

    in_house(story, send_settle_seconds=5)


def test_a_timer_waits() -> None:
    async def story(rig: Rig) -> None:
        await rig.write(lambda tx: timers.put(tx, "odd", "hologram", rig.clock.now_ms() + 1_000))
        rig.parts.alarms.bell.ring()
        await full(rig)
        assert rig.reasons() == []
        await rig.until(lambda: rig.reasons() == ["unknown_timer"])
        await rig.until(lambda: rig.rows("timer_get", "odd") == [])

    in_house(story)


def test_a_delivery_that_cannot_be_read_waits_to_be_put_aside() -> None:
    async def story(rig: Rig) -> None:
        def crash(*_: Any) -> Any:
            raise ZeroDivisionError

        rig.line.split = crash  # type: ignore[method-assign]
        await rig.deliver(b"{}")
        await full(rig)
        assert rig.reasons() == []
        await rig.until(lambda: rig.reasons() == ["odd_delivery"])
        await rig.until(lambda: not rig.rows("deliveries_new", "", 1))

    in_house(story)


def test_a_probe_that_went_well_is_tried_again_and_not_at_once() -> None:
    async def story(rig: Rig) -> None:
        rig.line.token_good = False
        rig.line.says(Refused("190", "token expired", Action.STOP_CHANNEL))
        await rig.guest_writes()
        await rig.until(lambda: rig.road.lane.stopped)
        rig.line.token_good = True
        probes = len(rig.line.probes)
        while len(rig.line.probes) == probes:
            await rig.clock.sleep(STEP_SECONDS)
            rig.node.store._writer.close_door(rig.node.store.trouble.FULL)
        await full(rig)
        assert (rig.road.lane.stopped, len(rig.line.probes)) == ("190", probes + 1)
        await rig.until(lambda: rig.states() == ["sent"], 70)

    in_house(story)


def test_what_is_too_late_waits_to_be_given_up() -> None:
    async def story(rig: Rig) -> None:
        rig.road.lane.pause(30)
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["waiting"])
        [message] = rig.rows("outbox_list", "", "", 1)
        await rig.write(lambda tx: ends_soon(tx, message[0], rig.clock.now_ms()))
        await full(rig)
        assert rig.states() == ["waiting"]
        await rig.until(lambda: rig.states() == ["dead"])
        assert (rig.reasons(), rig.line.sent) == (["not_delivered"], [])

    def ends_soon(tx: Any, outbox_id: str, now_ms: int) -> None:
        tx._connection.execute(
            "UPDATE outbox SET expires_ms = ? WHERE outbox_id = ?", (now_ms + 1_000, outbox_id)
        )

    in_house(story)
