"""The writer: the only one who writes hotel.db; drains its queue group by group (ST1, ST2, ST3, ST6)."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import apsw

from nightporter.clock import Clock
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.model.lease import Lease
from nightporter.store import group, log
from nightporter.store.changes import Changes
from nightporter.store.stepping import Stepping, Steps
from nightporter.store.trouble import Trouble, breaks, trouble_of

GROUP_UNITS_MAX = 256
GROUP_BYTES_MAX = 1024 * 1024
GROUP_SECONDS_MAX = 0.01
CROWDED_UNITS = 8  # a group of so many says that there is load
WAITING_UNITS_MAX = 20_000
UNIT_BYTES = 1024  # what a unit counts when nobody says its size
CHECKPOINT_IDLE_PAGES = 256  # 1 MB: a short checkpoint in an idle moment
CHECKPOINT_BUSY_PAGES = 8_192  # 32 MB: even under load
LOG_BYTES_MAX = 256 * 1024 * 1024
PAGE_BYTES = 4096


class Waiting(NamedTuple):
    """A unit that is not on disk yet."""

    unit: group.Unit
    size: int
    future: asyncio.Future[Any]
    lease: Lease
    drops: bool


class Filled(NamedTuple):
    """A group whose units have run, in a transaction that is still open."""

    taken: list[Waiting]
    results: list[group.Result]
    head: log.LogHead


Settled = list[tuple["asyncio.Future[Any]", group.Result]]


class Writer:
    """Owns the write connection. `seal` and `idle` run where the stepping runs them, all else on the event loop."""

    def __init__(
        self,
        connection: apsw.Connection,
        clock: Clock,
        stepping: Stepping,
        on_trouble: Callable[[Trouble], None],
        on_broken: Callable[[StoreBroken], None],
        log_bytes_max: int = LOG_BYTES_MAX,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._stepping = stepping
        self._on_trouble = on_trouble
        self._on_broken = on_broken
        self._log_bytes_max = log_bytes_max
        self._queue: deque[Waiting] = deque()
        self._head: log.LogHead | None = None
        self._changes = Changes(connection, log.NOT_RECORDED)
        self._log_pages = 0
        self._moved_pages = 0  # of these, into the file
        self._breaking = threading.Lock()  # readers break the store from the loop, the writer from its thread
        self._closed = False
        self.trouble = Trouble.NONE
        self.broken: StoreBroken | None = None
        self.groups = 0
        connection.set_wal_hook(self._note_log)
        self._last_units = 0  # in the last group
        self._steps = Steps(self.fill, self.seal, self.idle_due, self.idle, self.crowded)
        stepping.start(self._steps)

    def submit(self, lease: Lease, unit: group.Unit, size: int, *, drops: bool) -> asyncio.Future[Any]:
        """Queue a unit; the future has its value once it is on disk. Raises `CannotKeep`, `StoreBroken` at once."""
        if self.broken is None and self.trouble is not Trouble.NONE and not drops:
            raise _cannot_keep(self.trouble)
        return self._enqueue(Waiting(unit, size, self._future(), lease, drops))

    def probe(self, lease: Lease, unit: group.Unit) -> asyncio.Future[Any]:
        """Like `submit`, also while nothing can be kept."""
        return self._enqueue(Waiting(unit, UNIT_BYTES, self._future(), lease, drops=False))

    def _future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    def _enqueue(self, waiting: Waiting) -> asyncio.Future[Any]:
        if self.broken:
            raise _again(self.broken)
        if self._closed:
            raise CannotKeep("the store is closed", "the node is stopping")
        if not waiting.lease.valid(self._clock.elapsed_seconds()):
            raise CannotKeep("the lease has run out", "another node leads now")
        if len(self._queue) >= WAITING_UNITS_MAX:
            raise CannotKeep("too much waits to be written", "the disk is too slow for this load")
        self._queue.append(waiting)
        self._stepping.wake()
        return waiting.future

    @property
    def log_bytes(self) -> int:
        """Length of the write-ahead log; it begins anew once all of it is moved into the file and nobody reads it."""
        return self._log_pages * PAGE_BYTES

    @property
    def log_too_long(self) -> bool:
        """True while a reader or a failing disk keeps the write-ahead log from beginning anew (ST6)."""
        return self.log_bytes >= self._log_bytes_max

    @property
    def unmoved_pages(self) -> int:
        """How much of the write-ahead log a checkpoint has to move."""
        return self._log_pages - self._moved_pages

    @property
    def waiting(self) -> int:
        """Units not committed yet."""
        return len(self._queue)

    def step(self) -> None:
        """Commit groups until nothing waits. Never raises."""
        self._steps.step()

    def fill(self) -> Filled | None:
        """Run the units of the next group; None when nothing waits. Never raises."""
        try:
            while self._queue and self.broken is None:
                filled = self._filled()
                if filled is not None:
                    return filled
        except BaseException as error:  # noqa: BLE001 - a writer that dies silently would let all wait for ever
            self.fail(error)
        if self.broken:
            self._settle([(waiting.future, self._stopped()) for waiting in self._drain()])
        return None

    def seal(self, filled: Filled) -> None:
        """Commit a filled group and tell its waiters. Never raises: what nobody expects breaks the store."""
        try:
            self._seal(filled)
            if self.unmoved_pages >= CHECKPOINT_BUSY_PAGES:
                self._checkpoint()
        except BaseException as error:  # noqa: BLE001 - as in `fill`
            self.fail(error)
            self._settle([(waiting.future, self._stopped()) for waiting in filled.taken])

    def crowded(self) -> bool:
        """True when the last group was large and what waits does not fill one yet."""
        return self._last_units >= CROWDED_UNITS and len(self._queue) < GROUP_UNITS_MAX // 2

    def idle_due(self) -> bool:
        """True when an idle moment is worth a checkpoint."""
        return self.broken is None and (self.unmoved_pages >= CHECKPOINT_IDLE_PAGES or self.log_too_long)

    def idle(self) -> None:
        """Between bursts: move a piece of the write-ahead log into the file. Never raises."""
        try:
            if self.idle_due():
                self._checkpoint()
        except BaseException as error:  # noqa: BLE001 - as in `fill`
            self.fail(error)

    def tidy(self) -> None:
        """Let the writer's thread have an idle moment."""
        self._stepping.wake()

    def stop_taking(self) -> None:
        """Refuse units from now on: the node is stopping."""
        self._closed = True

    def _drain(self) -> Iterator[Waiting]:
        while self._queue:
            yield self._queue.popleft()

    def _take(self, taken: list[Waiting]) -> Iterator[group.Unit]:
        """The units of one group, within its bounds; one that is larger, or drops, goes alone."""
        size, now = 0, self._clock.elapsed_seconds()
        until = now + GROUP_SECONDS_MAX
        epoch = self._queue[0].lease.epoch
        while self._queue and len(taken) < GROUP_UNITS_MAX and now < until:
            waiting = self._queue[0]
            size += waiting.size
            alone = waiting.drops or size > GROUP_BYTES_MAX or waiting.lease.epoch != epoch
            if taken and (alone or taken[0].drops):
                return
            self._queue.popleft()
            if waiting.lease.valid(now):
                taken.append(waiting)
                yield waiting.unit
            else:
                size -= waiting.size
                refused = CannotKeep("the lease ran out before this was written", "another node leads now")
                self._settle([(waiting.future, group.Result(error=refused))])
            now = self._clock.elapsed_seconds()

    def _filled(self) -> Filled | None:
        """One group in an open transaction; None when it was lost."""
        taken: list[Waiting] = []
        first = self._queue[0]
        stamp = group.Stamp(first.lease.epoch, self._clock.now_ms(), first.drops)
        try:
            self._head = self._head or log.head(self._connection)
            results, head = group.fill(self._connection, self._changes, self._take(taken), self._head, stamp)
        except (group.GroupLost, apsw.Error) as lost:
            self._lost(taken or list(self._drain()), lost)
            return None
        self._last_units = len(taken)
        return Filled(taken, results, head)

    def _seal(self, filled: Filled) -> None:
        try:
            group.seal(self._connection)
        except group.GroupLost as lost:
            self._lost(filled.taken, lost)
            return
        self._head = filled.head
        self.groups += 1
        judged = [
            self._judged(result, of.lease) for of, result in zip(filled.taken, filled.results, strict=True)
        ]
        self._settle([(of.future, result) for of, result in zip(filled.taken, judged, strict=True)])

    def _judged(self, result: group.Result, lease: Lease) -> group.Result:
        """A result that comes after the lease's end, or after damage was found, counts as not kept (LS2, ST3)."""
        if self.broken:
            return self._stopped()
        if result.error is not None:
            trouble = trouble_of(result.error)
            if trouble is Trouble.NONE:
                return result
            self._turn(trouble)
            return group.Result(error=_cannot_keep(trouble))
        if not lease.valid(self._clock.elapsed_seconds()):
            return group.Result(error=CannotKeep("the lease ran out while this was written"))
        return result

    def _lost(self, taken: list[Waiting], lost: Exception) -> None:
        self._head = None  # a commit that failed late may have been kept: read the head again
        cause = lost.__cause__ or lost
        trouble = trouble_of(cause)
        if breaks(cause) or not isinstance(cause, apsw.Error | MemoryError):
            self.fail(cause)
        else:
            self._turn(Trouble.IO if trouble is Trouble.NONE else trouble)
        self._settle([(waiting.future, self._not_kept(cause)) for waiting in taken])

    def _not_kept(self, cause: BaseException) -> group.Result:
        return self._stopped() if self.broken else group.Result(error=_cannot_keep(self.trouble, cause))

    def fail(self, cause: object) -> None:
        """Stop for good: nothing is acknowledged after this."""
        with self._breaking:
            if self.broken is not None:
                return
            broken = StoreBroken(
                f"the data folder can no longer be trusted ({str(cause) or type(cause).__name__})",
                "see docs/runbook: data corrupt",
            )
            self.broken = broken
        self._stepping.post(lambda: self._on_broken(broken))

    def judge(self, error: apsw.Error) -> None:
        """Another connection's error: damage stops the node, a disk's trouble is named, the rest is the caller's."""
        if breaks(error):
            self.fail(error)
        if self.broken:
            raise _again(self.broken) from error
        if trouble_of(error) is not Trouble.NONE:
            raise _cannot_keep(trouble_of(error), error) from error

    def _stopped(self) -> group.Result:
        assert self.broken is not None, "asked only once the store is broken"
        return group.Result(error=_again(self.broken))

    def _turn(self, trouble: Trouble) -> None:
        if trouble is not self.trouble:
            self.trouble = trouble
            # What it is when the callback runs: two threads turn it, and the last word must be the true one.
            self._stepping.post(lambda: self._on_trouble(self.trouble))

    def close_door(self, trouble: Trouble) -> None:
        """Refuse units from now on: the disk is about to be full."""
        self._turn(trouble)

    def open_door(self) -> None:
        """Take units again: a probe has shown that writing works."""
        self._turn(Trouble.LOG if self.log_too_long else Trouble.NONE)

    def _checkpoint(self) -> None:
        try:
            frames, moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.BusyError:  # another program does it just now
            return
        except apsw.Error as error:
            if breaks(error):
                self.fail(error)
            elif trouble_of(error) is not Trouble.NONE:
                self._turn(trouble_of(error))
            return
        self._log_pages, self._moved_pages = max(frames, 0), max(moved, 0)

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        if pages < self._log_pages:
            self._moved_pages = 0  # it has begun anew
        self._log_pages = pages
        if self.log_too_long:
            self._turn(Trouble.LOG)
        return apsw.SQLITE_OK

    def _settle(self, settled: Settled) -> None:
        if settled:
            self._stepping.post(lambda: _resolve(settled))

    def leave(self) -> None:
        """Before the connection closes: a broken file is left as it is, closing must not sync it again (ST3)."""
        if self.broken:
            with suppress(apsw.Error):
                self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


# An exception that is raised again and again grows by a traceback each time: so each waiter gets one of its own.


def _again(broken: StoreBroken) -> StoreBroken:
    return StoreBroken(broken.what, broken.advice)


def _cannot_keep(trouble: Trouble, cause: BaseException | None = None) -> CannotKeep:
    why = f" ({cause})" if cause else ""
    return CannotKeep(f"nothing can be kept now: {trouble}{why}", "free the disk; it goes on by itself")


def _resolve(settled: Settled) -> None:
    for future, result in settled:
        if future.done():  # its waiter has given up
            continue
        if result.error is None:
            future.set_result(result.value)
        else:
            future.set_exception(result.error)
