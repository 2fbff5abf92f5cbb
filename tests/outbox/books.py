"""A store for tests of outbox and journal: units run one after the other, what they return comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

from tests.store.world import LEASE, NOON_MS, HandClock, opened, ram_folder

from nightporter.clock import Ids
from nightporter.journal.people import conversation_of, guest_of
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, Status, StatusKind
from nightporter.model.outbox import Content, OutboxMessage, outbox_id
from nightporter.outbox import messages
from nightporter.outbox.messages import Claim
from nightporter.store import Store, Tx
from nightporter.testing.providers.chance import Dice

T = TypeVar("T")

PHONE = "393331112233"
EPOCH = 7
FIRST = Claim(EPOCH)


class Books:
    """A store with one guest a message, so that examples do not meet."""

    def __init__(self, runner: asyncio.Runner, store: Store, clock: HandClock) -> None:
        self._runner = runner
        self.store = store
        self.clock = clock
        self.ids = Ids(clock, Dice(1))
        self._numbers = count()

    def run(self, unit: Callable[[Tx], T]) -> T:
        """The unit, on disk."""

        async def write() -> T:
            return await self.store.write(LEASE, unit)

        return self._runner.run(write())

    def fresh(self) -> int:
        return next(self._numbers)

    def conversation(self, tx: Tx, phone: str) -> str:
        guest_id = guest_of(tx, self.ids, (Identity(IdentityKind.PHONE, phone),), "", NOON_MS)
        return conversation_of(tx, self.ids, guest_id, "whatsapp", "100")

    def add(self, tx: Tx, *, claimed: bool = True, discloses: bool = True, text: str = "hello") -> str:
        """A message in a conversation of its own; its id."""
        number = self.fresh()
        phone = f"39{number:010}"
        which = outbox_id(NOON_MS, f"wamid.{number}", 0)
        message = OutboxMessage(
            outbox_id=which,
            channel="whatsapp",
            number="100",
            conversation_id=self.conversation(tx, phone),
            to_phone=phone,
            content=Content(text=text),
        )
        messages.add(
            tx,
            message,
            origin="machine",
            covers=(f"wamid.{number}",),
            discloses=discloses,
            now_ms=NOON_MS,
            claim=FIRST if claimed else None,
        )
        return which


@contextmanager
def books() -> Generator[Books]:
    """The same store for a whole module: what a test needs it makes anew."""
    with ram_folder() as folder, asyncio.Runner() as runner:
        clock = HandClock()

        async def begin() -> Store:
            return opened(folder, clock=clock)

        store = runner.run(begin())
        try:
            yield Books(runner, store, clock)
        finally:
            store.close()


def status_entry(
    kind: StatusKind, *, echo: str = "", provider_id: str = "", at_ms: int = NOON_MS, code: str = ""
) -> Entry:
    return Entry(
        kind=EntryKind.STATUS,
        channel="whatsapp",
        dedupe=f"s:{provider_id}:{kind}",
        at_ms=at_ms,
        number="100",
        provider_id=provider_id,
        status=Status(kind=kind, outbox_id=echo, error_code=code),
    )
