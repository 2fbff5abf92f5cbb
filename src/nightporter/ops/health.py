"""Health: whether this node can keep and answer, from what it knows already; asked often, so it never waits."""

from __future__ import annotations

from typing import Any, Literal

import nightporter
from nightporter.ops.running import Running
from nightporter.outbox.breaker import BreakerState
from nightporter.rounds.node import Node
from nightporter.store import Trouble

CRASH_SHOWN_SECONDS = 60.0  # a round that crashed is `degraded` for so long
LOG_BYTES_DEGRADED = 128 * 1024 * 1024  # half of what closes the door (ST6)

Check = Literal["ok", "degraded", "down", "none"]

_OF_THE_STORE = frozenset({Trouble.MEMORY, Trouble.BUSY, Trouble.LOG})


def health(parts: Running) -> dict[str, Any]:
    """The body of `GET /health`; `status` is `down` when the door answers 503, so `/health` does too."""
    node = parts.node
    checks: dict[str, Check] = {
        "store": _store(node),
        "disk": _disk(node),
        "rounds": _rounds(parts),
        "channels": _channels(parts),
        "lease": _lease(node),
    }
    return {
        "status": _worst(checks),
        "node": node.lease.node,
        "role": role(node),
        "epoch": node.lease.epoch,
        "version": nightporter.__version__,
        "checks": checks,
    }


def role(node: Node) -> str:
    """`single` for a lease without end; else whether it is ours now."""
    if node.lease.deadline_seconds is None:
        return "single"
    return "leader" if node.leads() else "follower"


def _worst(checks: dict[str, Check]) -> str:
    found = set(checks.values())
    return "down" if "down" in found else "degraded" if "degraded" in found else "ok"


def _store(node: Node) -> Check:
    store = node.store
    if store.broken or store.trouble in _OF_THE_STORE:
        return "down"
    return "degraded" if store.log_bytes > LOG_BYTES_DEGRADED else "ok"


def _disk(node: Node) -> Check:
    store = node.store
    if store.trouble is not Trouble.NONE and store.trouble not in _OF_THE_STORE:
        return "down"
    return "degraded" if store.disk.below_floor() else "ok"


def _rounds(parts: Running) -> Check:
    now = parts.node.clock.elapsed_seconds()
    parts.meter.look(parts.node.counts, now)
    if not parts.node.stopping and any(task.done() for task in parts.tasks):
        return "down"
    crashed = parts.meter.crashed_at_seconds
    return "degraded" if crashed is not None and now - crashed < CRASH_SHOWN_SECONDS else "ok"


def _channels(parts: Running) -> Check:
    """Degraded at most: what comes in is kept, whatever the providers do."""
    if not parts.channels:
        return "none"
    lanes = [road.lane for road in parts.roads.values()]
    well = all(not lane.stopped and lane.breaker.state is not BreakerState.OPEN for lane in lanes)
    return "ok" if well else "degraded"


def _lease(node: Node) -> Check:
    return "ok" if node.leads() else "degraded"
