"""The state of the house: health, channels, queues, and what needs a person but is no conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nightporter.console.parts import Parts
from nightporter.ops.health import health
from nightporter.ops.status import dispositions, figures
from nightporter.outbox import tasks, tellings
from nightporter.outbox.tasks import Task
from nightporter.store import Row, Trouble

AUDIT_LINES = 20
NEWEST = "~"  # behind every id


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """One channel."""

    name: str
    number: str
    stopped: str
    stopped_since_ms: int
    proactive_stopped: str
    paused: bool
    breaker: str
    sending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything on the page."""

    health: dict[str, Any]
    roads: list[Road]
    figures: dict[str, Any]
    failed: int
    dispositions: dict[str, int]
    alerts: list[Task]
    taken: frozenset[str]  # those that somebody looks after
    last_webhook_ms: int  # 0 = none yet
    log_bytes: int
    trouble: str
    reply_ms: int | None  # median of the recent ones
    remaining_seconds: float | None  # of the lease, None = it has no end
    audit: list[Row]


def read(parts: Parts) -> House:
    """The house as it stands now."""
    node = parts.node
    view = node.store.view
    last = view.one("delivery_last")
    parts.meter.look(node.counts, node.clock.elapsed_seconds())
    recent = sorted(parts.meter.recent)
    deadline = node.lease.deadline_seconds
    states = dict(view.all("outbox_counts"))
    alerts = [task for task in tasks.open_tasks(view) if not task.conversation_id]
    known = tellings.known(view, [task.task_id for task in alerts])
    return House(
        health=health(parts),
        roads=[_road(parts, name) for name in parts.roads],
        figures=figures(view),
        failed=states.get("failed", 0),
        dispositions=dispositions(view),
        alerts=alerts,
        taken=frozenset(task.task_id for task in known if task.taken_ms),
        last_webhook_ms=last[0] if last else 0,
        log_bytes=node.store.log_bytes,
        trouble="" if node.store.trouble is Trouble.NONE else str(node.store.trouble),
        reply_ms=round(recent[len(recent) // 2] * 1000) if recent else None,
        remaining_seconds=None if deadline is None else deadline - node.clock.elapsed_seconds(),
        audit=view.all("audit_list", (NEWEST, AUDIT_LINES)),
    )


def _road(parts: Parts, name: str) -> Road:
    lane = parts.roads[name].lane
    row = parts.node.store.view.one("channel_state", (name,))
    return Road(
        name=name,
        number=lane.channel.number,
        stopped=lane.stopped,
        stopped_since_ms=row[0] if row and row[1] else 0,
        proactive_stopped=lane.proactive_stopped,
        paused=lane.paused_by_staff,
        breaker=str(lane.breaker.state),
        sending=lane.sending,
    )
