"""Stops and limits of the provider: who lifts them, what waits, and what goes on meanwhile (the facts' table)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.rounds.rig import Held, Rig, in_house

from nightporter.channels.outcome import Accepted, Action, Refused
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
        assert [row[1] for row in rig.rows("channel_state", "whatsapp")] == [""]

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


async def told_failed(rig: Rig, which: int, code: int, at_ms: int = 0) -> None:
    """The provider tells of the `which`-th message that it took, and says only now why it goes nowhere."""
    sent = rig.line.sent[which].outbox_id
    await rig.tell("failed", echo=sent, provider_id=f"p:{sent}", error=code, at_ms=at_ms)


async def answered(rig: Rig, text: str) -> None:
    """A guest writes, and the provider takes our answer."""
    before = rig.states().count("sent")
    await rig.guest_writes(text)
    await rig.until(lambda: rig.states().count("sent") == before + 1)


def on_call(rig: Rig) -> int:
    return rig.reasons().count("channel_stopped")


def test_a_block_told_in_a_failed_status_stops_as_one_in_an_answer(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for text in ("Hello", "breakfast?"):
            await answered(rig, text)
        for _ in range(2):  # each of them, and again: staff are told once
            await told_failed(rig, 0, 131031)
            await told_failed(rig, 1, 131042)
        assert (rig.road.lane.stopped, on_call(rig)) == ("131031", 1)
        await rig.guest_writes("pool?")
        await rig.rest(200)
        assert (len(rig.line.sent), rig.line.probes) == (2, [])
        assert sorted(rig.states()) == ["failed", "failed", "waiting"]

    async def later(rig: Rig) -> None:
        await rig.rest(200)
        assert (rig.road.lane.stopped, rig.line.sent) == ("131031", [])
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: sorted(rig.states()) == ["failed", "failed", "sent"])
        assert (rig.road.lane.stopped, on_call(rig)) == ("", 0)

    in_house(story, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2)


def test_a_status_older_than_the_lifting_stops_nothing_and_a_newer_one_does() -> None:
    async def story(rig: Rig) -> None:
        for text in ("Hello", "breakfast?", "pool?"):
            await answered(rig, text)
        await told_failed(rig, 0, 368)
        said_ms = rig.clock.now_ms()
        await rig.rest(10)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.rest(10)
        await told_failed(rig, 0, 368)
        await told_failed(rig, 1, 368, said_ms)
        assert (rig.road.lane.stopped, on_call(rig)) == ("", 0)
        assert sorted(rig.states()) == ["failed", "failed", "sent"]
        await told_failed(rig, 2, 368)
        assert (rig.road.lane.stopped, on_call(rig)) == ("368", 1), (
            "staff are told of each stop they must lift"
        )

    in_house(story)


def test_a_token_refused_in_a_status_is_probed_and_sending_goes_on() -> None:
    async def story(rig: Rig) -> None:
        rig.line.token_good = False
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await told_failed(rig, 0, 190)
        await rig.guest_writes("breakfast?")
        await rig.rest(100)
        assert sorted(rig.states()) == ["failed", "waiting"]
        rig.line.token_good = True
        await rig.until(lambda: sorted(rig.states()) == ["failed", "sent"], 70)
        assert (rig.road.lane.stopped, on_call(rig)) == ("", 0)

    in_house(story)


def test_a_status_that_comes_before_the_answer_stops_once_the_answer_says_whose_it_is() -> None:
    async def story(rig: Rig) -> None:
        answer = Held(Accepted("early"))
        rig.line.says(answer)
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent != [])
        await rig.tell("failed", provider_id="early", error=131031)
        assert rig.road.lane.stopped == ""
        answer.end.set()
        await rig.until(lambda: rig.states() == ["failed"])
        await rig.until(lambda: rig.road.lane.stopped == "131031")
        assert on_call(rig) == 1

    in_house(story)


@pytest.mark.parametrize("code", [131026, 131047, 131049, 132001, 131000, 0])
def test_a_status_about_one_message_or_none_of_ours_stops_nothing(code: int) -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.tell("failed", provider_id="somebody-elses", error=131031)
        if code:
            await told_failed(rig, 0, code)
            assert rig.reasons() == ["not_delivered"]
        await rig.guest_writes("breakfast?")
        await rig.until(lambda: rig.states().count("sent") == 2 - bool(code))
        assert (rig.road.lane.stopped, rig.parts.roads["spoki"].lane.stopped, on_call(rig)) == ("", "", 0)

    in_house(story)


def test_a_stop_is_of_the_channel_and_the_number_that_it_was_told_of() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        number, rig.line.number = rig.line.number, "another"  # the hotel has changed its number since
        await told_failed(rig, 0, 131031)
        assert (rig.road.lane.stopped, rig.states()) == ("", ["failed"])
        rig.line.number = number
        await rig.guest_writes("breakfast?")
        await rig.until(lambda: len(rig.line.sent) == 2 and "sent" in rig.states())
        await told_failed(rig, 1, 131031)
        assert (rig.road.lane.stopped, rig.parts.roads["spoki"].lane.stopped) == ("131031", "")

    in_house(story)


def test_a_spam_limit_told_in_a_status_stops_what_nobody_asked_for() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.write(lambda tx: proactive(tx, rig, "one"))
        rig.road.bell.ring()
        await rig.until(lambda: rig.states() == ["sent"] * 2)
        await told_failed(rig, 1, 131048)
        assert rig.reasons() == ["not_delivered", "proactive_stopped"]
        await rig.write(lambda tx: proactive(tx, rig, "two"))
        rig.road.bell.ring()
        await rig.until(lambda: "dead" in rig.states())
        await rig.guest_writes("breakfast?")
        await rig.until(lambda: len(rig.line.sent) == 3)
        assert (rig.line.sent[-1].text, rig.road.lane.stopped) == ("answer", "")

    in_house(story)
