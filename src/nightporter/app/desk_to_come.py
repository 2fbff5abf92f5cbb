"""A desk that is still learning to listen while the doors are open already: what comes in is kept and answered then.

Making the recogniser takes most of a node's start. A guest who writes meanwhile waits for it, not for a closed door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nightporter.config.hotel import Hotel
from nightporter.desk.context import Addressee, Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser.recogniser import Recogniser
from nightporter.model.conversation import Turn
from nightporter.model.decision import Decision
from nightporter.model.message import Entry


class DeskToCome:
    """Answers as `Desk` does, once it is there. `begin` starts making it on a thread."""

    def __init__(self, hotel: Callable[[], Hotel]) -> None:
        self._hotel = hotel
        self._desk: asyncio.Task[Desk] | None = None

    def begin(self, failed: Callable[[BaseException], None]) -> None:
        """Start. `failed` hears why it cannot be made: then nobody would ever be answered."""

        def ended(task: asyncio.Task[Desk]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                failed(error)

        self._desk = asyncio.get_running_loop().create_task(self._make(), name="desk")
        self._desk.add_done_callback(ended)

    async def _make(self) -> Desk:
        return Desk(self._hotel, await asyncio.to_thread(Recogniser.load))

    async def ready(self) -> Desk:
        """The desk itself."""
        assert self._desk is not None, "the desk is begun before it is asked"
        return await asyncio.shield(self._desk)

    async def answer(self, turn: Turn, context: Context) -> Decision:
        """What to do with the turn."""
        return await (await self.ready()).answer(turn, context)

    async def react(self, event: Entry, addressee: Addressee | None, context: Context) -> Decision:
        """What an event leads to for one guest."""
        return await (await self.ready()).react(event, addressee, context)
