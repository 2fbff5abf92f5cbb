"""An event loop whose time is virtual and whose every step can be the last: one callback at a time, by a seed."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any

from nightporter.clock import Chance
from nightporter.store.stepping import Steps

START_MS = 1_800_000_000_000
STEPS_MAX = 3_000_000


class Crashed(BaseException):
    """The simulated process is gone; nothing of it may run on."""


class Stuck(Exception):
    """Nothing is ready and nothing is scheduled, or the run does not end."""


class SimLoop(asyncio.BaseEventLoop):
    """Runs one callback a step. When none is ready, time jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self._now_seconds = 0.0
        self._next: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._made = 0
        self.steps = 0
        self.crash_at_step: int | None = None
        self.failures: list[Mapping[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.failures.append(context))

    def time(self) -> float:
        """Virtual seconds since the beginning of the world."""
        return self._now_seconds

    def start_at(self, seconds: float) -> None:
        """A new process begins when the old one has ended."""
        self._now_seconds = seconds

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run it in one of the next steps, in order."""
        handle = asyncio.Handle(callback, args, self, context)
        self._next.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run it when virtual time has come."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._made += 1
        heapq.heappush(self._timers, (when, self._made, timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run it `delay` virtual seconds from now."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        self._wake_due()
        if not self._next:
            if not self._timers:
                raise Stuck("nothing is ready and nothing is scheduled")
            self._now_seconds = max(self._now_seconds, self._timers[0][0])
            self._wake_due()
            if not self._next:
                return
        self.steps += 1
        if self.steps == self.crash_at_step:
            raise Crashed
        if self.steps > STEPS_MAX:
            raise Stuck(f"no end after {STEPS_MAX} steps")
        handle = self._next.popleft()
        if not handle.cancelled():
            handle._run()  # noqa: SLF001 - what BaseEventLoop itself does with a handle

    def _wake_due(self) -> None:
        while self._timers and (self._timers[0][2].cancelled() or self._timers[0][0] <= self.time()):
            timer = heapq.heappop(self._timers)[2]
            if not timer.cancelled():
                self._next.append(timer)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is passed over when its time comes."""

    def abandon(self) -> None:
        """Forget everything that still waits, without a word: the process was killed."""
        for task in asyncio.all_tasks(self):
            vars_of_task: Any = task
            vars_of_task._log_destroy_pending = False  # noqa: SLF001 - asyncio has no public word for it
            coroutine = task.get_coro()
            if isinstance(coroutine, CoroutineType) and getcoroutinestate(coroutine) == CORO_CREATED:
                coroutine.close()  # it never began, and nobody will say that it was never awaited
        self._next.clear()
        self._timers.clear()


class SimClock:
    """The clock of a simulated node."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def now_ms(self) -> int:
        """Virtual wall clock."""
        return START_MS + int(self._loop.time() * 1000)

    def elapsed_seconds(self) -> float:
        """Virtual monotonic clock."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        await asyncio.sleep(seconds)


class SimStepping:
    """Steps the writer from the loop, a random moment after it was woken: a commit takes time, and can be the end."""

    COMMIT_SECONDS_MAX = 0.02

    def __init__(self, loop: SimLoop, chance: Chance) -> None:
        self._loop = loop
        self._chance = chance
        self._planned = False
        self._busy = False
        self._group: object = None

    def start(self, steps: Steps) -> None:
        """Remember what to call."""
        self._steps = steps

    def wake(self) -> None:
        """Plan one group."""
        if not self._planned and not self._busy:
            self._planned = True
            self._later(self._fill)

    def _later(self, call: Callable[[], None]) -> None:
        self._loop.call_later(self._chance.random() * self.COMMIT_SECONDS_MAX, call)

    def _fill(self) -> None:
        self._planned = False
        group = self._steps.fill()
        if group is not None:
            self._busy, self._group = True, group
            self._later(self._seal)
        elif self._steps.idle_due():
            self._steps.idle()

    def _seal(self) -> None:
        if self._busy:
            self._steps.seal(self._group)
            self._busy = False
            self.wake()

    def post(self, callback: Callable[[], None]) -> None:
        """Bring a result back, a moment later: a crash may come between commit and result."""
        self._later(callback)

    def stop(self) -> None:
        """End what has begun; nothing else of it runs by itself."""
        self._seal()
