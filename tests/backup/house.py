"""What the tests of backups share: a data folder with guests, files and a log, and its snapshots."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tests.store.world import HandClock, opened

from nightporter.backup.packing import silent
from nightporter.backup.places import Place
from nightporter.backup.restoring import Outcome, Wish, restore
from nightporter.backup.shelf import Shelf, Snapshot
from nightporter.backup.sources import Source
from nightporter.backup.taking import Taking, take
from nightporter.clock import Clock, Ids
from nightporter.cluster import single
from nightporter.journal import entries
from nightporter.journal.deliveries import Bodies, Delivery, bring_dictionary, keep
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.lease import Lease
from nightporter.model.message import Entry, EntryKind, Message, MessageKind
from nightporter.store import Store, ThreadStepping, Tx
from nightporter.testing.providers.chance import Dice

T = TypeVar("T")

ROOMY = 1 << 40
PICTURE = b"a picture of a room" * 1_000
PICTURE_NAME = hashlib.sha256(PICTURE).hexdigest()
GUESTS = 3


class House:
    """A data folder, opened by a node in the middle of its work."""

    def __init__(self, store: Store, lease: Lease, clock: HandClock) -> None:
        self.store = store
        self.lease = lease
        self.clock = clock
        self.ids = Ids(clock, Dice(7))

    async def guest_writes(self, phone: str, text: str) -> str:
        """A guest's message, kept and read; its conversation."""
        self.clock.ms += 1_000
        told = Identity(IdentityKind.PHONE, phone)
        entry = Entry(
            kind=EntryKind.MESSAGE, channel="whatsapp", dedupe=f"{phone} {text}", at_ms=self.clock.ms,
            provider_id=f"wamid.{phone}.{text}", identities=(told,),
            message=Message(kind=MessageKind.TEXT, text=text),
        )  # fmt: skip
        delivery = Delivery(self.ids.new(), "whatsapp", self.clock.ms, text.encode())
        await self.store.write(self.lease, keep(delivery, Bodies(self.store.view).pack(delivery.body)))

        def read(tx: Tx) -> str | None:
            entries.done(delivery, 1, odd=False)(tx)
            return entries.add(tx, self.ids, delivery, 0, entry, ours=True)

        return str(await self.store.write(self.lease, read))

    async def guest_sends_picture(self) -> None:
        """A file of a guest, fetched and kept."""
        await self.guest_writes("390001", "look")
        conversation_id = self.store.view.all("conversations_pending")[0][0]
        entry_id = self.store.view.all("entries_pending", (conversation_id, 50))[-1][0]
        media = self.store.folder / "media"
        media.mkdir(exist_ok=True)
        (media / PICTURE_NAME).write_bytes(PICTURE)

        def unit(tx: Tx) -> None:
            tx.run("media_add", (entry_id, "whatsapp", "m1", "image/jpeg", 0))
            tx.run("media_kept", (PICTURE_NAME, len(PICTURE), "image/jpeg", entry_id))

        await self.store.write(self.lease, unit)

    def texts(self) -> list[str]:
        """What guests wrote, in order."""
        return texts_in(self.store)


def texts_in(store: Store) -> list[str]:
    found: list[str] = []
    for (conversation_id,) in store.view.all("conversations_pending"):
        found += [entry.message.text for entry in entries.pending(store.view, conversation_id)]
    return sorted(found)


async def in_house(folder: Path, story: Callable[[House], Awaitable[T]], clock: HandClock | None = None) -> T:
    clock = clock or HandClock()
    store = opened(folder, clock=clock, stepping=ThreadStepping())
    try:
        lease = await single.take(store, "a")
        await store.write(lease, bring_dictionary)
        return await story(House(store, lease, clock))
    finally:
        store.close()


def lived_in(folder: Path, clock: HandClock | None = None) -> HandClock:
    """A data folder with some guests and a picture, closed in order."""
    clock = clock or HandClock()

    async def story(house: House) -> None:
        for number in range(GUESTS):
            await house.guest_writes(f"39000{number}", f"hello {number}")
        await house.guest_sends_picture()

    asyncio.run(in_house(folder, story, clock))
    return clock


def taken(folder: Path, now_ms: int, space_bytes: int = ROOMY) -> Snapshot:
    """A snapshot, taken in this process."""
    asked = Taking(data=folder, backups=folder / "backups", node="a", space_bytes=space_bytes, now_ms=now_ms)
    return take(asked, silent)


def shelf_of(folder: Path) -> Shelf:
    return Shelf(folder / "backups")


def local(folder: Path) -> Source:
    return Source("local", folder / "backups", None)


def at(place: Place, folder: Path) -> Source:
    return Source(place.kind, folder / "backups", place)


def restored(folder: Path, source: Source | None = None, clock: Clock | None = None, **wish: Any) -> Outcome:
    """Restore the latest, or as wished."""
    clock = clock or HandClock()
    asked = replace(Wish(data=folder, node="b", stamp="latest"), **wish)
    return asyncio.run(restore(asked, source or local(folder), clock, Ids(clock, Dice(9)), silent))


def flip(path: Path, at_byte: int) -> None:
    """Turn one bit."""
    data = bytearray(path.read_bytes())
    data[at_byte] ^= 1
    path.write_bytes(data)


def rewrite_record(shelf: Shelf, stamp: str, **changed: Any) -> None:
    """Change a record, as somebody who wants to be believed."""
    path = shelf.folder / f"{stamp}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
