"""Telling: sees to it that a person knows of what needs one, by the ways outside the console, until one acknowledges.

Who is told is decided and written down in one unit, and sent after that: no crash loses a message, and one that comes
between sending and writing that down makes it be told twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from nightporter.channels.notice import Notice
from nightporter.channels.ways import PAGERDUTY, Carries, Took, fingerprint, kind
from nightporter.clock import Chance, utc
from nightporter.errors import CannotKeep
from nightporter.model.decision import Urgency
from nightporter.outbox import tellings
from nightporter.outbox.tellings import PAGED_DEPARTMENT, Due, NewTelling, Open, Step
from nightporter.rounds.links import Links
from nightporter.rounds.node import Bell, Node
from nightporter.rounds.notices import Notices
from nightporter.rounds.roster import Contact, Roster
from nightporter.store import Tx

LOOK_SECONDS = 1.0
LOOK_ANYWAY_MS = 30_000  # nothing was written since the last look: hours and people may have changed
GROUP_MS = 60_000  # normal tasks of a minute are one message
TIMES_MAX = {
    Urgency.EMERGENCY: 200,
    Urgency.NOW: 48,
    Urgency.NORMAL: 12,
    Urgency.INFO: 0,
}  # then only the console
SENDS_MAX = 8
ATTEMPTS_MAX = 10
INSIST_TIMES = 8
BACKOFF_FIRST_SECONDS = 2.0
BACKOFF_MOST_SECONDS = 300.0
UNIT_BYTES = 4_096
STAFF = "staff"

MOOT = Took(good=False, detail="moot", again=False)  # nobody needs to hear it any more
UNKNOWN_WAY = Took(good=False, detail="no longer configured", again=False)

log = structlog.get_logger("rounds.telling")


@dataclass(slots=True)
class _Plan:
    """What one look leads to, committed as one unit: messages by who hears what how, and notes about the tasks."""

    messages: dict[tuple[str, str, Step, str], list[str]] = field(
        default_factory=dict[tuple[str, str, Step, str], list[str]]
    )
    notes: list[Callable[[Tx], object]] = field(default_factory=list[Callable[[Tx], object]])

    def say(self, task: Open, contact: Contact, way: str, step: Step) -> None:
        """PagerDuty keeps an incident for each task; elsewhere the tasks of one look are one message."""
        alone = task.task_id if way == PAGERDUTY else ""
        self.messages.setdefault((contact.name, fingerprint(way), step, alone), []).append(task.task_id)


class Telling:
    """The round. `trouble` may be called at any time."""

    def __init__(self, node: Node, ways: Carries, roster: Roster, notices: Notices, chance: Chance) -> None:
        self._node = node
        self._ways = ways
        self._roster = roster
        self._notices = notices
        self._links = Links(node.store.view)
        self._chance = chance
        self._sends: dict[str, asyncio.Task[None]] = {}  # by telling, or by trouble and way
        self._results: dict[str, tuple[Due, Took]] = {}  # sent, and not yet written down
        self._troubles: deque[tuple[Step, str]] = deque()
        self._seen_groups = -1
        self._look_ms = 0
        self.bell = Bell()

    async def run(self) -> None:
        """Tell, for ever."""
        try:
            while True:
                await self.bell.wait(LOOK_SECONDS)
                try:
                    await self.look()
                except CannotKeep:
                    continue  # the store says so itself; what was sent is remembered until it can be written
        finally:
            for send in self._sends.values():
                send.cancel()
            await asyncio.gather(*self._sends.values(), return_exceptions=True)
            self._sends.clear()

    def trouble(self, step: Step, reason: str) -> None:
        """Something that cannot wait for the disk, because the disk is what is wrong: told at once, from memory."""
        self._troubles.append((step, reason))
        self.bell.ring()

    async def look(self) -> None:
        """One look at everything."""
        self._reap()
        if not self._roster.anybody():
            self._troubles.clear()
            return
        self._tell_troubles()
        if not self._node.leads():
            return
        await self._write_results()
        now_ms, groups = self._node.clock.now_ms(), self._node.store.groups
        if groups != self._seen_groups or now_ms >= self._look_ms:
            await self._decide(now_ms)
            self._seen_groups = groups
        self._send_due(now_ms)

    # -- who is told of what

    async def _decide(self, now_ms: int) -> None:
        view, plan = self._node.store.view, _Plan()
        self._look_ms = now_ms + LOOK_ANYWAY_MS
        for task in tellings.ended(view):
            self._end(plan, task)
        waiting: list[Open] = []
        for task in tellings.open_tasks(view):
            if task.taken_ms:
                self._acknowledge(plan, task)
            elif task.times and task.begun_by_staff(now_ms):
                plan.notes.append(partial(_take, task.task_id, now_ms))
            elif not task.begun_by_staff(now_ms):
                waiting.append(task)
        for task, contacts in self._turns(waiting, now_ms):
            for contact in contacts:
                for way in contact.ways:
                    plan.say(task, contact, way, Step.TOLD)
            again_ms = now_ms + self._roster.again_ms(task)
            plan.notes.append(partial(_note, task, [one.name for one in contacts], again_ms))
        await self._keep(plan, now_ms)

    def _turns(self, waiting: Sequence[Open], now_ms: int) -> list[tuple[Open, list[Contact]]]:
        """The tasks that are to be told now, and whom."""
        ready: list[tuple[Open, list[Contact]]] = []
        fresh: list[tuple[Open, list[Contact]]] = []
        for task in waiting:
            if not self._wants(task, now_ms):
                continue
            contacts = self._roster.turn(task, now_ms)
            if contacts:
                grouped = task.urgency is Urgency.NORMAL and not task.times
                (fresh if grouped else ready).append((task, contacts))
        if not fresh:
            return ready
        group_ms = min(task.created_ms for task, _ in fresh) + GROUP_MS
        if group_ms <= now_ms:
            return ready + fresh
        self._look_ms = min(self._look_ms, group_ms)
        return ready

    def _wants(self, task: Open, now_ms: int) -> bool:
        if task.times >= TIMES_MAX[task.urgency]:
            return False
        if task.urgency is Urgency.NORMAL and task.held_until_ms > now_ms:
            return False  # a colleague is in that conversation
        if task.times and task.next_ms > now_ms:
            self._look_ms = min(self._look_ms, task.next_ms)
            return False
        return True

    def _acknowledge(self, plan: _Plan, task: Open) -> None:
        if task.acknowledged:
            return
        for contact in self._roster.named(task.contacts, task.department):
            if PAGERDUTY in contact.ways:
                plan.say(task, contact, PAGERDUTY, Step.TAKEN)
        plan.notes.append(partial(_acknowledged, task.task_id))

    def _end(self, plan: _Plan, task: Open) -> None:
        """Whoever was disturbed hears that it is over; of ordinary tasks the console tells."""
        if task.urgency in (Urgency.NOW, Urgency.EMERGENCY):
            for contact in self._roster.named(task.contacts, task.department):
                for way in contact.ways:
                    plan.say(task, contact, way, Step.ENDED)
        plan.notes.append(partial(_close, task.task_id))

    async def _keep(self, plan: _Plan, now_ms: int) -> None:
        if not plan.notes:
            return
        new = [
            NewTelling(
                telling_id=self._node.ids.new(), way=way, contact=contact, step=step, task_ids=tuple(ids)
            )
            for (contact, way, step, _), ids in plan.messages.items()
        ]

        def unit(tx: Tx) -> None:
            tellings.add(tx, new, now_ms)
            for note in plan.notes:
                note(tx)

        await self._node.write(unit, UNIT_BYTES)

    # -- sending

    def _send_due(self, now_ms: int) -> None:
        for one in tellings.due(self._node.store.view, now_ms):
            if len(self._sends) >= SENDS_MAX:
                return
            if one.telling_id not in self._sends and one.telling_id not in self._results:
                self._begin(one.telling_id, self._send(one))

    def _begin(self, name: str, send: Coroutine[object, object, None]) -> None:
        self._sends[name] = asyncio.get_running_loop().create_task(send)

    def _reap(self) -> None:
        for name in [name for name, send in self._sends.items() if send.done()]:
            self._sends.pop(name).result()  # a crash of one is a crash of the round: counted, and begun again

    async def _send(self, one: Due) -> None:
        tasks = tellings.known(self._node.store.view, one.task_ids)
        if one.step is Step.TOLD:
            tasks = [task for task in tasks if not task.done and not task.taken_ms]
        way = self._roster.address(one.way)
        if not tasks:
            took = MOOT
        elif not way:
            took = UNKNOWN_WAY
        else:
            key = tasks[0].task_id if len(one.task_ids) == 1 else one.telling_id
            token = "" if way == PAGERDUTY else self._links.token(one.telling_id, self._node.clock.now_ms())
            took = await self._ways.send(way, self._notices.of(one.step, tasks, key, token))
        self._results[one.telling_id] = one, took
        self.bell.ring()

    async def _write_results(self) -> None:
        """Write down what became of the sends; they stay remembered until that is on disk."""
        if not self._results:
            return
        results, now_ms = [*self._results.values()], self._node.clock.now_ms()
        moves = [(one, took, *self._outcome(one, took, now_ms)) for one, took in results]

        def unit(tx: Tx) -> None:
            for one, took, state, due_ms in moves:
                tries = 0 if took is MOOT else 1
                tellings.moved(tx, one.telling_id, state, attempts=tries, due_ms=due_ms, error=took.detail)

        await self._node.write(unit, UNIT_BYTES)
        for one, took, state, _ in moves:
            self._results.pop(one.telling_id, None)
            self._node.counts.add("tellings", kind(one.way), state)
            if not took.good and took is not MOOT:
                log.warning(
                    "telling failed", way=one.way, telling=one.telling_id, why=took.detail, state=state
                )
            if state == "told":
                await self._node.ended(f"telling_failed:{one.way}:")
            elif state == "dead":
                day = f"{utc(now_ms):%Y-%m-%d}"
                await self._node.alert(f"telling_failed:{one.way}:{day}", "telling_failed", kind(one.way))

    def _outcome(self, one: Due, took: Took, now_ms: int) -> tuple[str, int]:
        if took.good or took is MOOT:
            return ("told" if took.good else "moot"), now_ms
        if not took.again or one.attempts + 1 >= ATTEMPTS_MAX:
            return "dead", now_ms
        return "waiting", now_ms + int(self._backoff_seconds(one.attempts, took) * 1000)

    def _backoff_seconds(self, attempts: int, took: Took) -> float:
        most = min(BACKOFF_FIRST_SECONDS * 2**attempts, BACKOFF_MOST_SECONDS)
        return max(most * (0.5 + self._chance.random() / 2), min(took.after_seconds, BACKOFF_MOST_SECONDS))

    # -- what cannot be written

    def _tell_troubles(self) -> None:
        while self._troubles:
            step, reason = self._troubles.popleft()
            notice = self._notices.trouble(step, reason, f"{reason}:{self._node.lease.node}")
            for contact in self._roster.line(PAGED_DEPARTMENT):
                for way in contact.ways:
                    name = f"{reason}:{fingerprint(way)}"
                    before = self._sends.pop(name, None)
                    self._begin(name, self._insist(way, notice, before))

    async def _insist(self, way: str, notice: Notice, before: asyncio.Task[None] | None) -> None:
        if before:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        took = await self._ways.send(way, notice)
        for attempt in range(1, INSIST_TIMES):
            if took.good or not took.again:
                break
            await self._node.clock.sleep(self._backoff_seconds(attempt, took))
            took = await self._ways.send(way, notice)
        self._node.counts.add("tellings", kind(way), "told" if took.good else "dead")
        if not took.good:
            log.error("telling failed", way=fingerprint(way), why=took.detail, key=notice.key)


def _take(task_id: str, now_ms: int, tx: Tx) -> None:
    tellings.take(tx, task_id, STAFF, now_ms)


def _acknowledged(task_id: str, tx: Tx) -> None:
    tellings.acknowledged(tx, task_id)


def _close(task_id: str, tx: Tx) -> None:
    tellings.close(tx, task_id)


def _note(task: Open, contacts: Sequence[str], next_ms: int, tx: Tx) -> None:
    tellings.note(tx, task, contacts, next_ms)
