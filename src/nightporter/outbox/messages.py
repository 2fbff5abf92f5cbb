"""Outbox messages: every change of their state, as parts of units (SD1 to SD4).

The state moves only along `model.outbox.TRANSITIONS`; `_move` changes it, and `accepted` where nothing came between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from nightporter.model.message import Entry, StatusKind
from nightporter.model.outbox import (
    Choice,
    Content,
    OutboxMessage,
    OutboxState,
    Template,
    after_status,
    may_become,
)
from nightporter.outbox import tasks
from nightporter.store import Row, Tx, View

ERROR_CHARS_MAX = 300
SENT_AGAIN = frozenset({OutboxState.DEAD, OutboxState.FAILED})  # what a person may send again
REACHED = frozenset({OutboxState.SENT, OutboxState.DELIVERED, OutboxState.READ})


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message once; made in a commit, never repeated once acknowledged."""

    epoch: int


def add(
    tx: Tx,
    message: OutboxMessage,
    *,
    origin: str,
    covers: tuple[str, ...],
    discloses: bool,
    now_ms: int,
    claim: Claim | None,
) -> None:
    """Put a message into the outbox; with `claim` it is claimed in the same commit (SD1)."""
    state = OutboxState.SENDING if claim else OutboxState.WAITING
    tx.run(
        "outbox_add",
        (
            message.outbox_id, message.channel, message.number, message.conversation_id, message.to_phone,
            message.to_id, content_json(message.content), message.quote, origin, orjson.dumps(covers).decode(),
            int(discloses), state, 1 if claim else 0, now_ms, now_ms, message.expires_ms, now_ms,
            claim.epoch if claim else 0,
        ),
    )  # fmt: skip
    if claim:
        tx.run("attempt_add", (message.outbox_id, 1, claim.epoch, now_ms))


def claim(tx: Tx, outbox_id: str, attempt: int, by: Claim, now_ms: int) -> bool:
    """Claim a waiting message for its `attempt`-th send; False when it is not waiting any more."""
    if tx.run("outbox_claim", (by.epoch, now_ms, outbox_id)) != 1:
        return False
    tx.run("attempt_add", (outbox_id, attempt, by.epoch, now_ms))
    return True


def accepted(tx: Tx, outbox_id: str, attempt: int, provider_id: str, now_ms: int) -> Told | None:
    """The provider took it under `provider_id`; what statuses that came first changed, None for nothing."""
    tx.run("attempt_end", (now_ms, "accepted", provider_id, outbox_id, attempt))
    if tx.run("outbox_sent", (provider_id, now_ms, outbox_id)) != 1:  # a status, or a restart, came between
        tx.run("outbox_accepted", (provider_id, outbox_id))
        state = OutboxState(_state(tx, outbox_id)[0])
        if state in {OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.MAYBE_SENT}:
            _move(tx, outbox_id, state, OutboxState.SENT, now_ms)
    parked = _unpark(tx, outbox_id, provider_id)
    return _reached(tx, outbox_id, _state(tx, outbox_id), parked) if parked else None


def _unpark(tx: Tx, outbox_id: str, provider_id: str) -> list[Step]:
    """The statuses that came before we knew whose they are; from now on they are this message's."""
    parked = tx.all("statuses_parked", (provider_id,))
    if parked:
        tx.run("statuses_unpark", (outbox_id, provider_id))
    return [Step(StatusKind(kind), at_ms, code, error) for kind, at_ms, code, error in parked]


def waits_again(
    tx: Tx, outbox_id: str, attempt: int, outcome: str, detail: str, due_ms: int, now_ms: int
) -> None:
    """Not sent: the claim is released, the message waits until `due_ms` (SD2)."""
    tx.run("attempt_end", (now_ms, outcome, detail[:ERROR_CHARS_MAX], outbox_id, attempt))
    _move(tx, outbox_id, OutboxState.SENDING, OutboxState.WAITING, now_ms, due_ms=due_ms, error=detail)


def unknown(tx: Tx, outbox_id: str, attempt: int, detail: str, now_ms: int) -> None:
    """It may have been sent: a status settles it, nobody sends it again (SD3)."""
    tx.run("attempt_end", (now_ms, "unknown", detail[:ERROR_CHARS_MAX], outbox_id, attempt))
    _move(tx, outbox_id, OutboxState.SENDING, OutboxState.UNKNOWN, now_ms, error=detail)


def refused(tx: Tx, outbox_id: str, attempt: int, code: str, detail: str, now_ms: int) -> None:
    """The provider does not take it, now or later."""
    tx.run("attempt_end", (now_ms, "refused", f"{code} {detail}"[:ERROR_CHARS_MAX], outbox_id, attempt))
    _move(tx, outbox_id, OutboxState.SENDING, OutboxState.FAILED, now_ms, code=code, error=detail)


def give_up(tx: Tx, outbox_id: str, reason: str, now_ms: int) -> bool:
    """A waiting message becomes a dead letter; False when it is not waiting."""
    return (
        _move(tx, outbox_id, OutboxState.WAITING, OutboxState.DEAD, now_ms, error=reason) is OutboxState.DEAD
    )


def settle(tx: Tx, outbox_id: str, new: OutboxState, now_ms: int, reason: str = "") -> bool:
    """Move an unknown or maybe-sent message on; False when its state does not allow the step."""
    row = tx.one("outbox_state", (outbox_id,))
    if row is None or not may_become(OutboxState(row[0]), new):
        return False
    return _move(tx, outbox_id, OutboxState(row[0]), new, now_ms, error=reason) is new


def recover(tx: Tx, epoch: int, now_ms: int, limit: int) -> int:
    """Claims of earlier epochs may be on the wire: they become unknown; how many."""
    rows = tx.all("outbox_claimed_before", (epoch, limit))
    for outbox_id, attempt in rows:
        unknown(tx, outbox_id, attempt, "the node stopped while this was being sent", now_ms)
    return len(rows)


def unsettled_with_words(tx: Tx, phone: str, words: str) -> str:
    """The id of a message to that phone, with these words, whose outcome we do not know yet; "" without one."""
    for outbox_id, content in tx.all("outbox_unsettled_to", (phone,)):
        if content_of(content).text == words:
            return str(outbox_id)
    return ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a status changed: the message, and its state now."""

    outbox_id: str
    conversation_id: str
    state: OutboxState
    code: str
    at_ms: int  # when that was so, by the provider's clock


class Step(NamedTuple):
    """What one status says of a message."""

    kind: StatusKind
    at_ms: int
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class AllTold:
    """What the statuses of a delivery changed, and the outbox ids in them that nobody has (SD4)."""

    changed: list[Told]
    unknown: list[str]


def statuses(tx: Tx, entries: Iterable[Entry]) -> AllTold:
    """Apply statuses, each once, in any order, also before our own write; a message moves once, by all of its own."""
    rows: dict[str, Row] = {}
    steps: dict[str, list[Step]] = {}
    unknown: list[str] = []
    for entry in entries:
        told = entry.status
        assert told is not None, "a status entry has a status"
        owner = _owner(tx, told.outbox_id, entry.provider_id, rows)
        if told.outbox_id and not owner:
            unknown.append(told.outbox_id)
        new = tx.run(
            "status_add",
            (
                owner or told.outbox_id, entry.provider_id, told.kind, entry.at_ms, entry.channel,
                told.error_code, told.error[:ERROR_CHARS_MAX], int(told.billable), told.category,
            ),
        )  # fmt: skip
        if not new or not owner:
            continue
        mine = steps.setdefault(owner, [])
        if entry.provider_id and not rows[owner][1]:
            tx.run("outbox_accepted", (entry.provider_id, owner))
            mine += _unpark(tx, owner, entry.provider_id)
            rows[owner] = _state(tx, owner)
        mine.append(Step(told.kind, entry.at_ms, told.error_code, told.error))
    changed = [_reached(tx, owner, rows[owner], mine) for owner, mine in steps.items()]
    for told in changed:
        if (
            told and rows[told.outbox_id][0] == OutboxState.MAYBE_SENT
        ):  # now the provider says it: nobody need look
            tasks.end(tx, f"maybe-sent:{told.outbox_id}", steps[told.outbox_id][-1].at_ms)
    return AllTold([told for told in changed if told], unknown)


def _owner(tx: Tx, outbox_id: str, provider_id: str, rows: dict[str, Row]) -> str:
    """Whose status it is, with its row in `rows`; "" while nobody knows."""
    if outbox_id in rows:
        return outbox_id
    row = tx.one("outbox_state", (outbox_id,)) if outbox_id else None
    if row is None and provider_id and (found := tx.one("outbox_by_provider", (provider_id,))):
        outbox_id = found[0]
        row = rows.get(outbox_id) or _state(tx, outbox_id)
    if row is None:
        return ""
    rows[outbox_id] = row
    return outbox_id


def _state(tx: Tx, outbox_id: str) -> Row:
    row = tx.one("outbox_state", (outbox_id,))
    assert row is not None, f"outbox message {outbox_id} is gone"
    return row


def _reached(tx: Tx, outbox_id: str, row: Row, steps: Iterable[Step]) -> Told | None:
    """Move on from the state in `row` (of `outbox_state`) as far as the statuses say; None: nothing new."""
    old = state = OutboxState(row[0])
    last: Step | None = None
    told_ms = 0
    for step in steps:
        new = after_status(state, step.kind)
        if new in REACHED:
            told_ms = step.at_ms
        if new is not state:
            state, last = new, step
    if told_ms and row[3]:
        _told_machine(tx, row[2], told_ms)
    if last is None:
        return None
    _move(tx, outbox_id, old, state, last.at_ms, code=last.code, error=last.error)
    return Told(outbox_id, row[2], state, last.code, last.at_ms)


def _told_machine(tx: Tx, conversation_id: str, at_ms: int) -> None:
    row = tx.one("conversation_get", (conversation_id,))
    assert row is not None, f"conversation {conversation_id} is gone"
    tx.run("guest_told", (at_ms, row[1]))


def _move(
    tx: Tx,
    outbox_id: str,
    old: OutboxState,
    new: OutboxState,
    now_ms: int,
    *,
    due_ms: int = 0,
    code: str = "",
    error: str = "",
) -> OutboxState:
    """Change the state from `old` to `new`; the state it has afterwards."""
    assert may_become(old, new), f"{outbox_id}: {old} does not become {new}"
    moved = tx.run(
        "outbox_move_state", (new, now_ms, due_ms or now_ms, code, error[:ERROR_CHARS_MAX], outbox_id, old)
    )
    return new if moved else old


def content_json(content: Content) -> str:
    """The content as JSON without empty fields."""
    value: dict[str, object] = {}
    for name in ("text", "buttons", "rows", "rows_title", "template"):
        if part := getattr(content, name):
            value[name] = part
    return orjson.dumps(value).decode()


def content_of(text: str) -> Content:
    """The content back from its JSON."""
    value = orjson.loads(text)
    for name in ("buttons", "rows"):
        if name in value:
            value[name] = tuple(Choice(**choice) for choice in value[name])
    if "template" in value:
        for name in ("parameters", "names"):
            value["template"][name] = tuple(value["template"].get(name, ()))
        value["template"] = Template(**value["template"])
    return Content(**value)


def message_of(row: Row) -> OutboxMessage:
    """A message from the first eleven columns of `outbox_due` or `outbox_get`."""
    return OutboxMessage(
        outbox_id=row[0],
        channel=row[1],
        number=row[2],
        conversation_id=row[3],
        to_phone=row[4],
        to_id=row[5],
        content=content_of(row[6]),
        quote=row[7],
        state=OutboxState(row[8]),
        attempts=row[9],
        expires_ms=row[10],
    )


def get(view: View, outbox_id: str) -> OutboxMessage | None:
    """The message, None when there is none."""
    row = view.one("outbox_get", (outbox_id,))
    return message_of(row) if row else None
