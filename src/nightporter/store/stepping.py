"""Who steps the writer: a thread of its own in production; the simulator brings its own (ST10)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol


class Stepping(Protocol):
    """Calls `step` after each `wake`; `post` brings a callback back to the event loop."""

    def start(self, step: Callable[[], None], idle: Callable[[], None]) -> None:
        """Begin: `step` commits what waits, `idle` runs when nothing does. Neither raises, never both at once."""
        ...

    def wake(self) -> None:
        """Something waits."""
        ...

    def post(self, callback: Callable[[], None]) -> None:
        """Run the callback on the event loop."""
        ...

    def stop(self) -> None:
        """No step runs after this returns."""
        ...


class ThreadStepping:
    """One writer thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self, step: Callable[[], None], idle: Callable[[], None]) -> None:
        """Start the thread."""

        def run() -> None:
            while True:
                self._work.wait()
                self._work.clear()
                if self._stopping:
                    return
                step()
                if not self._work.is_set():
                    idle()

        self._thread = threading.Thread(target=run, name="store-writer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Let the thread run."""
        self._work.set()

    def post(self, callback: Callable[[], None]) -> None:
        """Run the callback on the loop that opened the store."""
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            if not self._loop.is_closed():  # a closed loop has nobody who waits
                raise

    def stop(self) -> None:
        """Stop and join the thread."""
        self._stopping = True
        self._work.set()
        if self._thread:
            self._thread.join()
