"""Who steps the writer: the loop and a thread in production; tests and the simulator bring their own (ST10).

A group is filled on the event loop and sealed on a thread. Units are a few short statements each; run on the thread,
every one of them would wait for Python's lock while the loop is busy (measured: a third of the throughput). The
commit, which waits for the disk, and checkpoints hold no lock and nobody up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

GATHER_SECONDS = (
    0.003  # under load a group waits so long for more: it has a price of its own, besides that of its units
)


class Steps(NamedTuple):
    """What the writer can do; never two of them at once, none of them raises."""

    fill: Callable[[], Any]  # run the units of one group: what to seal, None when nothing waits
    seal: Callable[[Any], None]  # commit it
    idle_due: Callable[[], bool]  # is there something to tidy while nothing waits?
    idle: Callable[[], None]  # tidy
    crowded: Callable[[], bool] = lambda: False  # was the last group large, so that more is coming?

    def step(self) -> None:
        """Fill and seal until nothing waits."""
        while (group := self.fill()) is not None:
            self.seal(group)


class Stepping(Protocol):
    """Steps after each `wake`; `post` brings a callback to the event loop."""

    def start(self, steps: Steps) -> None:
        """Begin."""
        ...

    def wake(self) -> None:
        """Something waits; called on the event loop."""
        ...

    def post(self, callback: Callable[[], None]) -> None:
        """Run the callback on the event loop; called from anywhere."""
        ...

    def stop(self) -> None:
        """No step runs after this returns."""
        ...


class ThreadStepping:
    """Fills on the loop that made it, seals on one thread."""

    def __init__(self, gather_seconds: float = GATHER_SECONDS) -> None:
        self._loop = asyncio.get_running_loop()
        self._gather_seconds = gather_seconds
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._told: list[Callable[[], None]] = []  # what the thread has posted during its job
        self._thread: threading.Thread | None = None
        self._planned = False
        self._busy = False  # the thread has the connection
        self._stopping = False

    def start(self, steps: Steps) -> None:
        """Start the thread."""
        self._steps = steps
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Fill a group in the next turn of the loop, or soon when many are coming, with all that comes until then."""
        if self._planned or self._busy:
            return
        self._planned = True
        if self._steps.crowded():
            self._loop.call_later(self._gather_seconds, self._fill)
        else:
            self._loop.call_soon(self._fill)

    def _fill(self) -> None:
        self._planned = False
        if self._busy or self._stopping:
            return
        group = self._steps.fill()
        if group is not None:
            self._give(lambda: self._steps.seal(group))
        elif self._steps.idle_due():
            self._give(self._steps.idle)

    def _give(self, job: Callable[[], None]) -> None:
        self._busy = True
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            told, self._told = self._told, []
            self._on_loop(lambda told=told: self._done(told))

    def _done(self, told: list[Callable[[], None]]) -> None:
        for callback in told:
            callback()
        self._busy = False
        self.wake()  # what has come meanwhile

    def post(self, callback: Callable[[], None]) -> None:
        """Run the callback on the loop that opened the store."""
        if threading.current_thread() is self._thread:
            self._told.append(callback)
        else:
            self._on_loop(callback)

    def _on_loop(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            if not self._loop.is_closed():  # a closed loop has nobody who waits
                raise

    def stop(self) -> None:
        """Let the thread end what it has begun, then join it."""
        self._stopping = True
        self._jobs.put(None)
        if self._thread:
            self._thread.join()
