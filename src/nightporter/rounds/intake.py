"""Intake: reads each kept delivery, drops nothing, recognises repeats, and tells the turns whom to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import structlog

from nightporter.channels.apart import APART_BYTES, split_apart
from nightporter.channels.port import Channel
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import entries
from nightporter.journal.deliveries import Bodies, Delivery
from nightporter.journal.owed import Owed, owed
from nightporter.model.decision import DispositionKind, NewTask, Urgency
from nightporter.model.message import Entry, EntryKind
from nightporter.model.outbox import OutboxState
from nightporter.outbox import messages, tasks
from nightporter.rounds import account, stops
from nightporter.rounds.node import Bell, Node
from nightporter.store import Tx

BATCH_DELIVERIES = 256
UNIT_ENTRIES_MAX = 100
AT_THE_DOOR_BYTES_MAX = 64 * 1024  # a larger body is read after it was acknowledged
AGAIN_SECONDS = 1.0
SHOWN_CHARS = 200

log = structlog.get_logger("rounds.intake")


@dataclass(slots=True)
class Taken:
    """What a unit of intake leads to, once it is on disk."""

    look: dict[str, Owed | None] = field(
        default_factory=dict[str, "Owed | None"]
    )  # conversations, with their turns
    media: bool = False
    messages: int = 0  # guests' messages that are new
    stopped: bool = False  # the provider has said that it takes no more


class Reading(NamedTuple):
    """What a delivery tells, ready to be committed together with it."""

    unit: Callable[[Tx], Taken]
    entries: int
    odd: bool  # nobody knows what a part of it means


class Looks(Protocol):
    """Whom the round tells of conversations."""

    def __call__(self, conversation_id: str, *, read: Owed | None = None) -> None:
        """Look at the conversation."""
        ...


class Intake:
    """The round from journal to conversations."""

    def __init__(self, node: Node, channels: Mapping[str, Channel], look: Looks) -> None:
        self._node = node
        self._channels = channels
        self._look = look
        self._bodies = Bodies(node.store.view)
        self._unknown_ms = entries.unknown_until_ms(node.store.view)
        self.bell = Bell()
        self.on_media: Callable[[], None] = lambda: None
        self.on_stop: Callable[[str], None] = lambda _channel: None

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
        try:
            await self._read(delivery)
        except (CannotKeep, StoreBroken):
            return False
        return True

    async def _read(self, delivery: Delivery) -> None:
        channel = self._channels.get(delivery.channel)
        try:
            found = await _split(channel, delivery) if channel else ()
            await self._keep(delivery, found, channel)
        except (CannotKeep, StoreBroken):
            raise
        except Exception as error:
            log.exception(
                "delivery cannot be read", delivery=delivery.delivery_id, error=type(error).__name__
            )
            await self._put_aside(delivery, error)

    def at_the_door(self, delivery: Delivery) -> Reading | None:
        """Read a delivery that is not kept yet, so that one commit keeps it and its entries; None: read it later."""
        channel = self._channels[delivery.channel]
        if len(delivery.body) > AT_THE_DOOR_BYTES_MAX:
            return None
        found = channel.split(delivery.body, delivery.received_ms)
        if len(found) > UNIT_ENTRIES_MAX:
            return None
        return Reading(self._unit(delivery, 0, found, channel, None), len(found), _odd(found))

    async def _keep(self, delivery: Delivery, found: Sequence[Entry], channel: Channel | None) -> None:
        pieces = [found[i : i + UNIT_ENTRIES_MAX] for i in range(0, len(found), UNIT_ENTRIES_MAX)] or [found]
        odd = _odd(found)
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            done = entries.done(delivery, len(found), odd=odd) if last else None
            unit = self._unit(delivery, number * UNIT_ENTRIES_MAX, piece, channel, done)
            taken = await self._node.write(unit, len(delivery.body) + 512)
            self.told(delivery.channel, taken)

    def told(self, channel: str, taken: Taken) -> None:
        """Pass on what a committed unit leads to."""
        for conversation_id, read in taken.look.items():
            self._look(conversation_id, read=read)
        if taken.media:
            self.on_media()
        if taken.stopped:
            self.on_stop(channel)
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
            statuses: list[Entry] = []
            for ordinal, told in enumerate(piece, first):
                if told.kind is EntryKind.STATUS and not self._by_staff(tx, told):
                    statuses.append(told)
                    continue
                entry = echo_of(told) if told.kind is EntryKind.STATUS else told
                ours = channel is not None and (not entry.number or channel.ours(entry.number))
                conversation_id = entries.add(
                    tx, ids, delivery, ordinal, entry, ours=ours, unknown_ms=self._unknown_ms
                )
                if conversation_id:
                    taken.messages += entry.kind is EntryKind.MESSAGE
                    taken.look[conversation_id] = None
                elif entry.kind is EntryKind.ACCOUNT:
                    account.tell(tx, entry, ids.new(), now_ms)
                elif entry.kind is EntryKind.MESSAGE and not entry.identities:
                    self._nobody(tx, entry, now_ms)
                taken.media = self._media(tx, entry, delivery.channel, now_ms) or taken.media
            if statuses:
                self._statuses(tx, statuses, delivery.channel, now_ms, taken)
            if done:
                done(tx)
            # Read here, where every page is at hand; the desk sees it once it is on disk.
            taken.look = {which: owed(tx, which, now_ms) for which in taken.look}
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

    def _statuses(self, tx: Tx, found: Sequence[Entry], via: str, now_ms: int, taken: Taken) -> None:
        for entry in found:
            channel = self._channels.get(entry.channel)
            if entry.status and entry.status.outbox_id and channel is not None and not channel.echoes:
                channel.echoes = True  # the provider has shown that it brings our id back (SD3)
        told = messages.statuses(tx, found)
        for unknown in told.unknown:
            entries.answered_elsewhere(tx, unknown)
        for change in told.changed:
            if change.state is OutboxState.FAILED:
                not_delivered(tx, self._node.ids.new(), change.outbox_id, change.code, now_ms)
                road, task_id = self._channels.get(via), self._node.ids.new()
                taken.stopped |= stops.by_status(tx, change, road, task_id, now_ms)

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


def _odd(found: Sequence[Entry]) -> bool:
    return not found or any(entry.kind is EntryKind.UNKNOWN for entry in found)


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
