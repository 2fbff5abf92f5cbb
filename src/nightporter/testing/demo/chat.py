"""A guest's chat as the phone shows it, read from the provider's ledger alone: our own tables do not take part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nightporter.testing.demo.cast import META, Player
from nightporter.testing.demo.recalled import ECHO
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.ledger import Accepted, JsonObject, Record
from nightporter.testing.providers.shapes import as_object, as_objects

TYPING_MS = 25_000  # Meta shows the three dots this long at most
SHOWN_MAX = 120
TRIED_MAX = 12
RANKS = {"sent": 1, "delivered": 2, "read": 3, "failed": 4, "error": 4}
TICKS = ("sent", "sent", "delivered", "read", "failed")


@dataclass(slots=True, kw_only=True)
class Bubble:
    """One message on the guest's screen. `who`: me | hotel | app (staff, from the phone app)."""

    id: str
    who: str
    at_ms: int
    kind: str
    text: str = ""
    tick: str = ""
    quoted: str = ""
    target: str = ""
    buttons: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])  # id, title
    row: str = "button_reply"  # what a tap sends
    json: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A request of the node that was not simply accepted."""

    at_ms: int
    what: str
    detail: str
    json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Everything on the screen."""

    bubbles: list[Bubble]
    typing: bool
    tried: list[Tried]
    last_mine: str  # id of my newest message with words, "" none
    last_hotel: str  # id of the hotel's newest, "" none


def read(core: ProviderCore, player: Player, now_ms: int) -> Chat:
    """The player's chat at that provider."""
    key = player.guest.key
    bubbles: dict[str, Bubble] = {}
    typing_since_ms = 0
    for record in core.ledger.records:
        data = record.data
        if record.kind == "webhook":
            _acknowledged(bubbles, record)
        if data.get("guest") != key:
            continue
        if record.kind == "guest":
            mine = _mine_meta(record) if player.channel == META else _mine_spoki(record)
            bubbles.setdefault(mine.id, mine)
        elif record.kind == "accepted":
            bubbles[data["id"]] = _hotels(core.ledger.find(data["id"]), player.channel)
            typing_since_ms = 0
        elif record.kind == ECHO:
            bubbles[data["id"]] = Bubble(
                id=data["id"], who="app", at_ms=record.t_ms, kind="text", text=_words(data["message"])
            )
            typing_since_ms = 0
        elif record.kind == "read":
            _was_read(bubbles, data["message_id"])
            typing_since_ms = record.t_ms if data["typing"] else typing_since_ms
    shown = _with_quotes(list(bubbles.values()))[-SHOWN_MAX:]
    return Chat(
        bubbles=shown,
        typing=now_ms - typing_since_ms < TYPING_MS,
        tried=_tried(core, player)[-TRIED_MAX:],
        last_mine=next((one.id for one in reversed(shown) if one.who == "me" and one.kind == "text"), ""),
        last_hotel=next((one.id for one in reversed(shown) if one.who == "hotel"), ""),
    )


def _acknowledged(bubbles: dict[str, Bubble], record: Record) -> None:
    if record.data["http_status"] != 200:
        return
    for kind, name, _ in record.data["contents"]:
        bubble = bubbles.get(name)
        if kind == "message" and bubble is not None and bubble.tick == "sent":
            bubble.tick = "delivered"


def _was_read(bubbles: dict[str, Bubble], message_id: str) -> None:
    """What was written before it is read too."""
    if message_id not in bubbles:
        return
    for bubble in bubbles.values():
        if bubble.who == "me":
            bubble.tick = "read"
        if bubble.id == message_id:
            return


def _mine_meta(record: Record) -> Bubble:
    message = as_object(record.data["message"])
    kind = str(message["type"])
    inner = as_object(message.get(kind))
    return Bubble(
        id=record.data["id"],
        who="me",
        at_ms=int(message["timestamp"]) * 1000,
        kind=kind,
        text=_words(message),
        tick="sent",
        quoted=str(as_object(message.get("context")).get("id", "")),
        target=str(inner.get("message_id") or inner.get("original_message_id") or ""),
    )


def _mine_spoki(record: Record) -> Bubble:
    data = as_object(record.data["message"])
    return Bubble(
        id=record.data["id"],
        who="me",
        at_ms=int(data["timestamp_ms"]),
        kind=str(data["content_type"]).lower(),
        text=str(data.get("text", "")),
        tick="sent",
        quoted=str(data.get("replyToMessageUid", "")),
    )


def _words(message: JsonObject) -> str:
    """What a message in the Cloud API's shape says."""
    inner = as_object(message.get(str(message["type"])))
    nested = as_object(inner.get(str(inner.get("type", ""))))
    edited = as_object(inner.get("message"))
    if edited:
        return _words(edited)
    told = (
        inner.get("body")
        or inner.get("caption")
        or inner.get("emoji")
        or nested.get("title")
        or inner.get("text")
    )
    return str(told or "")


def _hotels(message: Accepted | None, channel: str) -> Bubble:
    assert message is not None, "an accepted message is in its ledger"
    body = message.body
    buttons = list(_meta_buttons(body) if channel == META else _spoki_buttons(body))
    rows = message.type == "List" or as_object(body.get("interactive")).get("type") == "list"
    rank = max((RANKS.get(status.lower(), 0) for status in message.statuses), default=0)
    return Bubble(
        id=message.id,
        who="hotel",
        at_ms=message.t_ms,
        kind="template" if message.type.lower() == "template" else "text",
        text=_said_meta(body) if channel == META else str(body.get("text", "")),
        tick=TICKS[rank],
        quoted=str(as_object(body.get("context")).get("message_id", "")),
        buttons=buttons,
        row="list_reply" if rows else "button_reply",
        json=pretty(body),
    )


def _said_meta(body: JsonObject) -> str:
    template = as_object(body.get("template"))
    if template:
        parameters = [
            str(parameter.get("text", ""))
            for component in as_objects(template.get("components"))
            for parameter in as_objects(component.get("parameters"))
        ]
        return f"{template.get('name', '')}: {' · '.join(parameters)}"
    inner = as_object(body.get(str(body.get("type", "text"))))
    told = inner.get("body")
    return str(as_object(told).get("text", "") if isinstance(told, dict) else told or "")


def _meta_buttons(body: JsonObject) -> Iterator[tuple[str, str]]:
    action = as_object(as_object(body.get("interactive")).get("action"))
    for button in as_objects(action.get("buttons")):
        reply = as_object(button.get("reply"))
        yield str(reply.get("id", "")), str(reply.get("title", ""))
    for section in as_objects(action.get("sections")):
        for row in as_objects(section.get("rows")):
            yield str(row.get("id", "")), str(row.get("title", ""))


def _spoki_buttons(body: JsonObject) -> Iterator[tuple[str, str]]:
    for button in as_objects(body.get("buttons")):
        yield str(button.get("payload") or button.get("text", "")), str(button.get("text", ""))
    for section in as_objects(as_object(body.get("list")).get("sections")):
        for row in as_objects(section.get("rows")):
            yield str(row.get("payload") or row.get("title", "")), str(row.get("title", ""))


def _with_quotes(bubbles: list[Bubble]) -> list[Bubble]:
    words = {one.id: one.text for one in bubbles}
    for bubble in bubbles:
        bubble.quoted = words.get(bubble.quoted or bubble.target, "")
    return bubbles


def _tried(core: ProviderCore, player: Player) -> list[Tried]:
    """Requests that went wrong, for this guest."""
    addresses = {player.guest.key, player.phone, f"+{player.phone}", player.guest.bsuid}
    found: list[Tried] = []
    for record in core.ledger.records:
        data: dict[str, Any] = record.data
        if record.kind == "refused" and str(data.get("to")) in addresses:
            found.append(
                _went_wrong(record, "refused", f"{data['http_status']} · {data['code']} {data['details']}")
            )
        elif record.kind == "failed":
            body = as_object(data.get("body"))
            if str(body.get("to") or body.get("recipient") or body.get("phone")) in addresses:
                found.append(_went_wrong(record, "failed", str(data["failure"])))
        elif record.kind == "accepted" and data["guest"] == player.guest.key and data["fault"] != "none":
            found.append(_went_wrong(record, "accepted", str(data["fault"])))
    return found


def _went_wrong(record: Record, what: str, detail: str) -> Tried:
    return Tried(at_ms=record.t_ms, what=what, detail=detail, json=pretty(record.data))


def pretty(value: JsonObject) -> str:
    """JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2)
