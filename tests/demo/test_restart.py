"""Ctrl-C in the middle, and again: the talk is there, nothing is lost, nothing is answered twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

from tests.demo.play import Play, on_stage, playing

from nightporter.clock import SystemClock
from nightporter.testing.demo.cast import bookings, player
from nightporter.testing.demo.memory import RECORDS_MAX, LedgerMemory
from nightporter.testing.demo.world import World
from nightporter.testing.providers.chance import Dice

FIRE = "Help, there is a fire in my room!"
BY_HAND = "Reception here, somebody is coming."


def test_the_talk_is_still_there_after_a_restart(tmp_path: Path) -> None:
    async def first(play: Play) -> None:
        for guest in ("anna", "lucia"):
            await play.press("text", guest=guest, text=FIRE)
            await play.until(lambda guest=guest: len(play.said(guest)) == 1)
        await play.turn("app", text=BY_HAND)
        await play.quiet()

    async def second(play: Play) -> None:
        for guest in ("anna", "lucia"):
            assert play.chat(guest).bubbles[0].text == FIRE
        assert [bubble.who for bubble in play.chat().bubbles] == ["me", "hotel", "app"]
        assert [bubble.tick for bubble in play.said()] == ["read"]
        assert play.world.waiting() == 0, "everything was told before"
        await play.press("text", guest="jonas", text=FIRE)
        await play.until(lambda: len(play.said("jonas")) == 1)

    on_stage(tmp_path, first)
    on_stage(tmp_path, second)


def test_what_the_node_had_not_got_comes_after_the_restart_once(tmp_path: Path) -> None:
    async def first(play: Play) -> None:
        await play.turn("hold:on")
        await play.press("text", text=FIRE)
        await play.press("photo", text="the tap")
        await play.press("text", guest="lucia", text=FIRE)
        await play.turn("app", guest="jonas", text=BY_HAND)
        assert play.world.waiting() == 4

    async def second(play: Play) -> None:
        await play.until(lambda: len(play.said()) >= 1 and len(play.said("lucia")) == 1)
        await play.quiet()
        view = play.live.parts.node.store.view
        rows = view.all("conversations_recent", (1 << 62, 9))
        entries = [row for talk in rows for row in view.all("entries_conversation", (talk[0], 1 << 62, 9))]
        assert sorted(row[1] for row in entries) == ["echo", "message", "message", "message"]
        await play.until(lambda: not view.all("media_due", (1 << 62, 9)))
        assert len(list((tmp_path / "demo" / "media").iterdir())) == 1, "the photo was kept for it"

    on_stage(tmp_path, first)
    on_stage(tmp_path, second)


def test_statuses_that_were_still_to_come_come_after_the_restart(tmp_path: Path) -> None:
    async def first(play: Play) -> None:
        for core in play.world.cores.values():
            core.behaviour.change({"delivered_ms": 600_000, "read_ms": 600_000})
        for guest in ("anna", "lucia"):
            await play.press("text", guest=guest, text=FIRE)
            await play.until(lambda guest=guest: [b.tick for b in play.said(guest)] == ["sent"])

    async def second(play: Play) -> None:
        for guest in ("anna", "lucia"):
            await play.until(lambda guest=guest: [b.tick for b in play.said(guest)] == ["read"])
        view = play.live.parts.node.store.view
        await play.quiet()
        states = [row[4] for row in view.all("outbox_list", ("", "", 9))]
        assert states == ["read", "read"]

    on_stage(tmp_path, first)
    on_stage(tmp_path, second)


def test_a_message_that_was_told_nothing_of_stays_so(tmp_path: Path) -> None:
    more = {"SEND_TIMEOUT_SECONDS": "0.3", "SEND_SETTLE_SECONDS": "1"}

    async def first(play: Play) -> None:
        await play.turn("fail:mute")
        await play.press("text", text=FIRE)
        view = play.live.parts.node.store.view
        await play.until(lambda: dict(view.all("outbox_counts")).get("maybe_sent") == 1)

    async def second(play: Play) -> None:
        await play.quiet()
        assert dict(play.live.parts.node.store.view.all("outbox_counts")) == {"maybe_sent": 1}
        assert len(play.said()) == 1

    on_stage(tmp_path, first, **more)
    on_stage(tmp_path, second, **more)


def test_the_turned_clock_stays_turned(tmp_path: Path) -> None:
    async def first(play: Play) -> None:
        await play.turn("clock:hour")

    async def second(play: Play) -> None:
        assert play.world.clock.shift_ms == 3_600_000

    on_stage(tmp_path, first)
    on_stage(tmp_path, second)


def test_the_house_is_seeded_once(tmp_path: Path) -> None:
    async def story() -> None:
        for _ in range(2):
            async with playing(tmp_path) as play:
                view = play.live.parts.node.store.view
                found = view.all("stays_list", ("0000-00-00", 99))
                assert sorted(row[2] for row in found) == ["GIN-118", "GIN-204", "GIN-310"]
                assert len(view.all("guests_list", ("", 99))) == 4

    asyncio.run(story())


def test_somebody_is_always_in_the_house() -> None:
    today = date(2027, 2, 28)
    for booking in bookings(today):
        inside = booking.arrival <= today.isoformat() <= booking.departure
        assert inside == (booking.code != "GIN-118")


def test_a_ledger_survives_a_torn_line_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "whatsapp.jsonl"
    line = '{"seq":%d,"t_ms":1,"kind":"read","message_id":"m","guest":null,"typing":false}\n'
    path.write_text("".join(line % number for number in range(RECORDS_MAX + 50)) + '{"seq":9,"t_m')
    recalled = LedgerMemory(path).recall()
    assert len(recalled) == RECORDS_MAX - 1

    async def story() -> None:
        async with World.opened(tmp_path, SystemClock(), Dice(1)) as world:
            now_ms = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
            assert world.core(player("anna")).due(now_ms) == []

    asyncio.run(story())
    assert len(path.read_text().splitlines()) == RECORDS_MAX - 1
