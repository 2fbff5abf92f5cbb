"""Conversations over HTTP: listed, and one with what was said, by whom, and what became of it."""

from __future__ import annotations

from typing import Any

import orjson

from nightporter.desk.privacy import without_cards
from nightporter.gateway.fields import moment, text
from nightporter.gateway.problem import Code, Problem
from nightporter.gateway.routes import Ask, Operation, Reply, Told
from nightporter.gateway.shapes import (
    LIMIT,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    PAGE_DEFAULT,
    TEXT,
    array,
    at,
    maybe_at,
    page,
    shape,
    words,
)
from nightporter.journal.entries import message_of
from nightporter.journal.keys import Scope
from nightporter.model.message import EntryKind, JSONObject
from nightporter.outbox.messages import content_of
from nightporter.rounds import commit, lane
from nightporter.store import Row, View

TIES_MAX = 20  # messages of one millisecond that a page still takes along
LAST_MS = 2**62
MACHINES = frozenset({commit.MACHINE, lane.EMERGENCY, lane.PROACTIVE})  # `origin` of what no person wrote

CURSOR = text(60, pattern="^[0-9]{1,15}[.][0-9a-f]{1,40}$", why="what a page told as `next`")
_FROM = words("guest", "staff", "us", "provider")
_LINE = shape(
    id=TEXT, channel=TEXT, number=TEXT, guest=shape(id=TEXT, name=TEXT, language=MAYBE_TEXT), held_by=MAYBE_TEXT,
    held_until=MAYBE_MOMENT, last_guest_at=MAYBE_MOMENT, last_answer_at=MAYBE_MOMENT, last_activity_at=MAYBE_MOMENT,
)  # fmt: skip
_SAID = shape(
    **{"from": _FROM}, id=TEXT, at=MOMENT, kind=TEXT, text=TEXT, state=MAYBE_TEXT, reason=MAYBE_TEXT,
)  # fmt: skip
_WHOLE = shape(**_LINE["properties"], messages=array(_SAID), earlier=MAYBE_MOMENT)
_NONE = Problem(Code.NOT_FOUND, "there is no conversation with this id")


async def list_conversations(ask: Ask) -> Reply | Problem:
    """A page of conversations, the latest first."""
    view, limit = ask.gate.node.store.view, ask.query.get("limit", PAGE_DEFAULT)
    moment_ms, _, which = ask.query.get("after", f"{LAST_MS}.").partition(".")
    rows = view.all("conversations_page", (int(moment_ms), which, limit + 1))
    shown = rows[:limit]
    following = f"{shown[-1][11]}.{shown[-1][0]}" if len(rows) > limit else None
    return Reply({"conversations": [_line(row) for row in shown], "next": following})


async def show(ask: Ask) -> Reply | Problem:
    """One conversation with its newest messages before a moment, newest first."""
    view, which = ask.gate.node.store.view, ask.path["id"]
    row = view.one("conversation_line", (which,))
    if row is None:
        return _NONE
    limit, before_ms = ask.query.get("limit", PAGE_DEFAULT), ask.query.get("before", LAST_MS)
    messages, earlier_ms = _messages(view, which, before_ms, limit)
    return Reply({**_line(row), "messages": messages, "earlier": maybe_at(earlier_ms)})


def _messages(view: View, which: str, before_ms: int, limit: int) -> tuple[list[JSONObject], int | None]:
    """Both sides of the talk, and from where to go on; messages of one millisecond stay together."""
    asked = (which, before_ms, limit + TIES_MAX)
    found = [(row[2], _heard(row)) for row in view.all("entries_conversation", asked)]
    found += [(row[4], _said(row)) for row in view.all("outbox_conversation", asked)]
    found.sort(key=lambda each: each[0], reverse=True)
    shown = [each for at_, each in found if len(found) <= limit or at_ >= found[limit - 1][0]]
    return shown, found[len(shown) - 1][0] if len(shown) < len(found) else None


def _line(row: Row) -> JSONObject:
    return {
        "id": row[0],
        "channel": row[4],
        "number": row[5],
        "guest": {"id": row[1], "name": row[2], "language": row[3] or None},
        "held_by": row[6] or None,
        "held_until": maybe_at(row[7]),
        "last_guest_at": maybe_at(row[8]),
        "last_answer_at": maybe_at(row[10]),
        "last_activity_at": maybe_at(row[11]),
    }


def _heard(row: Row) -> JSONObject:
    """An entry: what the guest, staff on their phone, or the provider said."""
    entry_id, kind, at_ms, _, _, payload, disposition, reason, *_ = row
    message = message_of(payload)
    speaker = {EntryKind.MESSAGE: "guest", EntryKind.ECHO: "staff"}.get(kind, "provider")
    return {
        "from": speaker,
        "id": entry_id,
        "at": at(at_ms),
        "kind": message.kind if message else kind,
        "text": without_cards(message.text) if message else "",
        "state": disposition,
        "reason": reason,
    }


def _said(row: Row) -> dict[str, Any]:
    """A message of ours."""
    outbox_id, content, state, origin, created_ms, _, _, error_code, *_ = row
    said = content_of(content)
    return {
        "from": "us" if origin in MACHINES else "staff",
        "id": outbox_id,
        "at": at(created_ms),
        "kind": "template" if said.template else "text",
        "text": without_cards(said.text or (orjson.dumps(said.template).decode() if said.template else "")),
        "state": state,
        "reason": error_code or None,
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/conversations",
        summary="Conversations, the latest first. `after`: what the page before told as `next`.",
        handle=list_conversations,
        scope=Scope.HOTEL_READ,
        query={"after": CURSOR, "limit": LIMIT},
        answers={200: Told("a page", page("conversations", _LINE))},
    ),
    Operation(
        method="GET",
        path="/api/conversations/{id}",
        summary="One conversation with its messages, newest first. `before`: what it told as `earlier`.",
        handle=show,
        scope=Scope.HOTEL_READ,
        query={"before": moment(), "limit": LIMIT},
        answers={200: Told("the conversation", _WHOLE)},
        problems=(Code.NOT_FOUND,),
    ),
)
