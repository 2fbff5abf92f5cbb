"""Mesh events: each accepted once by its id, kept until its target has taken it, with all that happened (G6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import orjson

from nightporter.model.message import JSONObject
from nightporter.store import Row, Tx, View

REPLAY_EVENTS = 500  # in one unit; more is done in several
FINGERPRINT_BYTES = 32
EXACT_FLOAT_MAX = 2.0**53  # up to here a whole float and an integer are one number

EVER_MS = 2**62
Cursor = tuple[int, str]  # when an event was accepted, and its id: the order of events


class EventState(StrEnum):
    """Life of a mesh event."""

    WAITING = "waiting"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    DEAD = "dead"
    UNROUTED = "unrouted"  # no route, or one to a target that is not there: kept and shown, to be sent again


REPLAYED = (EventState.DEAD, EventState.DELIVERED, EventState.UNROUTED)  # the others are on their way


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event as somebody sends it."""

    event_id: str
    type: str
    source: str
    payload: Any
    key: str = ""  # events of one key are delivered in order
    occurred_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of sending it: new, a repeat, or a conflict with another event of that id."""

    event_id: str
    state: EventState
    duplicate: bool = False
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as it stands."""

    event_id: str
    key: str
    type: str
    source: str
    state: EventState
    attempts: int
    targets: list[str]
    accepted_ms: int
    last_error: str
    payload: Any
    occurred_ms: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an event's timeline."""

    step: int
    at_ms: int
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Which events are sent again: one state, and bounds where they are set."""

    state: EventState = EventState.DEAD
    type: str = ""
    from_ms: int = 0
    to_ms: int = EVER_MS


def fingerprint(new: NewEvent) -> bytes:
    """Equal for events that are equal as JSON values, whatever the order of members and the spelling of numbers."""
    told = [new.type, new.source, new.key, _plain(new.payload)]
    return hashlib.blake2b(
        orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=FINGERPRINT_BYTES
    ).digest()


def _plain(value: Any) -> Any:
    """The value with whole floats as integers, as JSON knows only numbers."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT_FLOAT_MAX:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(said) for name, said in cast("JSONObject", value).items()}
    if isinstance(value, list):
        return [_plain(said) for said in cast("list[Any]", value)]
    return value


def accept(new: NewEvent, now_ms: int, who: str) -> Callable[[Tx], Accepted]:
    """A unit: the event is on disk when it is committed, unless its id is known."""
    print_ = fingerprint(new)
    kept: JSONObject = {"payload": new.payload}
    if new.occurred_ms is not None:
        kept["occurred_ms"] = new.occurred_ms
    body = orjson.dumps(kept).decode()

    def unit(tx: Tx) -> Accepted:
        row = tx.one("event_get", (new.event_id,))
        if row is not None:
            return Accepted(
                new.event_id, EventState(row[6]), duplicate=row[5] == print_, conflict=row[5] != print_
            )
        tx.run(
            "event_add",
            (new.event_id, new.key, new.type, new.source, body, print_, EventState.WAITING, now_ms),
        )
        tx.run("event_step", (new.event_id, new.event_id, now_ms, "accepted", who))
        return Accepted(new.event_id, EventState.WAITING)

    return unit


def replay(event_id: str, now_ms: int, who: str) -> Callable[[Tx], EventState | None]:
    """A unit: send it again under the same id; its state now, None when there is no such event."""

    def unit(tx: Tx) -> EventState | None:
        row = tx.one("event_get", (event_id,))
        if row is None:
            return None
        if row[6] in REPLAYED:
            _again(tx, event_id, now_ms, who)
            return EventState.WAITING
        return EventState(row[6])

    return unit


def replay_many(which: Replay, after: Cursor, now_ms: int, who: str) -> Callable[[Tx], list[Cursor]]:
    """A unit: send up to `REPLAY_EVENTS` again, oldest first, those after the cursor; the cursors of what it found.

    Begin with `start_of`, go on with the last cursor: one that is done again meanwhile is not found twice.
    """
    assert which.state in REPLAYED, "the others are on their way"
    values = (which.state, *after, min(which.to_ms, now_ms), which.type, REPLAY_EVENTS)

    def unit(tx: Tx) -> list[Cursor]:
        found: list[Cursor] = [(row[0], row[1]) for row in tx.all("events_to_replay", values)]
        for _, event_id in found:
            _again(tx, event_id, now_ms, who)
        return found

    return unit


def start_of(which: Replay) -> Cursor:
    """The cursor before everything that is asked for."""
    return (which.from_ms, "")


def _again(tx: Tx, event_id: str, now_ms: int, who: str) -> None:
    tx.run("event_again", (event_id,))
    tx.run("event_step", (event_id, event_id, now_ms, "replayed", who))


def get(view: View, event_id: str) -> Event | None:
    """One event, None when there is none."""
    row = view.one("event_get", (event_id,))
    return _event((*row[:5], *row[6:])) if row else None


def page(
    view: View, *, state: str = "", type_: str = "", after: Event | None = None, limit: int
) -> list[Event]:
    """Events in order of acceptance, those after `after`."""
    since = (after.accepted_ms, after.event_id) if after else (-1, "")
    return [_event(row) for row in view.all("events_list", (*since, state, type_, limit))]


def steps(view: View, event_id: str) -> list[Step]:
    """Its timeline, oldest first."""
    return [Step(*row) for row in view.all("event_steps", (event_id,))]


def _event(row: Row) -> Event:
    kept = orjson.loads(row[4])
    return Event(
        event_id=row[0],
        key=row[1],
        type=row[2],
        source=row[3],
        state=EventState(row[5]),
        attempts=row[6],
        targets=orjson.loads(row[7]),
        accepted_ms=row[8],
        last_error=row[9],
        payload=kept["payload"],
        occurred_ms=kept.get("occurred_ms"),
    )
