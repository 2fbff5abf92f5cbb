"""Status: the whole picture of a node, for `GET /api/mesh/status` and the command line."""

from __future__ import annotations

from typing import Any

from nightporter.backup.places.place import shown
from nightporter.model.decision import DispositionKind
from nightporter.ops.health import role
from nightporter.ops.running import Running
from nightporter.store import View

OUTBOX_STATES = ("waiting", "sending", "unknown", "maybe_sent", "dead")


def status(parts: Running) -> dict[str, Any]:
    """The body of `GET /api/mesh/status`; all counts go over small indexes.

    `dispositions`: of all messages ever, as the file has them. What this release does not have yet stands there empty.
    """
    node = parts.node
    deadline = node.lease.deadline_seconds
    remaining = None if deadline is None else round(deadline - node.clock.elapsed_seconds(), 3)
    return {
        "role": role(node),
        "epoch": node.lease.epoch,
        "lease": {"node": node.lease.node, "epoch": node.lease.epoch, "remaining_seconds": remaining},
        **figures(node.store.view),
        "dispositions": dispositions(node.store.view),
        "breakers": {name: str(road.lane.breaker.state) for name, road in parts.roads.items()},
        **_not_alone(),
        "backups": _backups(parts),
        "pauses": _pauses(parts),
    }


def status_of_folder(view: View) -> dict[str, Any]:
    """The same from a folder on which no node runs."""
    epoch = view.one("meta_get", ("epoch",))
    return {
        "role": "stopped",
        "epoch": int(epoch[0]) if epoch else 0,
        "lease": None,
        **figures(view),
        "dispositions": dispositions(view),
        "breakers": {},
        **_not_alone(),
        "pauses": [],
    }


def figures(view: View) -> dict[str, Any]:
    """Queues and outbox as they stand in the file."""
    states = dict(view.all("outbox_counts"))
    open_tasks, _ = view.all("tasks_count")[0]
    return {
        "queues": {
            "deliveries": view.scalar("deliveries_new_count"),
            "messages": view.scalar("entries_pending_count"),
            "events": view.scalar("events_waiting_count"),
            "tasks": open_tasks,
        },
        "outbox": {state: states.get(state, 0) for state in OUTBOX_STATES},
    }


def dispositions(view: View) -> dict[str, int]:
    """How many messages ended how, ever."""
    found = dict(view.all("disposed_all"))
    return {str(kind): found.get(kind, 0) for kind in DispositionKind}


def _not_alone() -> dict[str, Any]:
    """Replication and costs, which a single node of this release does not have; backups a running one tells."""
    replication = {"mode": "none", "lag_rows": 0, "lag_seconds": 0.0, "alone_since": None}
    return {"replication": replication, "costs": {}, "backups": {}}


def _backups(parts: Running) -> dict[str, Any]:
    """Ages in seconds, None = never; by place the stamp that is there, and why the last try failed."""
    known = parts.backups.known
    ages = known.ages_seconds(parts.node.clock.now_ms())
    places = {
        shown(url): {"stamp": known.shipped.get(url, ""), "error": known.refused.get(url, "")}
        for url in parts.backups.urls
    }
    return {
        "newest": known.snapshots[-1].stamp if known.snapshots else "",
        **{f"{name}_age_seconds": age for name, age in ages.items()},
        "snapshots": len(known.snapshots),
        "bytes": sum(one.size for one in known.snapshots),
        "places": places,
    }


def _pauses(parts: Running) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name, road in parts.roads.items():
        if road.lane.stopped:
            found.append({"workers": "delivery", "target": name, "reason": f"refused: {road.lane.stopped}"})
        if road.lane.proactive_stopped:
            why = f"refused: {road.lane.proactive_stopped}"
            found.append({"workers": "delivery of events", "target": name, "reason": why})
        if road.lane.paused_by_staff:
            found.append({"workers": "delivery", "target": name, "reason": "paused by staff"})
    return found
