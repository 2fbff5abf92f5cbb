"""Metrics: what the parts count, in the text format of Prometheus, under the names the operator relies on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

import nightporter
from nightporter.ops.memory import resident_bytes
from nightporter.ops.running import Running
from nightporter.outbox.breaker import BreakerState
from nightporter.store import Trouble

PREFIX = "nightporter_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# What the rounds count under (name, label value ...): metric without prefix, help, labels.
COUNTED = {
    "messages_received": ("messages_received", "Guests' messages that came in", ("channel",)),
    "sent": ("messages_sent", "Sends to a provider by what became of them", ("channel", "outcome")),
    "dispositions": ("dispositions", "Guests' messages by how they ended", ("kind",)),
    "webhooks": ("webhooks", "Webhooks kept", ("channel",)),
    "webhooks_refused": ("webhooks_refused", "Webhooks with a bad signature", ("channel",)),
    "webhooks_not_kept": ("webhooks_not_kept", "Webhooks answered with 503", ("channel",)),
    "round_crashes": ("round_crashes", "Rounds that crashed and were started again", ("round",)),
    "turn_crashes": ("turn_crashes", "Turns on which the desk crashed", ("error",)),
    "turns_stale": ("turns_stale", "Turns decided again because something new came", ()),
    "alerts": ("alerts", "Alerts to staff", ("reason",)),
    "backups": ("backups", "Snapshots taken, by state", ("state",)),
    "backups_shipped": ("backups_shipped", "Snapshots shipped, by place", ("place",)),
    "tellings": ("tellings", "Messages to staff by way and what became of a try", ("way", "outcome")),
    "heartbeats": ("heartbeats", "Calls to the monitor outside by what became of them", ("outcome",)),
    "media_dead": ("media_dead", "Files of guests that could not be fetched", ()),
}
_BREAKER = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}


def metrics(parts: Running) -> bytes:
    """The body of `GET /metrics`; its media type is `CONTENT_TYPE`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(parts))
    return generate_latest(registry)


class _Everything(Collector):
    """One look at everything."""

    def __init__(self, parts: Running) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """All metrics."""
        parts = self._parts
        parts.meter.look(parts.node.counts, parts.node.clock.elapsed_seconds())
        yield from _counted(parts)
        yield _reply_seconds(parts)
        yield from _outbox(parts)
        yield from _queues(parts)
        yield from _lease(parts)
        yield from _backups(parts)
        yield from _machine(parts)


def _counted(parts: Running) -> Iterator[Metric]:
    for name, (metric, text, labels) in COUNTED.items():
        family = CounterMetricFamily(PREFIX + metric, text, labels=labels)
        for key, count in sorted(parts.node.counts.of.items()):
            if key[0] == name and len(key) == len(labels) + 1:
                family.add_metric([str(label) for label in key[1:]], count)
        if not labels and not family.samples:
            family.add_metric([], 0)
        yield family


def _reply_seconds(parts: Running) -> Metric:
    family = HistogramMetricFamily(PREFIX + "reply_seconds", "From received to accepted by the provider")
    family.add_metric([], list(parts.meter.cumulative()), parts.meter.reply_sum_seconds)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _gauges(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _outbox(parts: Running) -> Iterator[Metric]:
    view, now_ms = parts.node.store.view, parts.node.clock.now_ms()
    names = list(parts.channels)
    ages = dict.fromkeys(names, 0.0)
    ages |= {name: (now_ms - since_ms) / 1000 for name, since_ms in view.all("outbox_oldest")}
    dead = dict.fromkeys(names, 0.0) | {name: float(count) for name, count in view.all("dead_letters")}
    breakers = {name: float(_BREAKER[road.lane.breaker.state]) for name, road in parts.roads.items()}
    stopped = {name: float(bool(road.lane.stopped)) for name, road in parts.roads.items()}
    states = dict(view.all("outbox_counts"))
    yield _gauges("outbox_oldest_age_seconds", "Age of the oldest unsent message", "target", ages)
    yield _gauges("dead_letters", "Messages given up", "target", dead)
    yield _gauges("breaker_state", "0 closed, 1 half open, 2 open", "target", breakers)
    yield _gauges("channel_stopped", "1 while the provider refuses our token", "target", stopped)
    yield _gauge(
        "maybe_sent", "Messages of which nobody knows whether they were sent", states.get("maybe_sent", 0)
    )


def _queues(parts: Running) -> Iterator[Metric]:
    view, now_ms = parts.node.store.view, parts.node.clock.now_ms()
    states = dict(view.all("outbox_counts"))
    open_tasks, oldest_ms = view.all("tasks_count")[0]
    depths: dict[str, float] = {
        "deliveries": view.scalar("deliveries_new_count"),
        "messages": view.scalar("entries_pending_count"),
        "events": view.scalar("events_waiting_count"),
        "outbox": states.get("waiting", 0),
        "tasks": open_tasks,
        "store": parts.node.store.waiting,
    }
    yield _gauges("queue_depth", "What waits", "queue", depths)
    waited = (now_ms - oldest_ms) / 1000 if oldest_ms else 0.0
    yield _gauge("tasks_waiting_seconds", "How long the oldest open task has waited for staff", waited)
    last_ms = parts.node.counts.last_delivery_ms
    if not last_ms:
        row = view.one("delivery_last")
        last_ms = row[0] if row else 0
    if last_ms:
        yield _gauge("last_webhook_age_seconds", "Since the last webhook was kept", (now_ms - last_ms) / 1000)


def _lease(parts: Running) -> Iterator[Metric]:
    node = parts.node
    deadline = node.lease.deadline_seconds
    remaining = math.inf if deadline is None else deadline - node.clock.elapsed_seconds()
    yield _gauge("lease_epoch", "Epoch of the lease", node.lease.epoch)
    yield _gauge("lease_remaining_seconds", "Until the lease runs out", remaining)
    yield _gauge("is_leader", "1 while this node answers", float(node.leads()))


_BACKUP_AGES = {
    "newest": ("backup_age_seconds", "Since the newest snapshot was taken"),
    "verified": (
        "backup_verified_age_seconds",
        "Since the newest snapshot was taken that was checked and found whole",
    ),
    "drill": (
        "backup_drill_age_seconds",
        "Since the newest snapshot was last restored and checked on its own",
    ),
}


def _backups(parts: Running) -> Iterator[Metric]:
    """Ages appear with the first snapshot and the first drill."""
    known = parts.backups.known
    for name, seconds in known.ages_seconds(parts.node.clock.now_ms()).items():
        if seconds is not None:
            yield _gauge(*_BACKUP_AGES[name], seconds)
    yield _gauge("backup_bytes", "Room that the snapshots take", sum(one.size for one in known.snapshots))


def _machine(parts: Running) -> Iterator[Metric]:
    store = parts.node.store
    yield _gauge("wal_bytes", "Length of the write-ahead log", store.log_bytes)
    yield _gauge("store_groups", "Groups committed since the start", store.groups)
    door_open = store.trouble is Trouble.NONE and not store.broken
    yield _gauge("door_open", "0 while webhooks are answered with 503", float(door_open))
    yield GaugeMetricFamily("process_resident_memory_bytes", "Resident memory", value=resident_bytes())
    build = InfoMetricFamily(PREFIX + "build", "Release of this node")
    build.add_metric([], {"version": nightporter.__version__})
    yield build
