"""What the node says of itself: health for everybody, status, metrics, and the schemas of the events it knows."""

from __future__ import annotations

from nightporter.gateway.problem import Problem
from nightporter.gateway.routes import Ask, Operation, Reply, Told
from nightporter.gateway.shapes import NUMBER, OBJECT, TEXT, array, shape, words
from nightporter.journal.keys import Scope
from nightporter.model.message import JSONObject

DOWN = "down"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_CHECK = words("ok", "degraded", DOWN, "none")
_HEALTH = shape(
    status=words("ok", "degraded", DOWN),
    node=TEXT,
    role=words("leader", "follower", "single"),
    epoch=NUMBER,
    version=TEXT,
    checks=shape(store=_CHECK, disk=_CHECK, rounds=_CHECK, channels=_CHECK, lease=_CHECK),
)
_COUNTS: JSONObject = {"type": "object", "additionalProperties": NUMBER}
_STATUS = {
    **shape(
        role=TEXT, epoch=NUMBER, lease={"type": ["object", "null"]}, queues=_COUNTS, outbox=_COUNTS,
        dispositions=_COUNTS, breakers=OBJECT, replication=OBJECT, pauses=array(OBJECT), costs=OBJECT, backups=OBJECT,
    ),
    "additionalProperties": True,
}  # fmt: skip

# By event type: the payload as this release reads it. Another payload is kept too, and shown to staff.
SCHEMAS: dict[str, JSONObject] = {
    "flight.delay.detected": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flight.delay.detected",
        "description": "A flight is late. Guests whose stay begins with it are told.",
        "type": "object",
        "properties": {
            "flightNumber": {"type": "string", "examples": ["AZ1234"]},
            "delayMinutes": {"type": "number", "minimum": 0, "examples": [45]},
            "newArrivalTime": {
                "type": "string",
                "description": "ISO 8601; without an offset, or as a bare HH:MM of today, by the hotel's clock",
                "examples": ["2026-08-31T22:40:00+02:00"],
            },
        },
        "required": ["flightNumber"],
    },
}


async def health(ask: Ask) -> Reply | Problem:
    """Whether this node can keep and answer."""
    told = ask.gate.health()
    return Reply(told, 503 if told["status"] == DOWN else 200)


async def status(ask: Ask) -> Reply | Problem:
    """The whole picture."""
    return Reply(ask.gate.status())


async def metrics(ask: Ask) -> Reply | Problem:
    """Everything that is counted, for Prometheus."""
    return Reply(ask.gate.metrics(), media_type=PROMETHEUS.encode())


async def schemas(_: Ask) -> Reply | Problem:
    """The payloads of known events."""
    return Reply(SCHEMAS)


OPERATIONS = (
    Operation(
        method="GET",
        path="/health",
        summary="Whether this node can keep and answer. Asks for no key.",
        handle=health,
        answers={200: Told("it can", _HEALTH), 503: Told("it cannot", _HEALTH)},
    ),
    Operation(
        method="GET",
        path="/api/mesh/status",
        summary="The whole picture.",
        handle=status,
        scope=Scope.EVENTS_READ,
        answers={200: Told("the status", _STATUS)},
    ),
    Operation(
        method="GET",
        path="/api/mesh/schemas",
        summary="JSON Schemas of the events this release knows, by type.",
        handle=schemas,
        scope=Scope.EVENTS_READ,
        answers={200: Told("the schemas", {"type": "object", "additionalProperties": OBJECT})},
    ),
    Operation(
        method="GET",
        path="/metrics",
        summary="Metrics in Prometheus' text format.",
        handle=metrics,
        scope=Scope.METRICS,
        answers={200: Told("the metrics", TEXT, "text/plain")},
    ),
)
