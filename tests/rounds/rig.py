"""What the tests of the rounds share: a node in virtual time, a provider that says what the test wants, a desk too.

def test_it() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Accepted("p1"))
        await rig.guest_writes("Hello")
        await rig.until(lambda: rig.line.sent != [])

    in_house(story)
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.store.world import ram_folder

from nightporter.app.build import Pace, Parts, Upkeep, join
from nightporter.channels import spoki_split, whatsapp_split
from nightporter.channels.outcome import Accepted, Fetched, FetchFailed, FetchFailure, Outcome
from nightporter.channels.pieces import parts_of
from nightporter.channels.port import Channel
from nightporter.channels.wire import FirstByte, Sink, always
from nightporter.clock import Ids
from nightporter.cluster import single
from nightporter.config.hotel import Hotel
from nightporter.config.settings_values import Route
from nightporter.desk.context import Addressee, Context
from nightporter.journal.deliveries import bring_dictionary
from nightporter.model.conversation import Turn
from nightporter.model.decision import Decision, Disposition, DispositionKind, Saying
from nightporter.model.message import Entry, Media, MessageKind
from nightporter.model.outbox import Content, OutboxMessage
from nightporter.rounds.housekeeping import Retention
from nightporter.rounds.node import Node
from nightporter.store import Store, Tx
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.sim.loop import SimClock, SimLoop, SimStepping

T = TypeVar("T")

GUEST = "393331112233"
OTHER = "393334445566"
LOOK_SECONDS = 0.05
WEBHOOK_MS = 600_000  # every webhook of the fake is due this long after

Verdict = Outcome | Callable[[], Awaitable[Outcome]]


@dataclass(frozen=True)
class Sent:
    """One send, as the provider saw it."""

    seconds: float
    outbox_id: str
    conversation_id: str
    text: str


class Line:
    """A channel whose provider says what the test wants; what comes in is read as on the real one."""

    def __init__(self, name: str, number: str, clock: SimClock) -> None:
        self.name, self.number, self.echoes = name, number, True
        self.sent: list[Sent] = []
        self.typing: list[str] = []
        self.probes: list[float] = []
        self.token_good = True
        self.files: deque[bytes | FetchFailed] = deque()
        self.default: Callable[[OutboxMessage], Verdict] = lambda message: Accepted(f"p:{message.outbox_id}")
        self._verdicts: deque[Verdict] = deque()
        self._clock = clock

    def says(self, *verdicts: Verdict) -> None:
        """What the next sends meet; then `default`."""
        self._verdicts.extend(verdicts)

    def ours(self, number: str) -> bool:
        return number == self.number

    def verify(self, body: bytes, headers: Mapping[str, str], now_ms: int) -> bool:
        return True

    def handshake(self, query: Mapping[str, str]) -> str | None:
        return None

    def split(self, body: bytes, received_ms: int) -> tuple[Entry, ...]:
        if self.name == spoki_split.CHANNEL:
            return spoki_split.split(body, received_ms, self.number)
        return whatsapp_split.split(body, received_ms)

    def parts(self, content: Content) -> tuple[Content, ...]:
        return parts_of(content)

    def body(self, message: OutboxMessage) -> bytes:
        return message.content.text.encode()

    async def send(
        self, message: OutboxMessage, timeout_seconds: float, before_first_byte: FirstByte = always
    ) -> Outcome:
        sent = Sent(
            self._clock.elapsed_seconds(), message.outbox_id, message.conversation_id, message.content.text
        )
        self.sent.append(sent)
        verdict = self._verdicts.popleft() if self._verdicts else self.default(message)
        return await verdict() if callable(verdict) else verdict

    async def mark_read(self, provider_id: str, *, typing: bool, timeout_seconds: float) -> bool:
        self.typing.append(provider_id)
        return True

    async def fetch_media(
        self, media: Media, kind: MessageKind, sink: Sink, timeout_seconds: float
    ) -> Fetched | FetchFailed:
        file = self.files.popleft() if self.files else FetchFailed(FetchFailure.GONE)
        if isinstance(file, FetchFailed):
            return file
        sink(file)
        return Fetched(len(file), media.mime_type, sha256_of(file))

    async def probe(self, timeout_seconds: float) -> bool:
        self.probes.append(self._clock.elapsed_seconds())
        return self.token_good

    async def close(self) -> None:
        return


def sha256_of(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def answer_all(turn: Turn, text: str = "answer", **more: Any) -> Decision:
    """One answer that covers the whole turn."""
    dispositions = tuple(Disposition(entry.entry_id, DispositionKind.ANSWERED) for entry in turn.entries)
    return Decision(dispositions=dispositions, sayings=(Saying(content=Content(text=text)),), **more)


WAIT_MS = 4_000


def waits_for_more(turn: Turn, context: Context) -> Decision:
    """As for a fragment: an answer four seconds after the last entry."""
    until_ms = turn.entries[-1].received_ms + WAIT_MS
    return Decision(wait_until_ms=until_ms) if context.now_ms < until_ms else answer_all(turn)


class Held:
    """A send that ends when the test says so."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.end = asyncio.Event()

    async def __call__(self) -> Outcome:
        await self.end.wait()
        return self._outcome


class Desk:
    """A desk that does what the test says, and remembers what it was shown."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.events: list[tuple[Entry, Addressee | None]] = []
        self.decides: Callable[[Turn, Context], Decision | Awaitable[Decision]] = lambda turn, _: answer_all(
            turn
        )
        self.reacts: Callable[[Entry, Addressee | None], Decision] = lambda _event, _who: Decision()

    async def answer(self, turn: Turn, context: Context) -> Decision:
        self.turns.append(turn)
        decision = self.decides(turn, context)
        return decision if isinstance(decision, Decision) else await decision

    async def react(self, event: Entry, addressee: Addressee | None, context: Context) -> Decision:
        self.events.append((event, addressee))
        return self.reacts(event, addressee)


@dataclass(kw_only=True)
class Rig:
    """A node in virtual time and what is around it."""

    parts: Parts
    clock: SimClock
    line: Line
    spoki_line: Line
    desk: Desk
    meta: MetaProvider
    spoki: SpokiProvider
    crashes_expected: bool = False
    answers: list[Any] = field(default_factory=list[Any])

    @property
    def node(self) -> Node:
        return self.parts.node

    @property
    def road(self) -> Any:
        return self.parts.roads["whatsapp"]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.node.store.view.all(query, values)

    def count(self, *key: str) -> int:
        return self.node.counts.of[key]

    def states(self) -> list[str]:
        """The state of every outbox message, in the order of their ids."""
        return [row[4] for row in self.rows("outbox_list", "", "", 500)]

    def reasons(self) -> list[str]:
        """Why there are tasks, sorted."""
        return sorted(row[3] for row in self.rows("tasks_open", 500))

    def conversations(self) -> list[str]:
        return sorted(row[0] for row in self.rows("conversations_recent", 2**62, 100))

    async def write(self, unit: Callable[[Tx], T]) -> T:
        return await self.node.write(unit)

    async def until(self, met: Callable[[], Any], seconds: float = 60.0) -> None:
        """Let virtual time go on until it is so."""
        end = self.clock.elapsed_seconds() + seconds
        while not met():
            assert self.clock.elapsed_seconds() < end, "it does not come about"
            await self.clock.sleep(LOOK_SECONDS)

    async def rest(self, seconds: float = 5.0) -> None:
        await self.clock.sleep(seconds)

    async def deliver(self, body: bytes, channel: str = "whatsapp") -> None:
        assert (await self.parts.door.accept(channel, {}, body)).status == 200

    def told(self) -> list[bytes]:
        """The bodies of all webhooks that the Cloud API has for us now."""
        return self._told(self.meta)

    def spoki_told(self) -> list[bytes]:
        return self._told(self.spoki)

    def _told(self, core: Any) -> list[bytes]:
        now_ms = self.clock.now_ms()
        webhooks = core.due(now_ms + WEBHOOK_MS)
        for webhook in webhooks:
            core.webhook_result(webhook.id, 200, now_ms)
        return [webhook.body for webhook in webhooks]

    async def bring(self) -> None:
        """Deliver all webhooks that there are."""
        for body in self.told():
            await self.deliver(body)
        for body in self.spoki_told():
            await self.deliver(body, "spoki")

    async def guest_writes(self, text: str = "Hello", guest: Any = GUEST, **args: Any) -> str:
        """A guest writes and it is told at once; the message's id."""
        wamid = self.meta.guest_sends(guest, "text", self.clock.now_ms(), {"body": text, **args})
        await self.bring()
        return wamid

    async def tell(
        self, kind: str, *, echo: str = "", provider_id: str = "", error: int = 0, **more: Any
    ) -> None:
        """A status webhook, made by hand."""
        await self.deliver(status_body(self, kind, echo, provider_id, error, **more))


def status_body(rig: Rig, kind: str, echo: str, provider_id: str, error: int = 0, at_ms: int = 0) -> bytes:
    from orjson import dumps

    status: dict[str, Any] = {
        "id": provider_id,
        "status": kind,
        "timestamp": str((at_ms or rig.clock.now_ms()) // 1000),
        "recipient_id": GUEST,
    }
    if echo:
        status["biz_opaque_callback_data"] = echo
    if error:
        status["errors"] = [{"code": error, "title": "no"}]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": rig.line.number},
        "statuses": [status],
    }
    change = {"field": "messages", "value": value}
    return dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})


def in_house(
    story: Callable[[Rig], Awaitable[None]], *, folder: Path | None = None, seed: int = 1, **options: Any
) -> None:
    """Run the story in a new node, or in one on `folder`; no round may crash unless the story expects it."""
    if folder is None:
        with ram_folder() as own:
            in_house(story, folder=own, seed=seed, **options)
        return
    loop = SimLoop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_live(loop, folder, Dice(seed), story, options))
        assert loop.failures == []
    finally:
        asyncio.set_event_loop(None)
        loop.abandon()
        loop.close()


async def _live(
    loop: SimLoop,
    folder: Path,
    dice: Dice,
    story: Callable[[Rig], Awaitable[None]],
    options: dict[str, Any],
) -> None:
    clock = options.pop("clock", None) or SimClock(loop)
    begin = options.pop("begin", True)
    retention = options.pop("retention", Retention())
    hotel: Hotel = options.pop("hotel", Hotel())
    routes: Sequence[Route] = options.pop("routes", ())
    prepare: Callable[[Rig], None] = options.pop("prepare", lambda _: None)  # before anything moves
    store = Store.open(folder, clock, SimStepping(loop, dice), reserve_bytes=0, floor_bytes=0)
    try:
        node = Node(store, clock, Ids(clock, dice), await single.take(store, "rig"))
        meta, spoki, desk = MetaProvider(Dice(3)), SpokiProvider(Dice(4)), Desk()
        meta.webhook_url = spoki.webhook_url = "http://node.test/"
        line = Line("whatsapp", meta.account.number, clock)
        spoki_line = Line("spoki", "spoki", clock)
        channels: dict[str, Channel] = {"whatsapp": line, "spoki": spoki_line}
        given: dict[str, Any] = {"messages_per_second": 1e6, **options}
        pace = Pace(**given)
        parts = join(node, channels, desk, lambda: hotel, dice, pace, Upkeep(retention=retention), routes)
        rig = Rig(
            parts=parts, clock=clock, line=line, spoki_line=spoki_line, desk=desk, meta=meta, spoki=spoki
        )
        prepare(rig)
        tasks = await parts.begin() if begin else []
        await node.write(bring_dictionary)
        await story(rig)
        crashes = {key: n for key, n in node.counts.of.items() if "crash" in key[0]}
        assert rig.crashes_expected or not crashes, crashes
        assert rig.rows("disposed_all") == sorted(rig.rows("dispositions_count"))
        with suppress(asyncio.CancelledError):
            await parts.finish(tasks)
    finally:
        store.close()
