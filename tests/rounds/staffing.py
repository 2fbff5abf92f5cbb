"""What the tests of telling share: a node in virtual time whose staff are reached by ways that remember everything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.rounds.rig import Rig, in_house

from nightporter.channels.notice import Notice
from nightporter.channels.ways import GOOD, Took
from nightporter.config.hotel import Hotel
from nightporter.console.wording import choose
from nightporter.model.decision import NewTask, Urgency
from nightporter.outbox import tasks
from nightporter.rounds.notices import Notices
from nightporter.rounds.roster import Contact, Roster
from nightporter.rounds.supervisor import keep_running
from nightporter.rounds.telling import Telling
from nightporter.testing.providers.chance import Dice

DOWN = Took(good=False, detail="503")
GONE = Took(good=False, detail="404", again=False)


@dataclass
class Heard:
    """One message that left the house."""

    seconds: float
    way: str
    notice: Notice


@dataclass
class Remembered:
    """Ways that take everything, unless the test says otherwise."""

    rig: Rig
    heard: list[Heard] = field(default_factory=list[Heard])
    tried: list[str] = field(default_factory=list[str])
    verdicts: dict[str, deque[Took]] = field(default_factory=dict[str, deque[Took]])

    async def send(self, way: str, notice: Notice) -> Took:
        self.tried.append(way)
        verdicts = self.verdicts.get(way)
        took = verdicts.popleft() if verdicts else GOOD
        if took.good:
            self.heard.append(Heard(self.rig.clock.elapsed_seconds(), way, notice))
        return took

    def to(self, way: str) -> list[Heard]:
        return [one for one in self.heard if one.way == way]


@dataclass
class Staffed:
    """The rig, and telling on top."""

    rig: Rig
    ways: Remembered
    telling: Telling

    async def task(self, reason: str = "request", **more: Any) -> str:
        """Something that a person must do; its id."""
        given: dict[str, Any] = {"department": "reception", "summary": "words of a guest", **more}
        conversation = given.pop("conversation", None)
        task_id, now_ms = self.rig.node.ids.new(), self.rig.clock.now_ms()
        task = NewTask(key=f"k:{task_id}", reason=reason, **given)
        return await self.rig.write(lambda tx: tasks.add(tx, task_id, task, conversation, now_ms))

    async def done(self, task_id: str) -> None:
        now_ms = self.rig.clock.now_ms()
        await self.rig.write(lambda tx: tasks.done(tx, task_id, "Anna", now_ms))

    async def heard(self, count: int, seconds: float = 70.0) -> list[Heard]:
        """What was heard, once it is so much."""
        await self.until(lambda: len(self.ways.heard) >= count, seconds)
        return self.ways.heard

    async def until(self, met: Callable[[], Any], seconds: float = 70.0) -> None:
        """Let virtual time go on until it is so, looking each second: people are slow."""
        end = self.rig.clock.elapsed_seconds() + seconds
        while not met():
            assert self.rig.clock.elapsed_seconds() < end, "it does not come about"
            await self.rig.clock.sleep(1.0)


def staffed(
    story: Callable[[Staffed], Awaitable[None]],
    *,
    people: Iterable[Contact] = (),
    house: tuple[str, ...] = ("slack",),
    hotel: Hotel | None = None,
    pagerduty: bool = True,
    guests: bool = False,
    **options: Any,
) -> None:
    """Run the story in a node that tells its staff; with `guests` its other rounds run too."""
    known = hotel or Hotel()

    async def main(rig: Rig) -> None:
        ways = Remembered(rig)
        telling = Telling(
            rig.node,
            ways,
            Roster(people, house, lambda: known, pagerduty=pagerduty),
            Notices(lambda: choose("en", known), "https://console.example"),
            Dice(7),
        )
        running = asyncio.get_running_loop().create_task(keep_running(rig.node, "telling", telling.run))
        try:
            await story(Staffed(rig, ways, telling))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    in_house(main, hotel=known, begin=guests, **options)


NOW, NORMAL, EMERGENCY, INFO = Urgency.NOW, Urgency.NORMAL, Urgency.EMERGENCY, Urgency.INFO
