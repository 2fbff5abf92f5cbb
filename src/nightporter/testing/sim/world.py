"""The world around the simulated node: the provider fake, the network, the guests. It outlives every crash.

World events wait in a heap of their own; each new process gets them on its new loop.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from nightporter.channels.wire import ANSWER_BYTES_MAX, FirstByte, Lost, NotSent, Response, Sink, always
from nightporter.gateway.door import Door
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.wire import Action, Answer, Webhook
from nightporter.testing.sim.loop import START_MS, SimLoop

API_URL = "http://provider.test/v26.0"
PUMP_SECONDS = 0.05
NETWORK_SECONDS_MAX = 0.03
SERVER_ERROR = 500


@dataclass(slots=True)
class Sent:
    """What a guest sent, from the generator's own log."""

    guest: str
    wamid: str
    at_ms: int
    text: str
    strictly: bool = False  # the guest's only message, and nobody else answers it


@dataclass(slots=True)
class World:
    """Provider, network and guests of one seed."""

    chance: Random
    behaviour: Behaviour
    loop: SimLoop = field(default_factory=SimLoop)
    door: Door | None = None  # None while no process runs
    sent: list[Sent] = field(default_factory=list[Sent])
    did: Counter[str] = field(default_factory=Counter[str])  # what guests and staff did besides writing once
    moment: Callable[[str], None] = lambda _: None  # hears of moments at which a crash is most telling
    in_order: bool = True  # the network keeps the order of requests
    doubtful: int = 0  # sends after which the node could not know the outcome
    provider: MetaProvider = field(init=False)
    _events: list[tuple[float, int, Callable[[], None]]] = field(
        default_factory=list[tuple[float, int, Callable[[], None]]]
    )
    _number: int = 0
    _flying: set[int] = field(default_factory=set[int])

    def __post_init__(self) -> None:
        """The fake draws from the same seed."""
        self.provider = MetaProvider(self.chance, behaviour=self.behaviour, webhook_url="http://node.test/")

    def now_ms(self) -> int:
        """Virtual wall clock."""
        return START_MS + int(self.loop.time() * 1000)

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen `seconds` from now, whatever becomes of the node."""
        self._number += 1
        when = self.loop.time() + seconds
        heapq.heappush(self._events, (when, self._number, event))
        if self.loop.is_running():
            self.loop.call_at(when, self._happen)

    def _happen(self) -> None:
        while self._events and self._events[0][0] <= self.loop.time():
            heapq.heappop(self._events)[2]()

    def process_begins(self, loop: SimLoop, door: Door) -> None:
        """A new process: its loop carries the world from now on."""
        self.loop.close()  # of the life before
        self.loop, self.door = loop, door
        for when, _, _ in self._events:
            loop.call_at(when, self._happen)
        loop.call_soon(self._pump)

    def process_ends(self) -> None:
        """The process is gone; what it was being told gets no answer."""
        self.door = None
        for webhook_id in sorted(self._flying):
            self.provider.webhook_result(webhook_id, None, self.now_ms())
        self._flying.clear()

    def sleep_without_process(self, seconds: float) -> None:
        """Time passes while no node runs: webhooks fail, guests write on."""
        until = self.loop.time() + seconds
        while self.loop.time() < until:
            self.loop.start_at(min(self.loop.time() + PUMP_SECONDS, until))
            self._happen()
            for webhook in self.provider.due(self.now_ms()):
                self.provider.webhook_result(webhook.id, None, self.now_ms())

    def _pump(self) -> None:
        for webhook in self.provider.due(self.now_ms()):
            self._flying.add(webhook.id)
            self.loop.create_task(self._carry(webhook))
        due_ms = self.provider.next_due_ms()
        wait = PUMP_SECONDS if due_ms is not None else 1.0
        if due_ms is not None:
            wait = min(max((due_ms - self.now_ms()) / 1000, PUMP_SECONDS), 1.0)
        self.loop.call_later(wait, self._pump)

    async def _carry(self, webhook: Webhook) -> None:
        await asyncio.sleep(self.chance.random() * NETWORK_SECONDS_MAX)
        door = self.door
        status: int | None = None
        if door is not None:
            headers = {name.lower(): value for name, value in webhook.headers.items()}
            status = (await door.accept("whatsapp", headers, webhook.body)).status
            self.moment("told")
        self._flying.discard(webhook.id)
        self.provider.webhook_result(webhook.id, status, self.now_ms())


class SimWire:
    """A `Wire` whose other end is the provider fake. What is on the wire arrives, also when the node has died."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        timeout_seconds: float,
        before_first_byte: FirstByte = always,
        sink: Sink | None = None,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Response | NotSent | Lost:
        """One request over the simulated network."""
        world = self._world
        await asyncio.sleep(world.chance.random() * NETWORK_SECONDS_MAX)
        if not before_first_byte():
            return NotSent("stopped")
        came: asyncio.Future[Response | Lost] = world.loop.create_future()
        path = url.removeprefix("http://provider.test")
        loop = world.loop

        def answered(answer: Answer) -> None:
            if world.loop is loop and not came.done():
                came.set_result(self._outcome(answer))

        def arrives() -> None:
            answer = world.provider.handle(method, path, headers, body, world.now_ms())
            world.moment("arrived")
            if answer.action is not Action.NEVER:
                world.at(answer.delay_ms / 1000, lambda: answered(answer))

        world.at(world.provider.arrival_delay_ms() / 1000, arrives)
        try:
            async with asyncio.timeout(timeout_seconds):
                outcome = await came
        except TimeoutError:
            outcome = Lost("timeout")
        world.doubtful += (
            isinstance(outcome, Lost) or outcome.status >= SERVER_ERROR or b'"id"' not in outcome.body
        )
        if isinstance(outcome, Response) and sink is not None and outcome.status == 200:
            sink(outcome.body)
        return outcome

    @staticmethod
    def _outcome(answer: Answer) -> Response | Lost:
        if answer.action is not Action.ANSWER:
            return Lost("reset")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, headers, answer.body)

    async def close(self) -> None:
        """Nothing to close."""
