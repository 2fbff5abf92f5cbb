"""Health, metrics, alerts and doctor over a running node: what they tell, and what they take for trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.node import RunningNode, demo_hotel, on_node

from nightporter.app.folder import channels_of
from nightporter.app.telling import each_way, ways_of
from nightporter.channels.http import HttpWire
from nightporter.channels.ways import Took
from nightporter.clock import utc
from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import House
from nightporter.config.settings import load
from nightporter.ops.alerts import DISK_BYTES_MIN, QUEUE_LOOKS, QUEUE_MAX, Alerts
from nightporter.ops.doctor import Finding, examine
from nightporter.ops.health import CRASH_SHOWN_SECONDS, health
from nightporter.ops.heartbeat import Heartbeat
from nightporter.ops.memory import resident_bytes
from nightporter.ops.meter import BUCKETS_SECONDS, Meter
from nightporter.ops.metrics import metrics
from nightporter.ops.running import reading
from nightporter.ops.status import status, status_of_folder
from nightporter.outbox.tellings import Step
from nightporter.rounds.node import Counts
from nightporter.store import Trouble
from nightporter.store.disk import Disk
from nightporter.testing.alarms import ROUTING_KEY, AlarmServers
from nightporter.testing.demo import HOTEL_FILE

GUEST = "393331234567"
URGENT = "Help, there is a fire in my room!"

# The operator's dashboards rely on these names.
NAMES = {
    "nightporter_messages_received", "nightporter_messages_sent", "nightporter_dispositions",
    "nightporter_reply_seconds", "nightporter_queue_depth", "nightporter_outbox_oldest_age_seconds",
    "nightporter_dead_letters", "nightporter_maybe_sent", "nightporter_tasks_waiting_seconds",
    "nightporter_breaker_state", "nightporter_lease_epoch", "nightporter_lease_remaining_seconds",
    "nightporter_is_leader", "nightporter_wal_bytes", "nightporter_last_webhook_age_seconds",
    "process_resident_memory_bytes", "nightporter_build_info",
}  # fmt: skip
STATUS = {
    "role", "epoch", "lease", "queues", "outbox", "dispositions", "breakers", "replication", "pauses", "costs",
    "backups",
}  # fmt: skip


def values(node: RunningNode) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    families = text_string_to_metric_families(metrics(node.parts).decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def one_answer(node: RunningNode) -> None:
    node.meta.guest_sends(GUEST, "text", node.node.clock.now_ms(), {"body": URGENT})
    node.providers["whatsapp"].poke()
    await node.until(lambda: len(node.meta.ledger.accepted()) == 1)
    await node.idle()


def test_before_the_first_webhook_nothing_is_degraded(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        told = health(node.parts)
        assert told["status"] == "ok"
        assert set(told["checks"].values()) == {"ok"}
        assert ("nightporter_last_webhook_age_seconds",) not in values(node)

    on_node(tmp_path, story)


def test_one_answer_is_counted_everywhere(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await one_answer(node)
        found = values(node)
        families = {family.name for family in text_string_to_metric_families(metrics(node.parts).decode())}
        assert families >= NAMES
        assert found["nightporter_messages_received_total", "whatsapp"] == 1
        assert found["nightporter_messages_sent_total", "whatsapp", "accepted"] == 1
        assert found["nightporter_dispositions_total", "staff"] == 1
        assert found["nightporter_reply_seconds_count",] == 1
        assert found["nightporter_reply_seconds_bucket", "+Inf"] == 1
        assert found["nightporter_breaker_state", "whatsapp"] == 0
        told = status(node.parts)
        assert set(told) == STATUS
        assert told["dispositions"] == {"answered": 0, "staff": 1, "silent": 0}
        assert told["outbox"] == {"waiting": 0, "sending": 0, "unknown": 0, "maybe_sent": 0, "dead": 0}
        assert told["queues"]["tasks"] == 1
        with reading(tmp_path) as view:
            stopped = status_of_folder(view)
        assert set(stopped) == STATUS
        assert stopped["dispositions"] == told["dispositions"]

    async def after_a_restart(node: RunningNode) -> None:
        assert status(node.parts)["dispositions"] == {"answered": 0, "staff": 1, "silent": 0}

    on_node(tmp_path, story)
    on_node(tmp_path, after_a_restart)


def crashed(node: RunningNode) -> None:
    node.node.counts.add("round_crashes", "intake")


def stopped_by_provider(node: RunningNode) -> None:
    node.parts.roads["spoki"].lane.stopped = "190"


def full_disk(node: RunningNode) -> None:
    node.node.store._writer.close_door(Trouble.FULL)


def long_log(node: RunningNode) -> None:
    node.node.store._writer.close_door(Trouble.LOG)


def ended_round(node: RunningNode) -> None:
    node.parts.tasks[0].cancel()


@pytest.mark.parametrize(
    ("harm", "check", "state"),
    [
        (crashed, "rounds", "degraded"),
        (ended_round, "rounds", "down"),
        (stopped_by_provider, "channels", "degraded"),
        (full_disk, "disk", "down"),
        (long_log, "store", "down"),
    ],
)
def test_what_makes_a_check_say_so(
    tmp_path: Path, harm: Callable[[RunningNode], None], check: str, state: str
) -> None:
    async def story(node: RunningNode) -> None:
        harm(node)
        await node.node.clock.sleep(0)
        told = health(node.parts)
        assert (told["status"], told["checks"][check]) == (state, state)
        assert sum(value != "ok" for value in told["checks"].values()) == 1
        node.node.counts.of.clear()

    on_node(tmp_path, story)


def test_a_pause_by_the_provider_stands_in_the_status(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        stopped_by_provider(node)
        node.parts.roads["whatsapp"].lane.paused_by_staff = True
        told = status(node.parts)["pauses"]
        assert told == [
            {"workers": "delivery", "target": "whatsapp", "reason": "paused by staff"},
            {"workers": "delivery", "target": "spoki", "reason": "refused: 190"},
        ]

    on_node(tmp_path, story)


def test_the_meter_adds_up() -> None:
    meter, counts = Meter(), Counts()
    counts.reply_seconds.extend([0.001, 0.005, 0.02, 1_000.0])
    meter.look(counts, 1.0)
    meter.look(counts, 2.0)
    found = dict(meter.cumulative())
    assert (meter.reply_count, len(counts.reply_seconds), next(iter(meter.recent))) == (4, 0, 0.001)
    assert (found["0.005"], found["0.02"], found["300"], found["+Inf"]) == (2, 3, 3, 4)
    assert len(found) == len(BUCKETS_SECONDS) + 1
    assert meter.crashed_at_seconds is None
    counts.add("round_crashes", "turns")
    meter.look(counts, 3.0)
    meter.look(counts, 3.0 + CRASH_SHOWN_SECONDS)
    assert meter.crashed_at_seconds == 3.0


def reasons(node: RunningNode) -> list[str]:
    return [row[3] for row in node.node.store.view.all("tasks_open", (500,))]


def test_staff_are_told_of_a_full_disk_once_it_is_over(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        alerts = Alerts(node.parts, demo_hotel)
        node.node.store.on_trouble = alerts.trouble
        full_disk(node)
        await node.until(lambda: node.node.counts.of["alerts", "store_trouble"] == 1)
        await alerts.look()
        assert reasons(node) == []
        await node.node.store.look(node.node.lease)
        await alerts.look()
        await alerts.look()
        assert reasons(node) == ["store_trouble"]

    on_node(tmp_path, story, rounds=False)


class SmallDisk(Disk):
    """As much room as the test says."""

    free = 0

    def free_bytes(self) -> int:
        return self.free


def test_a_disk_that_fills_is_told_while_it_can_be_written_and_stays_told_over_a_restart(
    tmp_path: Path,
) -> None:
    def on_disk(node: RunningNode, free: int) -> Alerts:
        node.node.store.disk = disk = SmallDisk(tmp_path, 0, 0)
        disk.free = free
        return Alerts(node.parts, demo_hotel)

    async def full(node: RunningNode) -> None:
        for _ in range(2):
            await on_disk(node, DISK_BYTES_MIN - 1).look()
        assert reasons(node) == ["disk_low"]

    async def again(node: RunningNode) -> None:
        assert reasons(node) == ["disk_low"], "nobody has to have looked before the restart"
        await on_disk(node, DISK_BYTES_MIN + 1).look()
        assert reasons(node) == ["disk_low"], "a little more is not enough"
        await on_disk(node, 2 * DISK_BYTES_MIN).look()
        assert reasons(node) == []

    on_node(tmp_path, full, rounds=False)
    on_node(tmp_path, again, rounds=False)


def test_a_queue_that_stays_deep_is_told_once_a_day(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        alerts = Alerts(node.parts, demo_hotel)
        node.parts.roads["whatsapp"].lane.paused_by_staff = True
        for number in range(QUEUE_MAX + 1):
            node.meta.guest_sends(f"39333{number:07}", "text", node.node.clock.now_ms(), {"body": URGENT})
        node.providers["whatsapp"].poke()
        view = node.node.store.view
        await node.until(lambda: dict(view.all("outbox_counts")).get("waiting", 0) > QUEUE_MAX)
        for _ in range(QUEUE_LOOKS + 2):
            await alerts.look()
        assert reasons(node).count("queue_deep") == 1

    on_node(tmp_path, story)


def test_memory_is_read() -> None:
    assert 10 * 1024**2 < resident_bytes() < 4 * 1024**3


# --- doctor


def examined(folder: Path, **more: str) -> dict[str, list[Finding]]:
    own = {
        "NIGHTPORTER_DATA_DIR": str(folder), "NIGHTPORTER_GATEWAY": "127.0.0.1:0",
        "NIGHTPORTER_CONSOLE": "127.0.0.1:0", "HOTEL_FILE": str(HOTEL_FILE),
    }  # fmt: skip
    settings = load(environ={**own, **more}, folder=folder)

    async def main() -> list[Finding]:
        return await examine(settings, channels_of(settings, HttpWire()), node_runs=False)

    found: dict[str, list[Finding]] = {}
    for finding in asyncio.run(main()):
        found.setdefault(finding.part, []).append(finding)
    return found


def test_doctor_without_anything(tmp_path: Path) -> None:
    found = examined(tmp_path, HOTEL_FILE=str(tmp_path / "none.yaml"))
    states = {part: [one.state for one in findings] for part, findings in found.items()}
    assert states["hotel file"] == ["warn"]
    assert states["channels"] == ["warn"]
    assert states["backups"] == ["warn"]
    assert states["gateway"] == ["ok"]
    assert "fail" not in {state for each in states.values() for state in each}


def test_doctor_tries_every_place_of_backups(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    found = examined(tmp_path, BACKUP_URLS=f"file://{tmp_path}/far,file://{tmp_path}/nowhere")["backups"]
    assert [one.state for one in found] == ["ok", "fail"]
    assert "has 0 snapshots" in found[0].finding


def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await node.idle()

    on_node(tmp_path, story)
    (tmp_path / "hotel.yaml").write_text("pool: {depht: 3}\n", "utf-8")
    found = examined(
        tmp_path,
        HOTEL_FILE=str(tmp_path / "hotel.yaml"),
        WHATSAPP_PHONE_NUMBER_ID="1",
        WHATSAPP_ACCESS_TOKEN="wrong",
        WHATSAPP_APP_SECRET="hush",
        WHATSAPP_API_URL="http://127.0.0.1:9/v26.0",
    )
    assert found["hotel file"][0].state == "fail"
    assert [one.state for one in found["whatsapp"]] == ["fail", "warn"]
    assert found["hotel.db"][0].state == "ok"
    with (tmp_path / "hotel.db").open("r+b") as file:
        file.seek(0)
        file.write(b"not a database, nor was it ever one")
    assert examined(tmp_path)["hotel.db"][0].state == "fail"


def test_doctor_sends_a_test_over_each_way(tmp_path: Path) -> None:
    async def main() -> dict[str, Finding]:
        async with AlarmServers() as servers:
            own = {
                "NIGHTPORTER_DATA_DIR": str(tmp_path), "HOTEL_FILE": str(tmp_path / "none.yaml"),
                "NIGHTPORTER_GATEWAY": "127.0.0.1:0", "NIGHTPORTER_CONSOLE": "127.0.0.1:0",
                "SLACK_WEBHOOK_URL": servers.slack_url, "PAGERDUTY_ROUTING_KEY": ROUTING_KEY,
                "NIGHTPORTER_ALERTS__PAGERDUTY_URL": servers.pagerduty_url, "ALERT_URLS": "nosuchservice://secret",
                "HEARTBEAT_URL": f"{servers.url}/beat",
            }  # fmt: skip
            settings = load(environ=own, folder=tmp_path)
            ways, carrier = each_way(settings.alerts, demo_hotel()), ways_of(settings, HttpWire())
            found = await examine(settings, {}, node_runs=True, ways=ways, carrier=carrier)
            assert len(servers.said) == servers.beats == 1
            assert list(servers.incidents.values()) == ["resolved"]
            return {finding.part: finding for finding in found}

    found = asyncio.run(main())
    assert found["telling house (slack)"].state == "ok"
    assert found["telling house (pagerduty)"].state == "ok"
    assert found["heartbeat"].state == "ok"
    (bad,) = [one for part, one in found.items() if "nosuchservice" in part]
    assert bad.state == "fail"
    assert "secret" not in "".join(f"{one.part}{one.finding}" for one in found.values())


# --- alerts end, and the heart


def test_an_alert_ends_with_its_cause(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        told: list[tuple[Step, str]] = []
        alerts = Alerts(node.parts, demo_hotel, tell=lambda step, reason: told.append((step, reason)))
        node.node.store.on_trouble = alerts.trouble
        await node.node.alert("memory_high:2026-01-01", "memory_high", "9 GB")
        full_disk(node)
        await node.until(lambda: len(told) == 1)
        await node.node.store.look(node.node.lease)
        await node.until(lambda: len(told) == 2)
        assert told == [(Step.TOLD, "cannot_keep"), (Step.ENDED, "cannot_keep")]
        await alerts.look()
        assert reasons(node) == ["store_trouble"]  # for the record; the memory is fine

    on_node(tmp_path, story, rounds=False)


def test_silence_by_day_is_told_and_ends_with_the_next_webhook(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await one_answer(node)
        await node.node.clock.sleep(0.01)
        alerts = Alerts(node.parts, lambda: by_day(node.node.clock.now_ms()), silence_hours=0.005 / 3600)
        await alerts.look()
        assert "webhooks_missing" in reasons(node)
        await Alerts(node.parts, demo_hotel, silence_hours=1).look()
        assert "webhooks_missing" not in reasons(node)

    on_node(tmp_path, story)


def by_day(now_ms: int) -> Hotel:
    """A hotel where it is about noon now."""
    ahead = (12 - utc(now_ms).hour + 24) % 24
    return Hotel(house=House(timezone=f"Etc/GMT-{ahead}" if ahead <= 12 else f"Etc/GMT+{24 - ahead}"))


def test_the_heart_beats_while_the_node_is_well(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        beats: list[str] = []

        async def beat(url: str) -> Took:
            beats.append(url)
            return Took(good=len(beats) == 1)

        heart = Heartbeat(node.parts, beat, "https://monitor.example/x")
        await heart.look()
        await heart.look()
        full_disk(node)
        await heart.look()
        assert len(beats) == 2
        outcomes = ("taken", "failed", "withheld")
        assert [node.node.counts.of["heartbeats", outcome] for outcome in outcomes] == [1, 1, 1]

    on_node(tmp_path, story)
