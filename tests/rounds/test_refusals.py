"""Stops and limits of the provider: who lifts them, what waits, and what goes on meanwhile (the facts' table)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.rounds.rig import Rig, in_house

from nightporter.channels.outcome import Action, Refused
from nightporter.gateway import pauses
from nightporter.model.outbox import Content, OutboxMessage, outbox_id
from nightporter.outbox import messages
from nightporter.rounds.lane import PROACTIVE
from nightporter.store import Tx

DAY_SECONDS = 86_400.0


def proactive(tx: Tx, rig: Rig, text: str) -> None:
    [conversation] = rig.conversations()
    message = OutboxMessage(
        outbox_id=outbox_id(rig.clock.now_ms(), text, 0),
        channel="whatsapp",
        number=rig.line.number,
        conversation_id=conversation,
        content=Content(text=text),
    )
    messages.add(
        tx, message, origin=PROACTIVE, covers=(), discloses=False, now_ms=rig.clock.now_ms(), claim=None
    )


def test_a_blocked_account_goes_on_when_a_person_says_so_and_not_before(tmp_path: Path) -> None:
    blocked = Refused("131031", "locked", Action.STOP_ALERT)

    async def story(rig: Rig) -> None:
        rig.line.says(blocked)
        await rig.guest_writes()
        await rig.until(lambda: rig.road.lane.stopped == "131031")
        await rig.rest(200)
        assert (rig.line.probes, rig.states(), rig.reasons()) == ([], ["waiting"], ["channel_stopped"])

    async def later(rig: Rig) -> None:
        await rig.rest(200)
        assert (rig.line.sent, rig.line.probes) == ([], [])
        rig.line.says(blocked)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: len(rig.line.sent) == 1 and rig.road.lane.stopped)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: rig.states() == ["sent"])
        assert rig.rows("channel_state", "whatsapp") == [(0, "")]

    in_house(story, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2)


def test_a_messaging_limit_waits_for_the_next_window_and_holds_up_nobody() -> None:
    limit = Refused("131064", "limit reached", Action.RETRY_WINDOW)

    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        rig.line.says(limit)
        await rig.write(lambda tx: proactive(tx, rig, "template"))
        rig.road.bell.ring()
        await rig.until(lambda: rig.states().count("waiting") == 1 and len(rig.line.sent) == 2)
        await rig.guest_writes("breakfast?")
        await rig.until(lambda: rig.states().count("sent") == 2)
        loop: Any = asyncio.get_running_loop()
        loop.start_at(loop.time() + DAY_SECONDS)
        await rig.until(lambda: rig.states() == ["sent"] * 3)
        assert (rig.reasons(), len(rig.line.sent)) == ([], 4)

    in_house(story)


def test_an_answer_that_would_wait_past_its_window_goes_to_staff() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Refused("131064", "limit reached", Action.RETRY_WINDOW))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["failed"])
        assert rig.reasons() == ["not_delivered"]

    in_house(story)


def test_a_spam_limit_stops_what_nobody_asked_for_and_nothing_else(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        rig.line.says(Refused("131048", "quality", Action.STOP_PROACTIVE))
        await rig.write(lambda tx: proactive(tx, rig, "one"))
        rig.road.bell.ring()
        await rig.until(lambda: rig.reasons() == ["not_delivered", "proactive_stopped"])

    async def later(rig: Rig) -> None:
        await rig.write(lambda tx: proactive(tx, rig, "two"))
        rig.road.bell.ring()
        await rig.until(lambda: "dead" in rig.states())
        assert rig.line.sent == []
        for _ in range(2):  # the fake begins anew with its ids: the first is a repeat
            await rig.guest_writes("breakfast?")
        await rig.until(lambda: len(rig.line.sent) == 1)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.write(lambda tx: proactive(tx, rig, "three"))
        rig.road.bell.ring()
        await rig.until(lambda: len(rig.line.sent) == 2)
        assert rig.line.sent[-1].text == "three"

    in_house(story, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2)
