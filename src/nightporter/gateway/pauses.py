"""Pauses: workers that staff or another system stopped. On disk, so that a restart does not start them again.

Workers are `cloud`, `jobs` and `delivery` (what sends to guests). Of these only delivery exists in this release;
a pause of the others is kept for the release that brings them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nightporter.outbox import tasks
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.node import Node
from nightporter.store import Tx, View

PAUSE, RESUME = "PAUSE_WORKERS", "RESUME_WORKERS"
DELIVERY = "delivery"
WORKERS = ("cloud", "jobs", DELIVERY)
ALL = "all"
BY_DEFAULT = ("cloud", "jobs")  # guests are still answered
NOT_BUILT = frozenset({"cloud", "jobs"})


def chosen(workers: str | None) -> tuple[str, ...]:
    """The workers that a command means."""
    if workers is None:
        return BY_DEFAULT
    return WORKERS if workers == ALL else (workers,)


async def pause(node: Node, roads: Mapping[str, Delivery], workers: Iterable[str], who: str) -> None:
    """Stop them; a second time changes nothing."""
    await _change(node, roads, PAUSE, tuple(workers), who)


async def resume(node: Node, roads: Mapping[str, Delivery], workers: Iterable[str], who: str) -> None:
    """Let them go on, delivery also after a stop by the provider; a second time changes nothing."""
    await _change(node, roads, RESUME, tuple(workers), who)


def restore(view: View, roads: Mapping[str, Delivery]) -> None:
    """Make the roads stand or go as the file says; before the rounds begin."""
    paused = any(row[0] == DELIVERY for row in view.all("pauses_all"))
    for road in roads.values():
        was, road.lane.paused_by_staff = road.lane.paused_by_staff, paused
        if was and not paused:
            road.bell.ring()


async def _change(
    node: Node, roads: Mapping[str, Delivery], action: str, workers: tuple[str, ...], who: str
) -> None:
    now_ms = node.clock.now_ms()
    note = audit(node, who, action, " ".join(workers))
    roads_on = list(roads.values()) if action == RESUME and DELIVERY in workers else []
    lifted = [stop for road in roads_on for stop in road.stops()]
    over = [prefix for road in roads_on for prefix in road.alerts()]

    def unit(tx: Tx) -> None:
        for each in workers:
            if action == PAUSE:
                tx.run("pause_put", (each, now_ms, who))
            else:
                tx.run("pause_drop", (each,))
        for stop in lifted:
            tx.run("channel_go", (now_ms, stop))
        for prefix in over:
            tasks.end(tx, prefix, now_ms)
        note(tx)

    await node.write(unit)
    for road in roads_on:
        road.lift()
    restore(node.store.view, roads)


def audit(node: Node, who: str, what: str, subject: str) -> Callable[[Tx], int]:
    """A part of a unit: who did it stands in the audit."""
    values = (node.ids.new(), node.clock.now_ms(), who, what, subject, "")
    return lambda tx: tx.run("audit_add", values)
