"""Committing a decision: dispositions, messages, tasks and memory, all in one unit, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from nightporter.channels.port import Channel
from nightporter.errors import Stale
from nightporter.journal import entries, people
from nightporter.journal.people import Party
from nightporter.model.conversation import Conversation, Turn
from nightporter.model.decision import Decision, Disposition, DispositionKind
from nightporter.model.outbox import OutboxMessage, outbox_id
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim
from nightporter.rounds.lane import EMERGENCY
from nightporter.rounds.node import Node
from nightporter.store import Tx

Said = list[tuple[OutboxMessage, bool]]  # messages, each with whether it carries the disclosure

MACHINE = "machine"
SHORT_ROOM_BYTES = 2048


async def commit_decision(node: Node, turn: Turn, decision: Decision, said: Said, *, claim: bool) -> None:
    """Commit the decision, its first message claimed where asked. Raises `Stale` when it came too late."""
    unit = _unit(node, turn, decision, said, claim=claim)
    await node.write(unit, SHORT_ROOM_BYTES + sum(len(message.content.text) for message, _ in said))


def sayings(turn: Turn, party: Party, decision: Decision, channel: Channel) -> Said:
    """The outbox messages of a decision with their derived ids (SD4), split as the channel needs it."""
    first, conversation = turn.entries[0], turn.conversation
    said: Said = []
    for saying in decision.sayings:
        for number, part in enumerate(channel.parts(saying.content)):
            message = OutboxMessage(
                outbox_id=outbox_id(first.at_ms, first.provider_id or first.entry_id, len(said)),
                channel=conversation.channel,
                number=conversation.number,
                conversation_id=conversation.conversation_id,
                to_phone=party.guest.phone,
                to_id=party.other_id,
                content=part,
                quote=saying.quote if number == 0 else "",
                expires_ms=conversation.window_until_ms(),
            )
            said.append((message, saying.discloses))
    return said


def _unit(node: Node, turn: Turn, decision: Decision, said: Said, *, claim: bool) -> Callable[[Tx], None]:
    now_ms, by = node.clock.now_ms(), Claim(node.lease.epoch)
    task_ids = [node.ids.new() for _ in decision.tasks]
    conversation, guest = turn.conversation, decision.guest
    origin = EMERGENCY if decision.trace.emergency else MACHINE
    covers = tuple(entry.provider_id for entry in turn.entries if entry.provider_id)

    def unit(tx: Tx) -> None:
        if not _still(tx, conversation, decision, now_ms if said else 0, now_ms):
            raise Stale("the conversation has gone on meanwhile")
        made = [
            tasks.add(tx, task_id, task, conversation.conversation_id, now_ms)
            for task_id, task in zip(task_ids, decision.tasks, strict=True)
        ]
        trace: str | None = _trace(decision)
        for disposition in decision.dispositions:
            reference = _reference(disposition, said, made)
            entries.dispose(
                tx, disposition.entry_id, disposition.kind, disposition.reason, reference, now_ms, trace
            )
            trace = None  # kept once a turn, at its first entry
        for number, (message, discloses) in enumerate(said):
            mine = by if claim and number == 0 else None
            messages.add(
                tx, message, origin=origin, covers=covers, discloses=discloses, now_ms=now_ms, claim=mine
            )
        if guest is not None:
            people.learn(tx, turn.guest, guest)
        if decision.release_hold:
            tx.run("conversation_release", (conversation.conversation_id,))

    return unit


def _still(tx: Tx, read: Conversation, decision: Decision, answered_ms: int, now_ms: int) -> bool:
    """Keep what the decision leaves in its conversation; False when that has gone on since it was `read`."""
    if not decision.dispositions and decision.memory is None:
        return tx.scalar("conversation_version", (read.conversation_id,)) == read.version
    memory = orjson.dumps(read.memory if decision.memory is None else decision.memory).decode()
    values = (memory, answered_ms, now_ms, read.conversation_id, read.version)
    return tx.run("conversation_decided", values) == 1


def _reference(disposition: Disposition, said: Said, made: list[str]) -> str | None:
    match disposition.kind:
        case DispositionKind.ANSWERED:
            return said[0][0].outbox_id
        case DispositionKind.STAFF:
            return made[disposition.task]
        case DispositionKind.SILENT:
            return None


def _trace(decision: Decision) -> str | None:
    trace = decision.trace
    return orjson.dumps(trace).decode() if trace.language or trace.topics or trace.emergency else None
