"""Commands: what this release can do, durable, audited, and the same twice as once."""

from __future__ import annotations

from pathlib import Path

from tests.support.node import RunningNode, on_node

COMMANDS = "/api/mesh/commands"
GUEST = "393331234567"
OTHER = "393331230000"


def guest_writes(node: RunningNode) -> None:
    node.meta.guest_sends(GUEST, "text", node.node.clock.now_ms(), {"body": "What time is breakfast?"})
    node.providers["whatsapp"].poke()


def test_a_pause_of_delivery_holds_also_after_a_restart(tmp_path: Path) -> None:
    pause = {"action": "PAUSE_WORKERS", "workers": "delivery"}
    resume = {"action": "RESUME_WORKERS", "workers": "all"}

    async def pausing(node: RunningNode) -> None:
        for _ in range(2):
            told = await node.ask("POST", COMMANDS, pause)
            assert told == (200, {"action": "PAUSE_WORKERS", "state": "paused", "workers": ["delivery"]})
        guest_writes(node)
        await node.until(lambda: node.node.store.view.all("outbox_counts") == [("waiting", 1)])
        assert (await node.ask("GET", "/api/mesh/status"))[1]["pauses"]

        node.meta.guest_sends(
            OTHER, "text", node.node.clock.now_ms(), {"body": "Help, there is a fire in my room!"}
        )
        node.providers["whatsapp"].poke()
        await node.until(lambda: len(node.meta.ledger.accepted()) == 1)  # an emergency passes every pause

    async def resuming(node: RunningNode) -> None:
        assert all(road.lane.paused_by_staff for road in node.parts.roads.values())
        status, told = await node.ask("POST", COMMANDS, resume)
        assert (status, told["state"], told["workers"]) == (200, "running", ["cloud", "jobs", "delivery"])
        await node.idle()
        assert (await node.ask("POST", COMMANDS, resume))[0] == 200
        assert (await node.ask("GET", "/api/mesh/status"))[1]["pauses"] == []
        audit = [row[2:5] for row in node.node.store.view.all("audit_list", ("z", 10))]
        assert audit.count(("key mesh", "PAUSE_WORKERS", "delivery")) == 2
        assert audit.count(("key mesh", "RESUME_WORKERS", "cloud jobs delivery")) == 2

    on_node(tmp_path, pausing, channels=("whatsapp",))
    on_node(tmp_path, resuming, channels=("whatsapp",))


def test_by_default_guests_are_still_answered(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        status, told = await node.ask("POST", COMMANDS, {"action": "PAUSE_WORKERS"})
        assert (status, told["workers"]) == (200, ["cloud", "jobs"])
        assert "no cloud" in told["note"]
        guest_writes(node)
        await node.until(lambda: len(node.meta.ledger.accepted()) == 1)

    on_node(tmp_path, story, channels=("whatsapp",))


def test_what_cannot_be_done_is_told_with_the_list(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for action, code in (
            ("DANCE", "action_unknown"),
            ("", "action_unknown"),
            ("HANDOVER", "action_not_built"),
        ):
            status, told = await node.ask("POST", COMMANDS, {"action": action})
            assert (status, told["code"]) == (422, code)
            assert {"PAUSE_WORKERS", "HANDOVER"} <= set(told["known"])
            assert told["built"] == ["PAUSE_WORKERS", "RESUME_WORKERS", "REPLAY_EVENTS", "BACKUP_NOW"]
        for body in ({}, {"action": 5}, {"action": "PAUSE_WORKERS", "workers": "night shift"}):
            assert (await node.ask("POST", COMMANDS, body))[1]["code"] == "invalid"
        assert node.node.store.view.all("pauses_all") == []

    on_node(tmp_path, story, rounds=False)


def test_an_account_locked_in_a_status_waits_for_a_person_to_resume(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        lane, view = node.parts.roads["whatsapp"].lane, node.node.store.view
        node.meta.fail_status_next([131031])
        guest_writes(node)
        await node.until(lambda: lane.stopped == "131031")
        guest_writes(node)
        await node.until(lambda: view.all("outbox_counts") == [("failed", 1), ("waiting", 1)])
        assert sorted(row[3] for row in view.all("tasks_open", (9,))) == ["channel_stopped", "not_delivered"]
        assert len(node.meta.ledger.accepted()) == 1

        await node.ask("POST", COMMANDS, {"action": "RESUME_WORKERS", "workers": "delivery"})
        await node.until(lambda: len(node.meta.ledger.accepted()) == 2)
        await node.idle()
        assert (lane.stopped, [row[3] for row in view.all("tasks_open", (9,))]) == ("", ["not_delivered"])

    on_node(tmp_path, story, channels=("whatsapp",))
