"""Turns: one conversation at a time is shown to the desk, and its decision is committed as one unit.

A conversation is looked at when something new came in, when the desk asked to look again, and after a start when
something in it has no disposition yet. Conversations do not wait for each other; within one, order holds (G3).
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from nightporter.desk.context import Context, StayBook
from nightporter.errors import CannotKeep, Stale, StoreBroken
from nightporter.journal import entries
from nightporter.journal.owed import Owed, owed
from nightporter.journal.people import Party
from nightporter.model.conversation import Turn
from nightporter.model.decision import Decision, Disposition, DispositionKind, NewTask, Urgency
from nightporter.rounds.commit import commit_decision, sayings
from nightporter.rounds.delivery import Claimed, Delivery
from nightporter.rounds.lane import Ticket
from nightporter.rounds.node import Bell, Node

AGAIN_SECONDS = 1.0
TYPING_FROM_MS = 1_000
TYPING_TIMEOUT_SECONDS = 5.0
FAILURES_MAX = 3  # after so many crashes on one turn it goes to staff

log = structlog.get_logger("rounds.turns")


class Answers(Protocol):
    """The desk as a round needs it."""

    async def answer(self, turn: Turn, context: Context) -> Decision:
        """What to do with the turn."""
        ...


class Turns:
    """The round from conversations to decisions."""

    def __init__(
        self, node: Node, desk: Answers, roads: Mapping[str, Delivery], stays: StayBook, *, at_once: int
    ) -> None:
        self._node = node
        self._desk = desk
        self._roads = roads
        self._stays = stays
        self._at_once = asyncio.Semaphore(at_once)
        self._due: list[tuple[int, str]] = []
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._running: set[asyncio.Task[Any]] = set()
        self._shown: dict[str, str] = {}  # conversation -> the message for which "typing" was shown
        self._read_already: dict[str, Owed] = {}
        self._bell = Bell()

    def look(self, conversation_id: str, at_ms: int = 0, read: Owed | None = None) -> None:
        """Look at the conversation, now or at a later moment; `read`: what was owed when its entry was committed."""
        if at_ms == 0 and conversation_id in self._busy:
            self._again.add(conversation_id)
            return
        if read is not None:
            self._read_already[conversation_id] = read
        heapq.heappush(self._due, (at_ms, conversation_id))
        self._bell.ring()

    async def run(self) -> None:
        """Look at every conversation that we owe something, for ever."""
        for (conversation_id,) in self._node.store.view.all("conversations_pending"):
            self.look(conversation_id)
        while True:
            await self._begin_due()
            idle = not self._due or self._node.stopping
            wait = None if idle else (self._due[0][0] - self._node.clock.now_ms()) / 1000
            await self._bell.wait(wait if wait is None else max(wait, 0.0))

    async def _begin_due(self) -> None:
        while self._due and self._due[0][0] <= self._node.clock.now_ms() and not self._node.stopping:
            _, conversation_id = heapq.heappop(self._due)
            if conversation_id in self._busy:
                self._again.add(conversation_id)
                continue
            self._busy.add(conversation_id)
            await self._at_once.acquire()
            task = asyncio.get_running_loop().create_task(self._look(conversation_id))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await self._node.clock.sleep(
                0
            )  # accepting comes first: what has come in meanwhile is kept before the next

    async def finish(self) -> None:
        """Wait for the decisions that are being made (SD6)."""
        while self._running:
            await asyncio.wait(self._running)

    async def _look(self, conversation_id: str) -> None:
        again_ms: int | None = None
        try:
            again_ms = await self._turn(conversation_id)
            self._failures.pop(conversation_id, None)
        except Stale:
            self._node.counts.add("turns_stale")
            again_ms = 0
        except (CannotKeep, StoreBroken):
            again_ms = self._node.clock.now_ms() + int(AGAIN_SECONDS * 1000)
        except Exception as error:  # noqa: BLE001 - one turn that crashes the desk must not stop the others
            again_ms = await self._crashed(conversation_id, error)
        finally:
            self._at_once.release()
            self._busy.discard(conversation_id)
            if conversation_id in self._again:
                self._again.discard(conversation_id)
                again_ms = 0
            if again_ms is not None:
                self.look(conversation_id, again_ms)

    async def _turn(self, conversation_id: str) -> int | None:
        """Decide on what is pending and commit it; when to look again, None = when something new comes."""
        read = self._read_already.pop(conversation_id, None) or self._owed(conversation_id)
        if read is None:
            self._look_where_it_went(conversation_id)
        if read is None or not self._node.leads():
            return None
        turn, party = read
        context = Context(now_ms=self._node.clock.now_ms(), stays=self._stays)
        decision = await self._desk.answer(turn, context)
        if decision.wait_until_ms:
            self._show_typing(turn, decision.wait_until_ms - context.now_ms)
        if decision.dispositions or decision.tasks or decision.memory or decision.guest:
            await self._commit(turn, party, decision)
        if decision.wait_until_ms:
            return decision.wait_until_ms
        self._shown.pop(conversation_id, None)
        return 0 if len(turn.entries) >= entries.TURN_ENTRIES_MAX else None

    def _look_where_it_went(self, conversation_id: str) -> None:
        """A conversation that was merged into another has left it what it owed; nobody said which one."""
        view = self._node.store.view
        if view.one("conversation_version", (conversation_id,)) is None:
            for (pending,) in view.all("conversations_pending"):
                self.look(pending)

    def _owed(self, conversation_id: str) -> Owed | None:
        return owed(self._node.store.view, conversation_id, self._node.clock.now_ms())

    def _show_typing(self, turn: Turn, wait_ms: int) -> None:
        """An answer that takes longer than a second: the guest sees that we read and write; best effort."""
        conversation, newest = turn.conversation, turn.entries[-1].provider_id
        road = self._roads.get(conversation.channel)
        if (
            road is None
            or wait_ms < TYPING_FROM_MS
            or conversation.held(self._node.clock.now_ms())
            or not newest
        ):
            return
        if self._shown.get(conversation.conversation_id) != newest:
            self._shown[conversation.conversation_id] = newest
            sign = road.channel.mark_read(newest, typing=True, timeout_seconds=TYPING_TIMEOUT_SECONDS)
            task = asyncio.get_running_loop().create_task(sign)
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _commit(self, turn: Turn, party: Party, decision: Decision) -> None:
        conversation = turn.conversation
        road = self._roads.get(conversation.channel)
        ticket: Ticket | None = None
        if decision.sayings and road and (not party.unsent or decision.trace.emergency):
            ticket = road.lane.ticket(conversation.conversation_id, urgent=decision.trace.emergency)
        try:
            said = sayings(turn, party, decision, road.channel) if road else []
            await commit_decision(self._node, turn, decision, said, claim=ticket is not None)
        except BaseException:
            if ticket and road:
                road.lane.unused(ticket)
            raise
        for disposition in decision.dispositions:
            self._node.counts.add("dispositions", disposition.kind)
        if road and ticket:
            received_ms, asked = turn.entries[0].received_ms, turn.entries[-1].provider_id
            road.begin(Claimed(said[0][0], 1, ticket, received_ms, asked))
        elif road and decision.sayings:
            road.bell.ring()

    async def _crashed(self, conversation_id: str, error: Exception) -> int | None:
        """Try again, later each time; after `FAILURES_MAX` crashes a person gets the turn (G7)."""
        node = self._node
        node.counts.add("turn_crashes", type(error).__name__)
        log.error("turn crashed", conversation=conversation_id, error=type(error).__name__, exc_info=error)
        self._failures[conversation_id] += 1
        if self._failures[conversation_id] < FAILURES_MAX:
            return node.clock.now_ms() + int(AGAIN_SECONDS * 1000) * self._failures[conversation_id]
        read = self._owed(conversation_id)
        if read is None:
            return None
        turn, party = read
        try:
            await self._commit(turn, party, _to_staff(turn, error))
        except (CannotKeep, StoreBroken, Stale):
            return node.clock.now_ms() + int(AGAIN_SECONDS * 1000)
        self._failures.pop(conversation_id, None)
        return None


def _to_staff(turn: Turn, error: Exception) -> Decision:
    first = turn.entries[0]
    task = NewTask(
        key=f"crashed:{first.entry_id}",
        department="reception",
        reason="machine_failed",
        summary=first.message.text,
        urgency=Urgency.NOW,
        details={"error": type(error).__name__},
    )
    return Decision(
        dispositions=tuple(Disposition(entry.entry_id, DispositionKind.STAFF) for entry in turn.entries),
        tasks=(task,),
    )
