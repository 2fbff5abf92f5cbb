"""A restored node handles by itself only what is new: nobody is answered twice, nothing is sent twice (0007)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.backup.house import restored, taken
from tests.support.node import RunningNode, running_node

from nightporter.backup.restoring import NOW_MS, Outcome
from nightporter.clock import SystemClock
from nightporter.outbox import tasks

CLOCK = SystemClock()
EARLY, GUEST, OTHER = "393331110000", "393331234567", "393339876543"
SECOND_MS = 1_000  # the provider tells times in seconds

Story = Callable[[RunningNode], Awaitable[None]]


def live(folder: Path, story: Story, *, rounds: bool = True) -> None:
    """One life of a node on the folder."""

    async def main() -> None:
        async with running_node(folder, channels=("whatsapp",), rounds=rounds) as node:
            await story(node)
            assert not node.crashes()

    asyncio.run(main())


def snapshot(folder: Path) -> None:
    taken(folder, CLOCK.now_ms())


def writes(node: RunningNode, guest: str, text: str, at_ms: int = 0) -> None:
    node.meta.behaviour.p_bulky = 1.0  # kept first, read by the round
    node.meta.guest_sends(guest, "text", at_ms or CLOCK.now_ms(), {"body": text})
    node.providers["whatsapp"].poke()


def writes_anew(node: RunningNode, guest: str, text: str) -> None:
    """A message of now. The fake of each life makes the same ids, so one is spent before."""
    node.meta.guest_sends(EARLY, "text", CLOCK.now_ms(), {"body": "thanks"})
    writes(node, guest, text, CLOCK.now_ms() + 2 * SECOND_MS)


def sends(node: RunningNode) -> int:
    """How often this life of the node has sent, whatever the provider said."""
    return sum(count for key, count in node.node.counts.of.items() if key[0] == "sent")


def reasons(node: RunningNode) -> list[str]:
    return sorted(task.reason for task in tasks.open_tasks(node.node.store.view))


async def kept(node: RunningNode) -> None:
    """Until the webhook is on disk, and nobody has read it."""
    view = node.node.store.view
    await node.until(lambda: view.scalar("deliveries_new_count") == 1)


async def asks(node: RunningNode) -> None:
    writes(node, GUEST, "What time is breakfast?")
    await kept(node)


async def answers(node: RunningNode) -> None:
    await node.until(lambda: sends(node) == 1)
    await node.idle()


def after_a_crash(folder: Path, **wish: Any) -> Outcome:
    for name in ("hotel.db", "hotel.db-wal", "hotel.db-shm"):
        if "until_ms" not in wish:
            (folder / name).unlink(missing_ok=True)
    return restored(folder, clock=CLOCK, **wish)


def test_what_was_unread_then_is_not_answered_again(tmp_path: Path) -> None:
    """The snapshot has the webhook, the node answered it, the file was lost."""

    async def again(node: RunningNode) -> None:
        await node.until(lambda: "maybe_answered" in reasons(node))
        writes_anew(node, GUEST, "And is there a pool?")
        await node.until(lambda: sends(node) == 1)
        await node.idle()
        assert sends(node) == 1, "the new question is answered, the old one is not"
        assert reasons(node) == ["maybe_answered", "restored"]

    live(tmp_path, asks, rounds=False)
    snapshot(tmp_path)
    live(tmp_path, answers)
    done = after_a_crash(tmp_path)
    assert done.in_doubt == {"entries": 0, "messages": 0, "events": 0}
    live(tmp_path, again)


def test_what_was_read_and_unanswered_then_goes_to_staff(tmp_path: Path) -> None:
    async def reads(node: RunningNode) -> None:
        writes(node, GUEST, "What time is breakfast?")
        await kept(node)
        await node.parts.intake.read_new()

    async def again(node: RunningNode) -> None:
        await node.until(lambda: "maybe_answered" in reasons(node))
        await node.idle()
        assert sends(node) == 0

    live(tmp_path, reads, rounds=False)
    snapshot(tmp_path)
    live(tmp_path, answers)
    assert after_a_crash(tmp_path).in_doubt["entries"] == 1
    live(tmp_path, again)


def test_an_emergency_in_doubt_still_rings(tmp_path: Path) -> None:
    async def calls(node: RunningNode) -> None:
        writes(node, GUEST, "Help, there is a fire in my room!")
        await kept(node)

    async def again(node: RunningNode) -> None:
        await node.until(
            lambda: any(t.urgency == "emergency" for t in tasks.open_tasks(node.node.store.view))
        )

    live(tmp_path, calls, rounds=False)
    snapshot(tmp_path)
    after_a_crash(tmp_path)
    live(tmp_path, again)


def test_what_was_waiting_to_be_sent_then_is_not_sent_again(tmp_path: Path) -> None:
    async def pauses(node: RunningNode) -> None:
        await node.ask("POST", "/api/mesh/commands", {"action": "PAUSE_WORKERS", "workers": "delivery"})
        writes(node, GUEST, "What time is breakfast?")
        await node.until(lambda: node.node.store.view.all("outbox_counts") == [("waiting", 1)])

    async def resumes(node: RunningNode) -> None:
        await node.ask("POST", "/api/mesh/commands", {"action": "RESUME_WORKERS", "workers": "all"})
        await answers(node)

    async def again(node: RunningNode) -> None:
        await node.ask("POST", "/api/mesh/commands", {"action": "RESUME_WORKERS", "workers": "all"})
        writes_anew(node, OTHER, "Is there a pool?")
        await answers(node)
        assert sends(node) == 1, "the new guest only"
        assert dict(node.node.store.view.all("outbox_counts")) == {"unknown": 1}
        await node.parts.settling.look(1_000.0)
        assert reasons(node) == ["maybe_sent", "restored"]

    live(tmp_path, pauses)
    snapshot(tmp_path)
    live(tmp_path, resumes)
    assert after_a_crash(tmp_path).in_doubt["messages"] == 1
    live(tmp_path, again)


def test_an_event_that_waited_then_is_put_aside(tmp_path: Path) -> None:
    event = {"type": "flight.cancelled", "source": "test", "payload": {"flightNumber": "LH1"}, "id": "e1"}

    async def posts(node: RunningNode) -> None:
        assert (await node.ask("POST", "/api/mesh/events", event))[0] == 202

    async def delivers(node: RunningNode) -> None:
        await node.idle()

    async def again(node: RunningNode) -> None:
        await node.idle()
        _, told = await node.ask("GET", "/api/mesh/events/e1")
        assert told["state"] == "dead"
        assert reasons(node) == ["event_in_doubt", "restored"]
        await node.ask("POST", "/api/mesh/events/e1/replay", {})
        await node.idle()
        assert (await node.ask("GET", "/api/mesh/events/e1"))[1]["state"] == "delivered"

    live(tmp_path, posts, rounds=False)
    snapshot(tmp_path)
    live(tmp_path, delivers)
    assert after_a_crash(tmp_path).in_doubt["events"] == 1
    live(tmp_path, again)


def test_what_came_in_between_and_is_told_again_goes_to_staff(tmp_path: Path) -> None:
    """The snapshot never heard of it; the provider repeats a webhook that the lost file had."""
    between_ms = CLOCK.now_ms()

    async def nothing(node: RunningNode) -> None:
        del node

    async def again(node: RunningNode) -> None:
        writes(node, GUEST, "What time is breakfast?", between_ms)
        await node.until(lambda: "maybe_answered" in reasons(node))
        assert sends(node) == 0
        writes_anew(node, OTHER, "What time is breakfast?")
        await answers(node)

    live(tmp_path, nothing)
    snapshot(tmp_path)
    live(tmp_path, nothing)
    after_a_crash(tmp_path)
    live(tmp_path, again)


def test_what_the_log_shows_as_answered_is_no_doubt(tmp_path: Path) -> None:
    async def again(node: RunningNode) -> None:
        await node.idle()
        assert sends(node) == 0
        assert reasons(node) == ["not_delivered", "restored"], "the second fake knew no open window"

    live(tmp_path, asks, rounds=False)
    snapshot(tmp_path)
    live(tmp_path, answers)
    assert after_a_crash(tmp_path, until_ms=NOW_MS).in_doubt == {"entries": 0, "messages": 0, "events": 0}
    live(tmp_path, again)
