"""Guests and conversations: who wrote, under which of their names, on which number of ours.

A guest has identities and none of them is a primary key. When one delivery shows that two guests are one person,
the younger is merged into the older inside the same unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from nightporter.clock import Ids
from nightporter.journal import remarks
from nightporter.model.conversation import Conversation, Memory, Question
from nightporter.model.guest import Guest, Identity, IdentityKind, LanguageSource, Stay, StayRole, StayState
from nightporter.store import Row, Tx, View

STAYS_MAX = 20
SURER = tuple(LanguageSource)  # weakest first


def guest_of(tx: Tx, ids: Ids, identities: Sequence[Identity], name: str, now_ms: int) -> str:
    """The guest with these names, made or merged where needed; the guest's id."""
    known: list[str] = []
    missing: list[str] = []
    for identity in identities:
        row = tx.one("identity_find", (identity.key(),))
        if row is None:
            missing.append(identity.key())
        elif row[0] not in known:
            known.append(row[0])
    if known:
        guest_id, *others = sorted(known)
        for other in others:
            _merge(tx, guest_id, other)
        if name:
            tx.run("guest_name", (name, guest_id, name))
    else:
        guest_id = ids.new()
        tx.run("guest_add", (guest_id, name, "", LanguageSource.NONE, now_ms))
    for key in missing:
        tx.run("identity_add", (key, guest_id, now_ms))
    return guest_id


def conversation_of(tx: Tx, ids: Ids, guest_id: str, channel: str, number: str) -> str:
    """The guest's conversation on that number, begun where needed; its id."""
    row = tx.one("conversation_find", (guest_id, channel, number))
    if row:
        return str(row[0])
    conversation_id = ids.new()
    tx.run("conversation_add", (conversation_id, guest_id, channel, number))
    return conversation_id


def _merge(tx: Tx, kept: str, dropped: str) -> None:
    for conversation_id, channel, number in tx.all("conversations_of", (dropped,)):
        same = tx.one("conversation_find", (kept, channel, number))
        if same is None:
            tx.run("conversation_give", (kept, conversation_id))
            continue
        was = conversation(tx, conversation_id)
        for query in ("entries_move", "outbox_move", "tasks_move"):
            tx.run(query, (same[0], conversation_id))
        latest = max(was.last_guest_ms, was.last_staff_ms, was.last_answer_ms)
        tx.run(
            "conversation_absorb",
            (
                was.last_guest_ms, was.last_staff_ms, was.last_answer_ms,
                was.held_until_ms, was.held_by, was.held_until_ms, latest, same[0],
            ),
        )  # fmt: skip
        tx.run("conversation_drop", (conversation_id,))
    _merge_known(tx, kept, dropped)
    remarks.move(tx, kept, dropped)
    tx.run("identity_move", (kept, dropped))
    tx.run("stay_guests_book", (kept, dropped))
    tx.run("stay_guests_move", (kept, dropped))
    tx.run("stay_guests_drop", (dropped,))
    tx.run("guest_drop", (dropped,))


def _merge_known(tx: Tx, kept: str, dropped: str) -> None:
    """What we know of one person: an opt-out stays one, and what only the dropped guest had is taken over."""
    mine, other = guest(tx, kept), guest(tx, dropped)
    spoken = mine if mine.language_source != LanguageSource.NONE else other
    tx.run(
        "guest_learn",
        (
            mine.name or other.name, spoken.language, spoken.language_source, spoken.language_rival,
            max(mine.opted_out_ms, other.opted_out_ms), kept,
        ),
    )  # fmt: skip
    tx.run("guest_told", (max(mine.told_machine_ms, other.told_machine_ms), kept))


def learn(tx: Tx, read: Guest, learned: Guest) -> None:
    """Keep what a decision changed of the guest as it `read` them; the rest may have changed meanwhile, and stands."""
    row = tx.one("guest_get", (learned.guest_id,))
    assert row is not None, f"guest {learned.guest_id} is gone"
    known = _guest(row, learned.phone)
    name = learned.name if learned.name != read.name else known.name
    opted_out_ms = learned.opted_out_ms if learned.opted_out_ms != read.opted_out_ms else known.opted_out_ms
    spoken = learned
    if _language(learned) == _language(read) or (
        _language(known) != _language(read)
        and SURER.index(known.language_source) > SURER.index(learned.language_source)
    ):
        spoken = known
    tx.run(
        "guest_learn",
        (
            name, spoken.language, spoken.language_source, spoken.language_rival, opted_out_ms, known.guest_id,
        ),
    )  # fmt: skip


def _language(one: Guest) -> tuple[str, LanguageSource, str]:
    return one.language, one.language_source, one.language_rival


@dataclass(frozen=True, slots=True)
class Party:
    """All that a turn is about, read as of one moment."""

    conversation: Conversation
    guest: Guest
    other_id: str  # how a guest without phone is written to
    has_stays: bool
    unsent: bool  # an earlier message to the guest is not out yet


UNSENT_FROM_MS = 86_400_000  # a message that waits longer does not hold up new ones


def party(view: View, conversation_id: str, now_ms: int) -> Party:
    """The conversation with its guest; it must exist."""
    row = view.one("turn_get", (conversation_id, now_ms - UNSENT_FROM_MS))
    assert row is not None, f"conversation {conversation_id} is gone"
    phone, other = _addresses(row[18].split("\n") if row[18] else ())
    return Party(_conversation(row), _guest(row[11:18], phone), other, bool(row[19]), bool(row[20]))


def conversation(view: View, conversation_id: str) -> Conversation:
    """The conversation as it stands; it must exist."""
    row = view.one("conversation_get", (conversation_id,))
    assert row is not None, f"conversation {conversation_id} is gone"
    return _conversation(row)


def _conversation(row: Row) -> Conversation:
    return Conversation(
        conversation_id=row[0],
        guest_id=row[1],
        channel=row[2],
        number=row[3],
        version=row[4],
        held_by=row[5],
        held_until_ms=row[6],
        last_guest_ms=row[7],
        last_staff_ms=row[8],
        last_answer_ms=row[9],
        memory=_memory(row[10]),
    )


def _memory(text: str) -> Memory:
    if text == "{}":
        return Memory()
    value = orjson.loads(text)
    question = value.get("question")
    if question:
        question["choices"] = tuple(question.get("choices", ()))
        value["question"] = Question(**question)
    for name in ("answers_ms", "last_topics"):
        value[name] = tuple(value.get(name, ()))
    return Memory(**value)


def guest(view: View, guest_id: str) -> Guest:
    """The guest as known; must exist."""
    row = view.one("guest_get", (guest_id,))
    assert row is not None, f"guest {guest_id} is gone"
    return _guest(row, addresses(view, guest_id)[0])


def _guest(row: Row, phone: str) -> Guest:
    return Guest(
        guest_id=row[0],
        name=row[1],
        language=row[2],
        language_source=LanguageSource(row[3]),
        language_rival=row[4],
        opted_out_ms=row[5],
        told_machine_ms=row[6],
        phone=phone,
    )


def addresses(view: View, guest_id: str) -> tuple[str, str]:
    """How the guest is written to: (phone digits or "", business-scoped or Spoki id or ""), the newest of each."""
    return _addresses([key for (key,) in view.all("identity_list", (guest_id,))])


def _addresses(keys: Sequence[str]) -> tuple[str, str]:
    phone = other = ""
    for key in keys:
        kind, _, value = key.partition(":")
        if kind == IdentityKind.PHONE:
            phone = phone or value
        elif kind != IdentityKind.PARENT_BSUID:
            other = other or value
    return phone, other


def stays(view: View, guest_id: str) -> tuple[Stay, ...]:
    """The guest's bookings, newest arrival first."""
    return tuple(stay(row) for row in view.all("stays_guest", (guest_id, STAYS_MAX)))


def stay(row: Row) -> Stay:
    """A stay from a row of the `stay*` queries; the tenth column, where there is one, is the role."""
    return Stay(
        stay_id=row[0],
        source=row[1],
        code=row[2],
        arrival=row[3],
        departure=row[4],
        room=row[5],
        flight=row[6],
        name=row[7],
        state=StayState(row[8]),
        role=StayRole(row[9]) if len(row) > 9 else StayRole.BOOKER,
    )
