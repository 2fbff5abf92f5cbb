"""Events: mesh events that wait for the desk; all that one leads to is committed in the unit that delivers it (G6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
import structlog

from nightporter.config.hotel import Hotel
from nightporter.config.settings_values import Route
from nightporter.desk.context import Addressee, Context
from nightporter.desk.events import concerns, days, read_delay
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import people
from nightporter.model.conversation import Conversation
from nightporter.model.decision import Decision, NewTask
from nightporter.model.message import Entry, EntryKind
from nightporter.model.outbox import OutboxMessage, outbox_id
from nightporter.outbox import messages, tasks
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.lane import PROACTIVE
from nightporter.rounds.node import Bell, Node
from nightporter.store import Row, Tx

LOOK_SECONDS = 5.0
BATCH_EVENTS = 100
ATTEMPTS_MAX = 5
DESK = "desk"  # the one target that there is yet
DEFAULT_ROUTES = (Route("flight.**", (DESK,)),)  # while the hotel sets none

log = structlog.get_logger("rounds.events")

Reaction = tuple[Addressee | None, Decision]


class Reacts(Protocol):
    """The desk as this round needs it."""

    async def react(self, event: Entry, addressee: Addressee | None, context: Context) -> Decision:
        """What an event leads to for one guest; None: it concerns nobody we know."""
        ...


class Events:
    """The round over events in state `waiting`, in order of acceptance."""

    def __init__(
        self,
        node: Node,
        desk: Reacts,
        roads: Mapping[str, Delivery],
        hotel: Callable[[], Hotel],
        routes: Sequence[Route] = (),
    ) -> None:
        self._node = node
        self._routes = routes or DEFAULT_ROUTES
        self._hotel = hotel
        self._desk = desk
        self._roads = roads
        self.bell = Bell()

    async def run(self) -> None:
        """Deliver what waits, for ever."""
        while True:
            if not await self.deliver_waiting():
                await self.bell.wait(LOOK_SECONDS)

    async def deliver_waiting(self) -> bool:
        """Deliver one batch; False when nothing waited or nothing could be kept."""
        rows = self._node.store.view.all("events_waiting", (BATCH_EVENTS,))
        for row in rows:
            try:
                await self._deliver(row)
            except (CannotKeep, StoreBroken):
                return False
        return bool(rows)

    async def _deliver(self, row: Row) -> None:
        event_id, _, kind, _, _, attempts, taken = row
        wanted, taken = targets_of(kind, self._routes), orjson.loads(taken)
        missing = ", ".join(_shown(target) for target in wanted if target != DESK)
        reactions: list[Reaction] = []
        if DESK in wanted and DESK not in taken:
            try:
                reactions = await self._reactions(row)
            except Exception as error:
                log.exception("event crashed", event_id=event_id, error=type(error).__name__)
                dead = attempts + 1 >= ATTEMPTS_MAX
                if dead:
                    await self._node.alert(f"event:{event_id}", "event_dead", kind)
                await self._settle(row, "dead" if dead else "waiting", type(error).__name__, [])
                return
            taken = [DESK]
        if missing or not wanted:
            why = f"no such target in this release: {missing}" if missing else "no route for this type"
            await self._settle(row, "unrouted", why, reactions, taken)
        else:
            await self._settle(row, "delivered", "", reactions, taken)

    async def _reactions(self, row: Row) -> list[Reaction]:
        event_id, _, kind, source, body, *_ = row
        value: dict[str, Any] = orjson.loads(body)
        now_ms = self._node.clock.now_ms()
        data = {"type": kind, "source": source, "payload": value["payload"]}
        event = Entry(
            kind=EntryKind.EVENT,
            channel="mesh",
            dedupe=event_id,
            provider_id=event_id,
            at_ms=value.get("occurred_ms") or now_ms,
            data=data,
        )
        reactions: list[Reaction] = []
        for who in self._concerned(event) or [None]:
            context = Context(now_ms=now_ms, proactive=self._may_write(who))
            reactions.append((who, await self._desk.react(event, who, context)))
        return reactions

    def _may_write(self, who: Addressee | None) -> bool:
        """False while the provider wants no messages of our own accord: staff get the words instead."""
        road = self._roads.get(who.conversation.channel) if who and who.conversation else None
        return road is None or not road.lane.proactive_stopped

    def _concerned(self, event: Entry) -> list[Addressee]:
        """The guests whom a flight brings, by the days of the hotel."""
        now = datetime.fromtimestamp(event.at_ms / 1000, self._hotel().zone)
        delay = read_delay(event, now)
        if delay is None:
            return []
        view = self._node.store.view
        found: list[Addressee] = []
        span = (delay.flight, *(day.isoformat() for day in days(delay, now)))
        for row in view.all("stays_flight", span):
            stay = people.stay((*row[:9], row[10]))
            if not concerns(delay, stay, now):
                continue
            guest = people.guest(view, row[9])
            known = [
                people.conversation(view, conversation_id)
                for conversation_id, channel, _ in view.all("conversations_of", (guest.guest_id,))
                if channel in self._roads
            ]
            newest = max(known, key=lambda one: one.last_guest_ms, default=None)
            found.append(Addressee(guest=guest, stay=stay, conversation=newest))
        return found

    async def _settle(
        self, row: Row, state: str, error: str, reactions: list[Reaction], taken: Sequence[str] = ()
    ) -> None:
        node, now_ms = self._node, self._node.clock.now_ms()
        event_id, attempts = row[0], row[5]
        said = [one for reaction in reactions for one in self._messages(event_id, reaction, now_ms)]
        made = [(node.ids.new(), task, who) for who, decision in reactions for task in decision.tasks]

        def unit(tx: Tx) -> None:
            tx.run("event_state", (state, attempts + 1, orjson.dumps(taken).decode(), error, event_id))
            tx.run("event_step", (event_id, event_id, now_ms, state, error))
            for message, discloses in said:
                messages.add(
                    tx, message, origin=PROACTIVE, covers=(), discloses=discloses, now_ms=now_ms, claim=None
                )
            for task_id, task, who in made:
                _add_task(tx, task_id, task, who, now_ms)
            for who, decision in reactions:
                _remember(tx, who, decision, now_ms)

        await node.write(unit)
        for message, _ in said:
            self._roads[message.channel].bell.ring()

    def _messages(self, event_id: str, reaction: Reaction, now_ms: int) -> list[tuple[OutboxMessage, bool]]:
        """The outbox messages of a reaction, each with whether it carries the disclosure."""
        who, decision = reaction
        conversation: Conversation | None = who.conversation if who else None
        if conversation is None:
            return []
        channel = self._roads[conversation.channel].channel
        phone, other = people.addresses(self._node.store.view, conversation.guest_id)
        parts = [(part, say.discloses) for say in decision.sayings for part in channel.parts(say.content)]
        return [
            (
                OutboxMessage(
                    outbox_id=outbox_id(now_ms, f"{event_id}:{conversation.guest_id}", number),
                    channel=conversation.channel,
                    number=conversation.number,
                    conversation_id=conversation.conversation_id,
                    to_phone=phone,
                    to_id=other,
                    content=part,
                    expires_ms=0 if part.template else conversation.window_until_ms(),
                ),
                discloses,
            )
            for number, (part, discloses) in enumerate(parts)
        ]


def targets_of(kind: str, routes: Sequence[Route]) -> tuple[str, ...]:
    """Where an event of this type goes: the first route that matches, and the next ones while one says `continue`."""
    found: dict[str, None] = {}
    for route in routes:
        if _matches(route.match.split("."), kind.split(".")):
            found |= dict.fromkeys(route.to)
            if not route.goes_on:
                break
    return tuple(found)


def _matches(pattern: list[str], words: list[str]) -> bool:
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        words, rest = words[: len(pattern)], words[len(pattern) :]
        if not rest:
            return False
    return len(pattern) == len(words) and all(
        want in ("*", word) for want, word in zip(pattern, words, strict=True)
    )


def _shown(target: str) -> str:
    """A target as people may read it: the address of a webhook may hold a secret."""
    kind, _, rest = target.partition(":")
    return f"webhook:{urlsplit(rest).hostname or ''}" if kind == "webhook" else target


def _remember(tx: Tx, who: Addressee | None, decision: Decision, now_ms: int) -> None:
    """What the desk keeps in mind of a proactive message; newer memory of the conversation wins."""
    if who is None or who.conversation is None or decision.memory is None:
        return
    conversation = who.conversation
    memory = orjson.dumps(decision.memory).decode()
    tx.run(
        "conversation_decided", (memory, now_ms, now_ms, conversation.conversation_id, conversation.version)
    )


def _add_task(tx: Tx, task_id: str, task: NewTask, who: Addressee | None, now_ms: int) -> None:
    conversation = who.conversation if who else None
    tasks.add(tx, task_id, task, conversation.conversation_id if conversation else None, now_ms)
