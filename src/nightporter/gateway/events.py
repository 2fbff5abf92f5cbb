"""Mesh events over HTTP: accepted once by id and on disk before 202; listed, shown with their timeline, sent again."""

from __future__ import annotations

from typing import Any

from nightporter.errors import CannotKeep, StoreBroken
from nightporter.gateway.door import RETRY_AFTER_SECONDS
from nightporter.gateway.fields import anything, choice, moment, record, text
from nightporter.gateway.problem import Code, Problem, not_now
from nightporter.gateway.routes import Ask, Operation, Reply, Told
from nightporter.gateway.shapes import (
    ANY,
    LIMIT,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    NUMBER,
    PAGE_DEFAULT,
    TEXT,
    array,
    at,
    maybe_at,
    page,
    shape,
    words,
)
from nightporter.journal import events
from nightporter.journal.events import (
    EVER_MS,
    REPLAY_EVENTS,
    REPLAYED,
    Accepted,
    Event,
    EventState,
    NewEvent,
    Replay,
)
from nightporter.journal.keys import Scope
from nightporter.model.message import JSONObject

TYPE_CHARS_MAX = 128
SOURCE_CHARS_MAX = 64
ID_CHARS_MAX = 200
REPLAY_EVENTS_MAX = 20 * REPLAY_EVENTS  # in one request; `more` says that there are others

ID = text(ID_CHARS_MAX)
TYPE = text(TYPE_CHARS_MAX, pattern="^[a-z0-9_]+(?:[.][a-z0-9_]+)*$", why="lower-case words joined by dots")
STATE = choice(EventState)
SENT = record(
    {"type": TYPE, "source": text(SOURCE_CHARS_MAX), "payload": anything()},
    {"id": ID, "key": ID, "occurred_at": moment()},
)
WHICH = {"state": choice(REPLAYED), "type": TYPE, "from": moment(), "to": moment()}

_STATES = words(*EventState)
_LINE = shape(
    id=TEXT, type=TEXT, source=TEXT, state=_STATES, attempts=NUMBER, targets=array(TEXT), accepted_at=MOMENT,
    last_error=TEXT,
)  # fmt: skip
_STEP = shape(step=NUMBER, at=MOMENT, what=TEXT, detail=TEXT)
_WHOLE = shape(
    **_LINE["properties"], key=MAYBE_TEXT, payload=ANY, occurred_at=MAYBE_MOMENT, timeline=array(_STEP)
)
_KEPT = shape(id=TEXT, state=_STATES)
_REPEATED = shape(id=TEXT, state=_STATES, duplicate={"const": True})
NO_EVENT = Problem(Code.NOT_FOUND, "there is no event with this id")


async def accept(ask: Ask) -> Reply | Problem:
    """Keep an event."""
    node, body = ask.gate.node, ask.body
    new = NewEvent(
        event_id=body.get("id") or node.ids.new(),
        type=body["type"],
        source=body["source"],
        payload=body["payload"],
        key=body.get("key", ""),
        occurred_ms=body.get("occurred_at"),
    )
    unit = events.accept(new, node.clock.now_ms(), ask.who)
    try:
        accepted: Accepted = await node.write(unit)
    except (CannotKeep, StoreBroken):
        return not_now(RETRY_AFTER_SECONDS)
    if accepted.conflict:
        return Problem(Code.CONFLICT, "another event with other type, source, key or payload has this id")
    told: JSONObject = {"id": accepted.event_id, "state": accepted.state}
    if accepted.duplicate:
        return Reply({**told, "duplicate": True})
    node.counts.add("events")
    ask.gate.ring_events()
    return Reply(told, 202)


async def list_events(ask: Ask) -> Reply | Problem:
    """A page of events, in order of acceptance."""
    view, query = ask.gate.node.store.view, ask.query
    after = None
    if "after" in query and (after := events.get(view, query["after"])) is None:
        return NO_EVENT
    limit = query.get("limit", PAGE_DEFAULT)
    found = events.page(
        view, state=query.get("state", ""), type_=query.get("type", ""), after=after, limit=limit + 1
    )
    shown = found[:limit]
    following = shown[-1].event_id if len(found) > limit else None
    return Reply({"events": [_line(event) for event in shown], "next": following})


async def show(ask: Ask) -> Reply | Problem:
    """One event with its timeline."""
    view, event_id = ask.gate.node.store.view, ask.path["id"]
    event = events.get(view, event_id)
    if event is None:
        return NO_EVENT
    timeline = [
        {"step": step.step, "at": at(step.at_ms), "what": step.what, "detail": step.detail}
        for step in events.steps(view, event_id)
    ]
    whole = {
        **_line(event),
        "key": event.key or None,
        "payload": event.payload,
        "occurred_at": maybe_at(event.occurred_ms),
        "timeline": timeline,
    }
    return Reply(whole)


async def replay(ask: Ask) -> Reply | Problem:
    """Send one again, under its id."""
    node, event_id = ask.gate.node, ask.path["id"]
    try:
        state = await node.write(events.replay(event_id, node.clock.now_ms(), ask.who))
    except (CannotKeep, StoreBroken):
        return not_now(RETRY_AFTER_SECONDS)
    if state is None:
        return NO_EVENT
    ask.gate.ring_events()
    return Reply({"id": event_id, "state": state})


async def replay_many(ask: Ask) -> Reply | Problem:
    """Send those of one state again; without a state the dead ones."""
    done = await replay_which(ask, ask.body)
    return done if isinstance(done, Problem) else Reply(done)


async def replay_which(ask: Ask, told: JSONObject) -> JSONObject | Problem:
    """Replay by the members of `WHICH`: how many, and whether there are more."""
    node = ask.gate.node
    which = Replay(
        state=EventState(told.get("state", EventState.DEAD)),
        type=told.get("type", ""),
        from_ms=told.get("from", 0),
        to_ms=told.get("to", EVER_MS),
    )
    now_ms, cursor, total = node.clock.now_ms(), events.start_of(which), 0
    found = [cursor]
    while found and total < REPLAY_EVENTS_MAX:
        try:
            found = await node.write(events.replay_many(which, cursor, now_ms, ask.who), 64 * 1024)
        except (CannotKeep, StoreBroken):
            return not_now(RETRY_AFTER_SECONDS)
        total += len(found)
        cursor = found[-1] if found else cursor
    ask.gate.ring_events()
    return {"replayed": total, "more": bool(found)}


def _line(event: Event) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "type": event.type,
        "source": event.source,
        "state": event.state,
        "attempts": event.attempts,
        "targets": event.targets,
        "accepted_at": at(event.accepted_ms),
        "last_error": event.last_error,
    }


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/mesh/events",
        summary="Keep an event; it is on disk before the answer. The same id again is the same event.",
        handle=accept,
        scope=Scope.EVENTS_WRITE,
        body=SENT,
        answers={202: Told("kept", _KEPT), 200: Told("kept before", _REPEATED)},
        problems=(Code.CONFLICT, Code.NOT_NOW),
    ),
    Operation(
        method="GET",
        path="/api/mesh/events",
        summary="Events in order of acceptance. `after`: the id of the last one seen.",
        handle=list_events,
        scope=Scope.EVENTS_READ,
        query={"state": STATE, "type": TYPE, "after": ID, "limit": LIMIT},
        answers={200: Told("a page", page("events", _LINE))},
        problems=(Code.NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/api/mesh/events/replay",
        summary="Send events of one state again, under their ids; by default the dead ones.",
        handle=replay_many,
        scope=Scope.EVENTS_WRITE,
        body=record({}, WHICH),
        answers={200: Told("how many", shape(replayed=NUMBER, more={"type": "boolean"}))},
        problems=(Code.NOT_NOW,),
    ),
    Operation(
        method="GET",
        path="/api/mesh/events/{id}",
        summary="One event with its whole timeline.",
        handle=show,
        scope=Scope.EVENTS_READ,
        answers={200: Told("the event", _WHOLE)},
        problems=(Code.NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/api/mesh/events/{id}/replay",
        summary="Send one event again, under its id. One that is on its way is left alone.",
        handle=replay,
        scope=Scope.EVENTS_WRITE,
        answers={200: Told("its state now", _KEPT)},
        problems=(Code.NOT_FOUND, Code.NOT_NOW),
    ),
)
