"""Intake: reads each kept delivery, drops nothing, recognises repeats, and tells the turns whom to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from nightporter.channels.apart import APART_BYTES, split_apart
from nightporter.channels.port import Channel
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import entries
from nightporter.journal.deliveries import Bodies, Delivery
from nightporter.model.decision import DispositionKind, NewTask, Urgency
from nightporter.model.message import Entry, EntryKind
from nightporter.model.outbox import OutboxState
from nightporter.outbox import messages, tasks
from nightporter.rounds.node import Bell, Node
from nightporter.store import Tx

BATCH_DELIVERIES = 256
UNIT_ENTRIES_MAX = 100
AGAIN_SECONDS = 1.0
SHOWN_CHARS = 200

log = structlog.get_logger("rounds.intake")


@dataclass(slots=True)
class Taken:
    """What a unit of intake leads to, once it is on disk."""

    look: set[str] = field(default_factory=set[str])  # conversations
    media: bool = False
    messages: int = 0  # guests' messages that are new
    refused: set[str] = field(default_factory=set[str])  # error codes of failed statuses


class Intake:
    """The round from journal to conversations."""

    def __init__(self, node: Node, channels: Mapping[str, Channel], look: Callable[[str], None]) -> None:
        self._node = node
        self._channels = channels
        self._look = look
        self._bodies = Bodies(node.store.view)
        self._unknown_ms = entries.unknown_until_ms(node.store.view)
        self.bell = Bell()
        self.on_media: Callable[[], None] = lambda: None
        self.on_refused: Callable[[str, str], None] = lambda channel, code: None

    async def run(self) -> None:
        """Read what is new, for ever."""
        while True:
            if not await self.read_new():
                await self.bell.wait(AGAIN_SECONDS)

    async def read_new(self) -> bool:
        """Read one batch; False when nothing was new or nothing could be kept."""
        rows = self._node.store.view.all("deliveries_new", ("", BATCH_DELIVERIES))
        taken = await asyncio.gather(*(self._take(self._bodies.delivery(row)) for row in rows))
        return bool(rows) and all(taken)

    async def _take(self, delivery: Delivery) -> bool:
        """Read one delivery; False when it must be tried again."""
        channel = self._channels.get(delivery.channel)
        try:
            found = await _split(channel, delivery) if channel else ()
            await self._keep(delivery, found, channel)
        except (CannotKeep, StoreBroken):
            return False
        except Exception as error:
            log.exception(
                "delivery cannot be read", delivery=delivery.delivery_id, error=type(error).__name__
            )
            await self._put_aside(delivery, error)
        return True

    async def _keep(self, delivery: Delivery, found: Sequence[Entry], channel: Channel | None) -> None:
        pieces = [found[i : i + UNIT_ENTRIES_MAX] for i in range(0, len(found), UNIT_ENTRIES_MAX)] or [found]
        odd = not found or any(entry.kind is EntryKind.UNKNOWN for entry in found)
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            done = entries.done(delivery, len(found), odd=odd) if last else None
            unit = self._unit(delivery, number * UNIT_ENTRIES_MAX, piece, channel, done)
            taken = await self._node.write(unit, len(delivery.body) + 512)
            self._told(delivery.channel, taken)

    def _told(self, channel: str, taken: Taken) -> None:
        for conversation_id in taken.look:
            self._look(conversation_id)
        for code in taken.refused:
            self.on_refused(channel, code)
        if taken.media:
            self.on_media()
        if taken.messages:
            self._node.counts.add("messages_received", channel, by=taken.messages)

    def _unit(
        self,
        delivery: Delivery,
        first: int,
        piece: Sequence[Entry],
        channel: Channel | None,
        done: Callable[[Tx], int] | None,
    ) -> Callable[[Tx], Taken]:
        ids, now_ms, counts = self._node.ids, self._node.clock.now_ms(), self._node.counts

        def unit(tx: Tx) -> Taken:
            taken = Taken()
            for ordinal, told in enumerate(piece, first):
                if told.kind is EntryKind.STATUS and not self._by_staff(tx, told):
                    self._status(tx, told, now_ms, taken)
                    continue
                entry = echo_of(told) if told.kind is EntryKind.STATUS else told
                ours = channel is not None and (not entry.number or channel.ours(entry.number))
                conversation_id = entries.add(
                    tx, ids, delivery, ordinal, entry, ours=ours, unknown_ms=self._unknown_ms
                )
                if conversation_id:
                    taken.messages += entry.kind is EntryKind.MESSAGE
                    taken.look.add(conversation_id)
                elif entry.kind is EntryKind.MESSAGE and not entry.identities:
                    self._nobody(tx, entry, now_ms)
                taken.media = self._media(tx, entry, delivery.channel, now_ms) or taken.media
            if done:
                done(tx)
            return taken

        counts.add("deliveries_read", delivery.channel)
        return unit

    @staticmethod
    def _by_staff(tx: Tx, entry: Entry) -> bool:
        """True when an outgoing message was told of that is none of ours: staff wrote it at the provider's.

        A provider that does not bring our id back tells of ours in the same way; the words show whose it is.
        """
        if entry.message is None or (entry.status and entry.status.outbox_id):
            return False
        if tx.one("outbox_by_provider", (entry.provider_id,)):
            return False
        for identity in entry.identities:
            mine = messages.unsettled_with_words(tx, identity.value, entry.message.text)
            if mine:
                tx.run("outbox_accepted", (entry.provider_id, mine))
                return False
        return True

    def _status(self, tx: Tx, entry: Entry, now_ms: int, taken: Taken) -> None:
        told = messages.status(tx, entry)
        status = entry.status
        assert status is not None, "a status entry has a status"
        channel = self._channels.get(entry.channel)
        if status.outbox_id and channel is not None and not channel.echoes:
            channel.echoes = True  # the provider has shown that it brings our id back (SD3)
        if told is None:
            if status.outbox_id and tx.one("outbox_state", (status.outbox_id,)) is None:
                entries.answered_elsewhere(tx, status.outbox_id)
            return
        if told.state is OutboxState.FAILED:
            taken.refused.add(told.code)
            not_delivered(tx, self._node.ids.new(), told.outbox_id, told.code, now_ms)

    @staticmethod
    def _media(tx: Tx, entry: Entry, channel: str, now_ms: int) -> bool:
        """Plan to fetch a guest's file; a repeat may be the first to bring it. True when it is new."""
        media = entry.message.media if entry.message and entry.kind is EntryKind.MESSAGE else None
        row = tx.one("entry_find", (entry.dedupe_key(),)) if media and (media.id or media.url) else None
        if media is None or row is None:
            return False
        return tx.run("media_add", (row[0], channel, media.id or media.url, media.mime_type, now_ms)) > 0

    def _nobody(self, tx: Tx, entry: Entry, now_ms: int) -> None:
        """A guest's message without any sender: nobody can answer it, staff see it."""
        which = entries.entry_id(entry, entry.dedupe_key())
        row = tx.one("entry_find", (entry.dedupe_key(),))
        if row is None or row[3] is not None:
            return
        text = entry.message.text if entry.message else ""
        task = NewTask(
            key=f"nobody:{which}", department="reception", reason="no_sender", summary=text[:SHOWN_CHARS]
        )
        task_id = tasks.add(tx, self._node.ids.new(), task, None, now_ms)
        entries.dispose(tx, which, DispositionKind.STAFF, None, task_id, now_ms, None)

    async def _put_aside(self, delivery: Delivery, error: Exception) -> None:
        summary = f"{delivery.channel} {delivery.delivery_id}: {type(error).__name__}"
        await self._node.alert(f"odd:{delivery.delivery_id}", "odd_delivery", summary)
        await self._node.write(entries.done(delivery, 0, odd=True))


async def _split(channel: Channel, delivery: Delivery) -> tuple[Entry, ...]:
    if len(delivery.body) <= APART_BYTES:
        return channel.split(delivery.body, delivery.received_ms)
    return await split_apart(channel.name, delivery.body, delivery.received_ms, channel.number)


def echo_of(entry: Entry) -> Entry:
    """What staff wrote at the provider's, told as a status, as the echo that it is."""
    return replace(entry, kind=EntryKind.ECHO, dedupe=f"e:{entry.provider_id}", status=None)


def not_delivered(tx: Tx, task_id: str, outbox_id: str, code: str, now_ms: int) -> None:
    """A message of ours did not reach the guest: a person must look (G7)."""
    row = tx.one("outbox_state", (outbox_id,))
    assert row is not None, f"outbox message {outbox_id} is gone"
    task = NewTask(
        key=f"not-delivered:{outbox_id}",
        department="reception",
        reason="not_delivered",
        summary="",
        urgency=Urgency.NOW,
        details={"code": code, "outbox": outbox_id},
    )
    tasks.add(tx, task_id, task, row[2], now_ms)  # guests may have been merged since it was claimed
