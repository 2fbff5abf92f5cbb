"""The rounds: when a snapshot is taken, shipped and drilled, on demand too, and who is told when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests.backup.house import flip
from tests.support.node import RunningNode, on_node, running_node

from nightporter.backup.packing import silent
from nightporter.backup.shelf import iso
from nightporter.clock import SystemClock
from nightporter.config.settings import BackupSettings
from nightporter.ops.alerts import OLD_LOOKS, Alerts
from nightporter.ops.metrics import metrics
from nightporter.outbox import tasks
from nightporter.rounds.backups import (
    AGAIN_SECONDS,
    DRILL_AGAIN_SECONDS,
    DRILL_EVERY_MS,
    LOOK_SECONDS,
    Backups,
)

COMMANDS = "/api/mesh/commands"
HOUR_MS = 3_600_000


class Ahead(SystemClock):
    """The machine's clock, moved ahead."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


def on_backups(
    folder: Path, story: Callable[[RunningNode, Backups, Ahead], Awaitable[None]], **plan: Any
) -> None:
    """The story, with backups of such a plan on a node that does nothing by itself."""
    clock = Ahead()

    async def main() -> None:
        async with running_node(folder, channels=(), rounds=False, clock=clock) as node:
            backups = Backups(node.node, BackupSettings(**plan))
            node.parts.backups = backups
            node.parts.backs_up = True
            await story(node, backups, clock)

    asyncio.run(main())


def reasons(node: RunningNode) -> list[str]:
    return sorted(task.reason for task in tasks.open_tasks(node.node.store.view))


def values(node: RunningNode) -> dict[str, float]:
    families = text_string_to_metric_families(metrics(node.parts).decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_one_every_quarter_of_an_hour(tmp_path: Path) -> None:
    async def story(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        del node
        assert backups.covered_seq() == 0
        assert await backups.take_due() <= LOOK_SECONDS
        assert len(backups.known.snapshots) == 1
        assert await backups.take_due() <= LOOK_SECONDS
        assert len(backups.known.snapshots) == 1
        clock.ahead_ms = 15 * 60_000
        await backups.take_due()
        assert len(backups.known.snapshots) == 2
        assert backups.covered_seq() == backups.known.snapshots[-1].sequence > 0
        clock.ahead_ms = -HOUR_MS
        await backups.take_due()
        assert len(backups.known.snapshots) == 3, "a clock that went back does not stop it"

    on_backups(tmp_path, story)


def test_wanted_now_it_is_taken_also_after_a_restart(tmp_path: Path) -> None:
    async def wants(node: RunningNode) -> None:
        told = await node.ask("POST", COMMANDS, {"action": "BACKUP_NOW"})
        assert told == (200, {"action": "BACKUP_NOW", "state": "running"})
        assert [row[2:4] for row in node.node.store.view.all("audit_list", ("z", 1))] == [
            ("key mesh", "BACKUP_NOW")
        ]

    async def gets(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        del node, clock
        await backups.take(silent)
        await backups.take_due()
        assert len(backups.known.snapshots) == 2, "one was fresh, and still one was wanted"
        await backups.take_due()
        assert len(backups.known.snapshots) == 2
        for _ in range(3):  # more than one a second
            await backups.take(silent)
        await backups.take_due()
        assert len(backups.known.snapshots) == 5

    on_node(tmp_path, wants, channels=(), rounds=False)
    on_backups(tmp_path, gets)


def test_a_snapshot_that_fails_is_an_alert_and_tried_again(tmp_path: Path) -> None:
    async def story(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        del clock
        (tmp_path / "backups").write_text("a file where the folder should be")
        assert await backups.take_due() == AGAIN_SECONDS
        assert reasons(node) == ["backup_failed"]
        (tmp_path / "backups").unlink()
        await backups.take_due()
        assert backups.known.verified is not None

    on_backups(tmp_path, story)


def test_a_place_that_refuses_is_an_alert_a_day_and_the_local_one_stays(tmp_path: Path) -> None:
    far = tmp_path / "far"

    async def story(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        shipping = asyncio.create_task(backups.ship_all())
        made = await backups.take(silent)
        await node.until(lambda: reasons(node) == ["backup_not_shipped"])
        assert backups.known.refused
        assert backups.known.snapshots == [made]
        far.mkdir()
        clock.ahead_ms += 15 * 60_000
        newer = await backups.take(silent)
        await node.until(lambda: list(backups.known.shipped.values()) == [newer.stamp])
        assert backups.known.refused == {}
        assert (far / newer.file).exists()
        shipping.cancel()

    on_backups(tmp_path / "data", story, urls=(f"file://{far}",))


def test_the_drill_comes_once_a_day_here_and_there(tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    url = f"file://{far}"

    async def story(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        assert await backups.drill_due() == LOOK_SECONDS
        assert backups.known.drilled_ms == 0, "nothing to drill yet"
        made = await backups.take(silent)
        await backups.ship(url, silent)
        await backups.drill_due()
        first_ms = backups.known.drilled_ms
        assert clock.now_ms() - first_ms < 20_000
        await backups.drill_due()
        assert backups.known.drilled_ms == first_ms
        clock.ahead_ms = DRILL_EVERY_MS
        newer = await backups.take(silent)
        await backups.ship(url, silent)
        flip(far / newer.file, 100)
        assert await backups.drill_due() == DRILL_AGAIN_SECONDS
        assert backups.known.drilled_ms == first_ms
        [task] = tasks.open_tasks(node.node.store.view)
        assert (task.reason, newer.stamp in task.summary, made.stamp in task.summary) == (
            "drill_failed",
            True,
            False,
        )

    on_backups(tmp_path / "data", story, urls=(url,))


def test_ages_are_metrics_and_old_ones_alerts(tmp_path: Path) -> None:
    async def story(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        alerts = Alerts(node.parts, node.parts.hotel)
        assert "nightporter_backup_age_seconds" not in values(node)
        await backups.take(silent)
        await backups.drill_due()
        found = values(node)
        for name in ("backup_age", "backup_verified_age", "backup_drill_age"):
            assert 0 <= found[f"nightporter_{name}_seconds"] < 30
        await alerts.look()
        assert reasons(node) == []
        clock.ahead_ms = HOUR_MS + 60_000
        for _ in range(OLD_LOOKS - 1):
            await alerts.look()
        assert reasons(node) == [], "after a long rest a new one comes soon"
        await alerts.look()
        assert reasons(node) == ["backup_old"]
        clock.ahead_ms = 49 * HOUR_MS
        await alerts.look()
        assert reasons(node) == ["backup_old", "backup_old", "drill_old"], "one a day"
        assert values(node)["nightporter_backup_verified_age_seconds"] > 48 * 3_600
        _, told = await node.ask("GET", "/api/mesh/status")
        assert told["backups"]["snapshots"] == 1
        assert told["backups"]["drill_age_seconds"] > 48 * 3_600

    on_backups(tmp_path, story)


def test_after_a_long_rest_the_old_snapshot_is_not_drilled(tmp_path: Path) -> None:
    async def before(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        del node, clock
        await backups.take(silent)

    async def after(node: RunningNode, backups: Backups, clock: Ahead) -> None:
        del node, clock
        await backups.look()
        assert await backups.drill_due() == LOOK_SECONDS, "the new one comes first"
        assert backups.known.drilled_ms == 0

    on_backups(tmp_path, before)
    for path in (tmp_path / "backups").glob("*.json"):
        path.write_text(path.read_text().replace(path.stem, "20200101_000000"))
        path.rename(path.with_name("20200101_000000.json"))
    [packed] = (tmp_path / "backups").glob("*.zst")
    packed.rename(packed.with_name("20200101_000000.db.zst"))
    [record] = (tmp_path / "backups").glob("*.json")
    text = record.read_text()
    at = text.index('"taken_at": "') + len('"taken_at": "')
    record.write_text(text[:at] + iso(1_577_836_800_000) + text[text.index('"', at) :])
    on_backups(tmp_path, after)
