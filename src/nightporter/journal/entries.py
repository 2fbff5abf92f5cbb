"""Entries: each thing that happened, once, in its conversation, until the desk disposes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from nightporter.clock import Ids
from nightporter.errors import Stale
from nightporter.journal.deliveries import Delivery, DeliveryState
from nightporter.journal.people import conversation_of, guest_of
from nightporter.model.conversation import TurnEntry
from nightporter.model.decision import DispositionKind
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, JSONObject, Media, Message, MessageKind
from nightporter.model.outbox import outbox_id
from nightporter.store import Row, Tx, View

TURN_ENTRIES_MAX = 50  # more than this in one turn is answered as the next one
HOLD_MS = 2 * 3_600_000  # a member of staff who writes holds the conversation this long (desk.md)
PHONE_APP = "phone app"  # `held_by` when staff wrote from the phone
STOP = "stop"  # the preference of a guest who wants no proactive messages (Meta: user_preferences)
UNKNOWN_UNTIL = (
    "unknown until"  # in meta of a restored file: what was said before may have been answered (0007)
)


def entry_id(entry: Entry, key: bytes) -> str:
    """Time of the happening, then its dedupe key: the same on every node."""
    return f"{entry.at_ms:012x}{key.hex()}"


def unknown_until_ms(view: View) -> int:
    """Until when a restored file does not know what happened; 0 = it was never restored."""
    row = view.one("meta_get", (UNKNOWN_UNTIL,))
    return int(row[0]) if row else 0


def add(
    tx: Tx,
    ids: Ids,
    delivery: Delivery,
    ordinal: int,
    entry: Entry,
    *,
    ours: bool,
    unknown_ms: int = 0,
) -> str | None:
    """Insert the entry unless it is known; its conversation's id when the desk or staff must look, else None.

    `unknown_ms`: what is new to us and of that moment or earlier may have been answered (a restored file).
    """
    key = entry.dedupe_key()
    conversation_id = None
    if entry.identities:
        names = (*entry.identities, *_new_names(entry))
        guest_id = guest_of(tx, ids, names, entry.name, delivery.received_ms)
        conversation_id = conversation_of(tx, ids, guest_id, entry.channel, entry.number)
    new = tx.run(
        "entry_add",
        (
            entry_id(entry, key), key, entry.kind, entry.channel, entry.number, int(ours), entry.provider_id,
            conversation_id, entry.at_ms, delivery.received_ms, delivery.delivery_id, ordinal, payload(entry),
            int(min(entry.at_ms, delivery.received_ms) <= unknown_ms or _elsewhere(tx, entry)),
        ),
    )  # fmt: skip
    if not new:
        _complete(tx, entry, key)
        return None
    if conversation_id is None:
        return None
    return conversation_id if _heard(tx, entry, conversation_id, delivery.received_ms) else None


def _new_names(entry: Entry) -> list[Identity]:
    """The names that a guest has from now on, when the provider told of a change."""
    told = entry.data.get("new", ()) if entry.kind is EntryKind.IDENTITY else ()
    return [Identity(IdentityKind(name["kind"]), name["value"]) for name in told]


def _complete(tx: Tx, entry: Entry, key: bytes) -> None:
    """A repeat may bring what the first lacked: the file of a message that was told of before it was there."""
    if entry.message is None or entry.message.media is None:
        return
    row = tx.one("entry_find", (key,))
    known = message_of(row[2]) if row else None
    if known is not None and known.media is None:
        tx.run("entry_complete", (payload(entry), key))


def _heard(tx: Tx, entry: Entry, conversation_id: str, received_ms: int) -> bool:
    """What a new entry changes in its conversation; True when the desk must look at it."""
    if entry.kind is EntryKind.MESSAGE:
        in_group = entry.message is not None and bool(entry.message.group)
        tx.run("conversation_heard", (0 if in_group else entry.at_ms, received_ms, conversation_id))
        return True
    if entry.kind is EntryKind.ECHO:
        hold_until_ms = max(entry.at_ms, received_ms - HOLD_MS) + HOLD_MS
        tx.run("conversation_staff", (entry.at_ms, PHONE_APP, hold_until_ms, received_ms, conversation_id))
        return True
    if entry.kind is EntryKind.PREFERENCE:
        row = tx.one("conversation_get", (conversation_id,))
        assert row is not None, "a conversation that was just found is there"
        tx.run("guest_opt", (entry.at_ms if entry.data.get("value") == STOP else 0, row[1]))
        for other, _, _ in tx.all("conversations_of", (row[1],)):
            tx.run(
                "conversation_heard", (0, 0, other)
            )  # a decision that is being made knows the guest as before
    return False


def _elsewhere(tx: Tx, entry: Entry) -> bool:
    """True when a status has come for an answer that nobody here has given (SD4)."""
    if entry.kind is not EntryKind.MESSAGE or not entry.provider_id:
        return False
    derived = outbox_id(entry.at_ms, entry.provider_id, 0)
    return tx.one("statuses_known", (derived,)) is not None and tx.one("outbox_state", (derived,)) is None


def answered_elsewhere(tx: Tx, unknown_outbox_id: str) -> None:
    """A status came with an id that nobody has: mark the entry it was derived from, if we have it (SD4)."""
    moment, _, _ = unknown_outbox_id.partition("-")
    try:
        at_ms = int(moment, 16)
    except ValueError:
        return
    for found, provider_id in tx.all("entries_of_moment", (f"{at_ms:012x}", f"{at_ms + 1:012x}")):
        mine = unknown_outbox_id.startswith(outbox_id(at_ms, provider_id or found, 0)[:-1])
        if mine and tx.run("entry_elsewhere", (found,)):
            tx.run("conversation_changed", (found,))  # a decision that is being made knows nothing of it


def done(delivery: Delivery, entries: int, *, odd: bool) -> Callable[[Tx], int]:
    """A unit: the delivery has been read."""
    state = DeliveryState.ODD if odd else DeliveryState.READ
    return lambda tx: tx.run("delivery_done", (state, entries, delivery.delivery_id))


def dispose(
    tx: Tx,
    which: str,
    kind: DispositionKind,
    reason: str | None,
    reference: str | None,
    now_ms: int,
    trace: str | None,
) -> None:
    """Give the entry its one disposition. Raises `Stale` when it has one already."""
    if tx.run("entry_dispose", (kind, reason, reference, now_ms, trace, which)) != 1:
        raise Stale(f"entry {which} has its disposition")
    tx.run("disposed_add", (kind,))


def payload(entry: Entry) -> str:
    """What is kept of an entry beside its columns: JSON without empty fields."""
    value: dict[str, Any] = {}
    if entry.message is not None:
        value["message"] = _filled(entry.message)
    if entry.data:
        value["data"] = entry.data
    if entry.name:
        value["name"] = entry.name
    return orjson.dumps(value).decode()


_MESSAGE_TEXTS = ("text", "choice", "quoted", "target", "group")
_MEDIA_TEXTS = ("id", "url", "mime_type", "sha256", "filename")


def _filled(message: Message) -> JSONObject:
    value: JSONObject = {"kind": message.kind}
    for name in _MESSAGE_TEXTS:
        if text := getattr(message, name):
            value[name] = text
    if message.data:
        value["data"] = message.data
    if message.media is not None:
        value["media"] = {name: text for name in _MEDIA_TEXTS if (text := getattr(message.media, name))}
    return value


def message_of(payload_text: str) -> Message | None:
    """The message in a payload, None when the entry is no message."""
    value = orjson.loads(payload_text).get("message")
    if value is None:
        return None
    media = value.pop("media", None)
    kind = MessageKind(value.pop("kind"))
    return Message(kind=kind, media=Media(**media) if media is not None else None, **value)


def pending(view: View, conversation_id: str) -> list[TurnEntry]:
    """The uncovered run of a conversation, in order; empty when nothing is owed."""
    return [
        _turn_entry(view, row) for row in view.all("entries_pending", (conversation_id, TURN_ENTRIES_MAX))
    ]


def _turn_entry(view: View, row: Row) -> TurnEntry:
    message = message_of(row[4])
    assert message is not None, f"entry {row[0]} is a message"
    return TurnEntry(
        entry_id=row[0],
        at_ms=row[1],
        received_ms=row[2],
        provider_id=row[3],
        message=message,
        ours=bool(row[5]),
        answered_elsewhere=bool(row[6]),
        refers_to=_said(view, message.quoted) if message.quoted else "",
    )


def _said(view: View, provider_id: str) -> str:
    row = view.one("outbox_said", (provider_id,))
    return str(orjson.loads(row[0]).get("text", "")) if row else ""
